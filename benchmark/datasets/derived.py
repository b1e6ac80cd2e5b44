"""Data sets that break what a method may assume of images, made from others and written as folders.

    python -m benchmark.datasets.derived mnist inverted /data/mnist_inverted
    python -m benchmark.datasets.derived folder:/data/cifar10_jpg.tar.xz grey /data/cifar10_grey

The result is a ``folder:`` set of PNG files with the labels and the splits of the other set.
"""

from __future__ import annotations

from pathlib import Path

import click
import torch
from PIL import Image
from torch import Tensor

from benchmark import datasets
from benchmark.datasets.dataset import Split
from benchmark.errors import BenchError
from benchmark.files import make_folder


def inverted(images: Tensor) -> Tensor:
    """Dark for bright: uint8 N x C x H x W."""
    return 255 - images


def grey(images: Tensor) -> Tensor:
    """Luma of colour images by ITU-R 601, one channel: uint8 N x 1 x H x W."""
    weights = torch.tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)
    parts = [(part * weights).sum(1, keepdim=True) for part in images.split(1_000)]
    return torch.cat(parts).round().to(torch.uint8)


CHANGES = {"inverted": inverted, "grey": grey}


def write(split: Split, classes: tuple[str, ...], folder: Path) -> None:
    """Write a split, ``<class>/<number>.png``. Raises ``BenchError`` where something is there."""
    if folder.exists():
        raise BenchError(f"{folder} is there already; name another folder, or remove it")
    for name in classes:
        make_folder(folder / name)
    for number, (image, label) in enumerate(zip(split.images, split.labels, strict=True)):
        pixels = image[0] if len(image) == 1 else image.permute(1, 2, 0)
        Image.fromarray(pixels.numpy()).save(folder / classes[int(label)] / f"{number:06}.png")


@click.command()
@click.argument("dataset")
@click.argument("change", type=click.Choice([*CHANGES]))
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--data-dir", type=click.Path(path_type=Path), envvar="BENCH_DATA")
def main(dataset: str, change: str, folder: Path, data_dir: Path | None) -> None:
    """Write DATASET, changed, as a FOLDER set."""
    data = datasets.load(dataset, data_dir)
    if change == "grey" and data.shape[0] != 3:
        raise click.BadParameter(f"{data.name} has no colour to lose")
    for name, split in (("train", data.train), ("test", data.test)):
        try:
            write(Split(CHANGES[change](split.images), split.labels), data.classes, folder / name)
        except BenchError as problem:
            raise click.ClickException(str(problem)) from None


if __name__ == "__main__":
    main()
