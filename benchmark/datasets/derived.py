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

from importlib.resources import files
from pathlib import Path

import click
import torch
from PIL import Image
from torch import Tensor

from benchmark import datasets
from benchmark.datasets.dataset import Dataset, Split
from benchmark.errors import BenchError
from benchmark.files import make_folder
from benchmark.reading import strict_json

SUPERCLASSES = "data/superclasses.json"


def inverted(images: Tensor) -> Tensor:
    """Dark for bright: uint8 N x C x H x W."""
    return 255 - images


def grey(images: Tensor) -> Tensor:
    """Luma of colour images by ITU-R 601, one channel: uint8 N x 1 x H x W."""
    weights = torch.tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)
    parts = [(part * weights).sum(1, keepdim=True) for part in images.split(1_000)]
    return torch.cat(parts).round().to(torch.uint8)


def superclasses(split: Split, classes: tuple[str, ...]) -> Split:
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


CHANGES = {"inverted": inverted, "grey": grey}


def changed(data: Dataset, change: str) -> Dataset:
    """A set with each split changed. Raises ``BenchError`` where the change does not fit it."""
    if change == "grey" and data.shape[0] != 3:
        raise BenchError(f"{data.name} has no colour to lose")
    whole = change == "superclasses"

    def read(name: str) -> Split:
        split = data.train if name == "train" else data.test
        if whole:
            return superclasses(split, data.classes)
        return Split(CHANGES[change](split.images), split.labels)

    classes = tuple(sorted(superclass_names())) if whole else data.classes
    return Dataset(f"{data.name}, {change}", data.shape, classes, read)


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
@click.argument("change", type=click.Choice([*CHANGES, "superclasses"]))
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--data-dir", type=click.Path(path_type=Path), envvar="BENCH_DATA")
def main(dataset: str, change: str, folder: Path, data_dir: Path | None) -> None:
    """Write DATASET, changed, as a FOLDER set."""
    try:
        data = changed(datasets.load(dataset, data_dir), change)
        for name in ("train", "test"):
            write(getattr(data, name), data.classes, folder / name)
    except BenchError as problem:
        raise click.ClickException(str(problem)) from None


if __name__ == "__main__":
    main()
