"""Sets of image files: class folders, tar archives of them, Tiny-ImageNet and ImageNet-12.

Loading a set looks at the header of each image, to find their common form and refuse unreadable
ones at once; each split is decoded alone, when it is asked for.
"""

from __future__ import annotations

import math
import os
import re
import unicodedata
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import torch

from benchmark import text
from benchmark.datasets import EXPECTED, FOLDER, Dataset, Split, known, required_place
from benchmark.datasets.archives import Archive
from benchmark.datasets.common_form import Looks
from benchmark.datasets.headers import Header
from benchmark.datasets.images import Fit, decode
from benchmark.datasets.listing import SPLITS, Entry, Listing, Tree, finish
from benchmark.datasets.sources import Folder, listed
from benchmark.errors import BenchError

LONGEST = 1000  # letters of a note
PLACES = {"tiny-imagenet": "tiny-imagenet-200", "imagenet12": "imagenet12"}  # in the data folder


@contextmanager
def quiet() -> Iterator[None]:
    """Silence Pillow, whose warnings come here as refusals or notes with the file's name."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="PIL")
        yield


class Source(Protocol):
    """The files of a set, in a folder or an archive."""

    listing: Listing

    def headers(self, entries: Iterable[Entry]) -> Iterator[Header]: ...

    def read(self, entries: list[Entry]) -> Iterator[tuple[int, bytes]]: ...

    def notes(self) -> Iterator[str]: ...


@quiet()
def load_folder(path: str, data_dir: Path, size: int | None) -> Dataset:
    """The folder or tar archive ``path``, looked for in the working folder, then in ``data_dir``.

    Without ``size`` all images must have the same; with it they are fitted to it.
    """
    place = required_place(FOLDER + path, data_dir)
    name = FOLDER + _shown(place)
    if place.is_dir():
        _check_wrapped(place, path)
        return read_set(name, str(place), Folder(str(place)), size=size)
    return read_set(name, str(place), Archive(str(place)), size=size)


def _shown(place: Path) -> str:
    """The name of a set, from its folder or archive: one line, one form of each letter."""
    name = os.path.basename(os.path.abspath(place))
    if not place.is_dir():
        name = re.sub(r"\.(tar(\.\w+)?|t[bgx]z2?)$", "", name)
    return text.line(unicodedata.normalize("NFC", name)) or "unnamed"


@quiet()
def load_imagenet12(data_dir: Path, size: int | None) -> Dataset:
    """``imagenet12/{train,test or val}/<class>/*`` in colour, 64 px unless ``size`` is given."""
    place = required(data_dir / PLACES["imagenet12"], EXPECTED)
    shape = (3, size or 64, size or 64)
    return read_set("imagenet12", str(place), Folder(str(place)), shape)


def required(place: Path, expected: str) -> Path:
    """``place``; ``BenchError`` unless it is a folder. ``expected`` says what it must hold."""
    if not place.is_dir():
        raise BenchError(f"{place} is missing: {expected}; it is not downloaded, put it there")
    return place


def read_set(
    name: str,
    place: str,
    source: Source,
    shape: tuple[int, int, int] | None = None,
    size: int | None = None,
) -> Dataset:
    """The set of a source. Its images decide its shape and colour where no ``shape`` is given."""
    tree = finish(source.listing)
    fit, notes = _look(tree, place, source, shape, size)
    classes = tuple(sorted(tree["train"]))

    def read_split(split: str) -> Split:
        with quiet():
            return _decode_all(tree[split], classes, place, source, fit)

    def stamp(split: str) -> known.Stamp | None:
        where = f"{os.path.realpath(place)} {split} {fit}"
        if not os.path.isdir(place):
            return known.stamp(where, [("", place)])
        listed = ((label, entry) for label, of in tree[split].items() for entry in of)
        return known.stamp(where, ((f"{label}: {e.path}", e.handle) for label, e in sorted(listed)))

    return Dataset(name, fit.shape, classes, read_split, notes, stamp)


def _look(
    tree: Tree,
    place: str,
    source: Source,
    shape: tuple[int, int, int] | None,
    size: int | None,
) -> tuple[Fit, tuple[str, ...]]:
    looks = Looks()
    entries = [entry for members in tree.values() for some in members.values() for entry in some]
    for entry, header in zip(entries, source.headers(entries), strict=True):
        looks.add(entry.path, header)
    fit = looks.fit(place, shape, size)
    notes = [*source.listing.notes(), *source.notes(), *looks.notes(fit, shape is None)]
    if absent := sorted(set(tree["train"]) - set(tree["test"])):
        few = ", ".join(absent[:5]) + (" ..." if absent[5:] else "")
        notes.append(f"test/ has no images of {len(absent):,} of the classes ({few})")
    return fit, tuple(text.line(note, LONGEST) for note in notes)


def _decode_all(
    members: dict[str, list[Entry]],
    classes: tuple[str, ...],
    place: str,
    source: Source,
    fit: Fit,
) -> Split:
    ordered = [entry for name in classes for entry in sorted(members.get(name, []))]
    labels = [label for label, name in enumerate(classes) for _ in members.get(name, [])]
    images = _empty((len(ordered), *fit.shape), place)
    pixels = images.numpy()  # a view: writing to it fills the tensor
    for position, data in source.read(ordered):
        pixels[position] = decode(data, f"{place}: {ordered[position].path}", fit)
    return Split(images, torch.tensor(labels))


def _empty(shape: tuple[int, ...], place: str) -> torch.Tensor:
    try:
        return torch.empty(shape, dtype=torch.uint8)
    except RuntimeError as error:
        wanted = f"{math.prod(shape) / 2**30:,.1f} GiB"
        raise BenchError(f"{place} needs {wanted} of memory: give a smaller --size") from error


def _check_wrapped(place: Path, path: str) -> None:
    """Refuse a folder around the set, as unpacking an archive makes, and name the inner one."""
    if any((place / split).is_dir() for split in SPLITS):
        return
    inside = [f"{FOLDER}{os.path.join(path, name)}" for name in _inner(place)]
    if inside:
        raise BenchError(
            f"{place} has no class folders in train/, but a folder in it has: "
            f"give {' or '.join(inside[:3])}"
        )


def _inner(place: Path) -> list[str]:
    return [item.name for item in listed(str(place)) if os.path.isdir(f"{item.path}/train")]
