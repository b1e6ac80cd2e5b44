"""The answers of the rule in ``teachers.kinds`` for real sets, each taken as a nameless folder.

    python -m teachers.kinds_table --out results/teachers/kinds.json digits photos mnist fmnist \\
        folder:/data/usps_png.tar.xz folder:/data/cifar10_jpg.tar.xz

Grey sets are judged as they are, as RGB and with random colours; sets in colour also as grey.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import click
import torch
from torch import Tensor

from benchmark import datasets
from benchmark.files import write_atomically
from teachers import kinds


def forms(images: Tensor) -> Iterator[tuple[str, Tensor]]:
    """Ways to save uint8 images N x C x H x W: each with its name."""
    yield "as it is", images
    if not kinds.is_grey(images):
        yield (
            "as grey",
            torch.cat([part.float().mean(1, True).byte() for part in images.split(1000)]),
        )
        return
    yield "as RGB", images[:, :1].expand(-1, 3, -1, -1)
    generator = torch.Generator().manual_seed(0)
    ink, ground = torch.randint(256, (2, len(images), 3, 1, 1), generator=generator).float()
    parts = zip(*(every.split(1000) for every in (images[:, :1], ink, ground)), strict=True)
    yield "painted", torch.cat([torch.lerp(to, of, x.float() / 255).byte() for x, of, to in parts])


def rows(data: datasets.Dataset) -> Iterator[dict]:
    """The measurements of each form of the training images, and the kind that follows."""
    for form, images in forms(data.train.images):
        found = kinds.measure(images, data.train.labels)
        values = {
            key: round(value, 3) if isinstance(value, float) else value
            for key, value in asdict(found).items()
        }
        yield {
            "dataset": data.name.rpartition("/")[2],
            "train_digest": data.train.digest,
            "form": form,
            "kind": kinds.judge(found).kind,
            **values,
        }


@click.command()
@click.argument("names", nargs=-1, required=True)
@click.option("--data-dir", type=click.Path(path_type=Path), envvar="BENCH_DATA")
@click.option("--out", type=click.Path(path_type=Path), required=True)
def main(names: tuple[str, ...], data_dir: Path | None, out: Path) -> None:
    """Judge the training images of each data set and write a JSON file."""
    found = [row for name in names for row in rows(datasets.load(name, data_dir))]
    write_atomically(out, (json.dumps(found, indent=2) + "\n").encode())
    for row in found:
        told = f"{row['kept']:.2f} ± {row['error']:.2f} kept"
        click.echo(f"{row['dataset']:24} {row['form']:9} {row['kind']:7} {told}")


if __name__ == "__main__":
    main()
