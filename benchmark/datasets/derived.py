"""Data sets made from others and written as folders.

    python -m benchmark.datasets.derived mnist inverted /data/mnist_inverted
    python -m benchmark.datasets.derived folder:/data/cifar10_jpg.tar.xz grey /data/cifar10_grey
    python -m benchmark.datasets.derived folder:/data/cifar100_jpg.tar.xz superclasses \
        /data/cifar100_ten

The result is a ``folder:`` set of PNG files with the splits of the other set, and its labels except
for superclasses. The first two break what a method may assume of images; the third is the set on
whose training images hyper-parameters are chosen in colour.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import click
import torch
from PIL import Image
from torch import Tensor

from benchmark import datasets
from benchmark.datasets.dataset import Split
from benchmark.errors import BenchError
from benchmark.files import make_folder
from benchmark.reading import strict_json

Classes = tuple[str, ...]
SUPERCLASSES = "data/superclasses.json"


def inverted(images: Tensor) -> Tensor:
    """Dark for bright: uint8 N x C x H x W."""
    return 255 - images


def grey(images: Tensor) -> Tensor:
    """Luma of colour images by ITU-R 601: uint8 N x 3 x H x W to N x 1 x H x W.

    Raises ``BenchError`` for images without colour.
    """
    if images.shape[1] != 3:
        raise BenchError("grey is for colour images; these have no colour to lose")
    weights = torch.tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)
    parts = [(part * weights).sum(1, keepdim=True) for part in images.split(1_000)]
    return torch.cat(parts).round().to(torch.uint8)


def superclasses(split: Split, classes: Classes) -> Split:
    """The images of the superclasses, whose labels number them in the order of their names.

    ``classes``: those of the split. Raises ``BenchError`` where they are not CIFAR-100's.
    """
    groups = superclass_names()
    number = {one: k for k, name in enumerate(sorted(groups)) for one in groups[name]}
    if missing := sorted(set(number) - set(classes)):
        raise BenchError(f"superclasses are those of CIFAR-100; there is no class {missing[0]}")
    labels = torch.tensor([number.get(name, -1) for name in classes])[split.labels]
    return Split(split.images[labels >= 0], labels[labels >= 0])


def superclass_names() -> dict[str, list[str]]:
    """Ten of the 20 superclasses of CIFAR-100, each with its five classes."""
    return strict_json(files("benchmark").joinpath(SUPERCLASSES).read_bytes())


class Change(NamedTuple):
    """What is made of each split, and the names of the classes that it then has."""

    split: Callable[[Split, Classes], Split]
    classes: Callable[[Classes], Classes]


def of_pixels(change: Callable[[Tensor], Tensor]) -> Change:
    """A change of images alone, which leaves labels and classes as they are."""
    return Change(
        lambda split, classes: Split(change(split.images), split.labels), lambda classes: classes
    )


CHANGES = {
    "inverted": of_pixels(inverted),
    "grey": of_pixels(grey),
    "superclasses": Change(superclasses, lambda classes: tuple(sorted(superclass_names()))),
}


def write(split: Split, classes: Classes, folder: Path) -> None:
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
    made = CHANGES[change]
    try:
        data = datasets.load(dataset, data_dir)
        for name, split in (("train", data.train), ("test", data.test)):
            new = made.split(split, data.classes)
            write(new, made.classes(data.classes), folder / name)
    except BenchError as problem:
        raise click.ClickException(str(problem)) from None


if __name__ == "__main__":
    main()
