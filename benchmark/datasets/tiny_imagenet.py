"""Tiny-ImageNet as published, or with its validation images in class folders."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from benchmark.datasets import Dataset
from benchmark.datasets.folders import PLACES, quiet, read_set, required
from benchmark.datasets.images import MAX_BYTES
from benchmark.datasets.listing import Found, Listing, could_be_image
from benchmark.datasets.sources import Folder, is_folder, listed, open_image, walk
from benchmark.errors import BenchError

_EXPECTED = "expected the unpacked tiny-imagenet-200.zip: train/<wnid>/images/*.JPEG and val/"
_TABLE = "val_annotations.txt"
_TABLE_HINT = "expected lines of file name, tab, wnid; or put the images into val/<wnid>/"


@quiet()
def load(data_dir: Path, size: int | None) -> Dataset:
    """Tiny-ImageNet, in colour, 64 px unless ``size`` is given; val is the test."""
    place = required(data_dir / PLACES["tiny-imagenet"], _EXPECTED)
    _check_classes(place / "wnids.txt", required(place / "train", _EXPECTED))
    source = _TinyImageNet(place)
    return read_set("tiny-imagenet", str(place), source, (3, size or 64, size or 64))


class _TinyImageNet(Folder):
    def __init__(self, place: Path) -> None:
        train, val = place / "train", required(place / "val", _EXPECTED)
        found = [*_below(train), *(_in_one_folder(val) if _is_flat(val) else _below(val))]
        self.listing = Listing(str(place), (item for item in found if not _is_table(item)))
        self.listing.deeper.clear()  # as published, a class has its images in images/


def _check_classes(table: Path, train: Path) -> None:
    there = {item.name for item in listed(str(train)) if is_folder(item) and item.name[0] != "."}
    if table.exists() and set(_text(table).split()) != there:
        raise BenchError(
            f"{table} names other classes than the folders in {train}: "
            "unpack tiny-imagenet-200.zip again, or delete that file if a part is wanted"
        )


def _is_table(item: Found) -> bool:
    return item.handle is not None and item.parts[-1].endswith(("_boxes.txt", _TABLE))


def _below(folder: Path) -> Iterator[Found]:
    yield Found((folder.name,), None)
    for item in walk(str(folder)):
        if item.parts[0] != "images":  # left empty where val/ was put into class folders
            yield item._replace(parts=(folder.name, *item.parts))


def _is_flat(val: Path) -> bool:
    """Whether the validation images lie in one folder, as published, with a table of classes."""
    images = val / "images"
    flat = images.is_dir() and any(_is_image(item.name) for item in listed(str(images)))
    there = [item.name for item in listed(str(val)) if is_folder(item)]
    moved = [name for name in there if name != "images" and name[0] != "."]
    if moved and flat:
        raise BenchError(
            f"{val} has images in images/ and class folders ({moved[0]}): move all, or none"
        )
    return not moved


def _in_one_folder(val: Path) -> Iterator[Found]:
    table = _required_table(val / _TABLE)
    images = val / "images"
    for item in listed(str(images)) if images.is_dir() else []:
        if _is_image(item.name) and item.name not in table:
            raise BenchError(f"{val / _TABLE} does not name the image {item.name}")
        folders = (table.pop(item.name), "images") if item.name in table else ("images",)
        handle = None if is_folder(item) else item.path
        yield Found((val.name, *folders, item.name), handle, item.is_symlink())
    if table:
        raise BenchError(
            f"{images} has no {min(table)}, which {_TABLE} names "
            f"({len(table)} missing): unpack tiny-imagenet-200.zip again"
        )


def _is_image(name: str) -> bool:
    return could_be_image(("val", "images", name))


def _required_table(path: Path) -> dict[str, str]:
    """File name -> wnid, the first two columns of ``val_annotations.txt``."""
    try:
        rows = [line.split("\t") for line in _text(path).splitlines() if line.strip()]
        return {row[0]: row[1] for row in rows}
    except IndexError as error:
        raise BenchError(f"cannot read {path}: {_TABLE_HINT}") from error


def _text(path: Path) -> str:
    if not path.exists():
        raise BenchError(f"{path} is missing: {_TABLE_HINT}")
    with open_image(str(path)) as file:
        return file.read(MAX_BYTES).decode("utf-8", "replace")
