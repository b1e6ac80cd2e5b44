"""Sets of image files: class folders, tar archives of them, Tiny-ImageNet and ImageNet-12.

Listing a set reads names only; a split is decoded when it is asked for, without the other one.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import torch

from benchmark.datasets import FOLDER, Dataset, Split
from benchmark.datasets.archives import list_archive, read_members
from benchmark.datasets.images import (
    EXPECTED,
    SPLITS,
    SUFFIXES,
    Entry,
    Tree,
    check_bytes,
    check_side,
    decode,
    is_image,
    probe,
)
from benchmark.errors import BenchError

PLACES = {"tiny-imagenet": "tiny-imagenet-200", "imagenet12": "imagenet12"}  # in the data folder
Reader = Callable[[list[Entry]], Iterator[tuple[int, bytes]]]  # yields position and file content


def load_folder(path: str, data_dir: Path, size: int | None) -> Dataset:
    """The folder or tar archive ``path``, looked for in the working folder, then in ``data_dir``.

    Without ``size`` the first training image decides the shape; other sizes are fitted to it.
    """
    tried = [Path(path).expanduser(), data_dir / path]
    place = next((candidate for candidate in tried if path and candidate.exists()), None)
    if place is None:
        where = " and ".join(dict.fromkeys(str(candidate) for candidate in tried))
        raise BenchError(f"there is no folder or archive {path!r} (tried {where}); {EXPECTED}")
    name = os.path.basename(os.path.abspath(place))
    if place.is_dir():
        return _dataset(FOLDER + name, place, _list_folder(place), _read_files, size=size)
    name = re.sub(r"\.(tar(\.\w+)?|t[bgx]z2?)$", "", name)
    tree, read = list_archive(place), partial(read_members, place)
    return _dataset(FOLDER + name, place, tree, read, size=size)


def load_imagenet12(data_dir: Path, size: int | None) -> Dataset:
    """``imagenet12/{train,test or val}/<class>/*`` in colour, 64 px unless ``size`` is given."""
    place = _required(data_dir / PLACES["imagenet12"], EXPECTED)
    shape = (3, size or 64, size or 64)
    return _dataset("imagenet12", place, _list_folder(place), _read_files, shape=shape)


def load_tiny_imagenet(data_dir: Path, size: int | None) -> Dataset:
    """Tiny-ImageNet as published, in colour, 64 px unless ``size`` is given; val is the test."""
    expected = "expected the unpacked tiny-imagenet-200.zip: train/<wnid>/images/*.JPEG and val/"
    place = _required(data_dir / PLACES["tiny-imagenet"], expected)
    train = {
        folder.name: _images(folder / "images", f"train/{folder.name}/images")
        for folder in _folders(_required(place / "train", expected))
    }
    listed = place / "wnids.txt"
    if listed.is_file() and set(listed.read_text().split()) != set(train):
        raise BenchError(
            f"{listed} names other classes than the folders in {place / 'train'}: "
            "unpack tiny-imagenet-200.zip again, or delete that file if a part is wanted"
        )
    tree = {"train": train, "test": _list_tiny_val(_required(place / "val", expected))}
    shape = (3, size or 64, size or 64)
    return _dataset("tiny-imagenet", place, tree, _read_files, shape=shape)


TREES = {"tiny-imagenet": load_tiny_imagenet, "imagenet12": load_imagenet12}


def _dataset(
    name: str,
    place: Path,
    tree: Tree,
    read: Reader,
    shape: tuple[int, int, int] | None = None,
    size: int | None = None,
) -> Dataset:
    _check(tree, place)
    classes = tuple(sorted(tree["train"]))
    if shape is None:
        first = min(tree["train"][classes[0]])
        where = f"{place}: {first.path}"
        shape = probe(next(read([first]))[1], where)
        if size is not None:
            shape = (shape[0], size, size)
        check_side(shape, where)

    def read_split(split: str) -> Split:
        return _decode_all(tree[split], classes, place, read, shape)

    return Dataset(name, shape, classes, read_split)


def _check(tree: Tree, place: Path) -> None:
    """Turn a ``val`` split into ``test``, and refuse a tree that is no labelled image set."""
    if "val" in tree:
        tree.setdefault("test", tree.pop("val"))
    for split in ("train", "test"):
        if not tree.get(split):
            raise BenchError(f"{place} has no class folders in {split}/: {EXPECTED}")
        for name, entries in sorted(tree[split].items()):
            if not entries:
                raise BenchError(
                    f"{place} has no images in {split}/ for the class {name!r}: {EXPECTED}; images "
                    f"are files ending in {', '.join(sorted(SUFFIXES))}"
                )
    if extra := sorted(set(tree["test"]) - set(tree["train"])):
        raise BenchError(
            f"{place} has classes in test/ that train/ does not have: {', '.join(extra[:5])}"
            f"{' ...' if extra[5:] else ''}; rename those folders or add training images"
        )


def _decode_all(
    members: dict[str, list[Entry]],
    classes: tuple[str, ...],
    place: Path,
    read: Reader,
    shape: tuple[int, int, int],
) -> Split:
    ordered = [entry for name in classes for entry in sorted(members.get(name, []))]
    labels = [label for label, name in enumerate(classes) for _ in members.get(name, [])]
    images = torch.empty((len(ordered), *shape), dtype=torch.uint8)
    pixels = images.numpy()  # a view: what is written here is in the tensor
    for position, data in read(ordered):
        pixels[position] = decode(data, f"{place}: {ordered[position].path}", shape)
    return Split(images, torch.tensor(labels))


def _required(place: Path, expected: str) -> Path:
    if not place.is_dir():
        raise BenchError(f"{place} is missing: {expected}; it is not downloaded, put it there")
    return place


def _folders(place: Path) -> list[Path]:
    return [path for path in place.iterdir() if path.is_dir() and not path.name.startswith(".")]


def _images(folder: Path, inside: str) -> list[Entry]:
    if not folder.is_dir():
        return []
    return [
        Entry(f"{inside}/{name}", folder / name) for name in os.listdir(folder) if is_image(name)
    ]


def _list_folder(place: Path) -> Tree:
    return {
        split: {
            folder.name: _images(folder, f"{split}/{folder.name}")
            for folder in _folders(place / split)
        }
        for split in SPLITS
        if (place / split).is_dir()
    }


def _list_tiny_val(place: Path) -> dict[str, list[Entry]]:
    table = _required_table(place / "val_annotations.txt")
    classes: dict[str, list[Entry]] = {}
    for entry in _images(place / "images", "val/images"):
        name = entry.handle.name
        if name not in table:
            raise BenchError(f"{place / 'val_annotations.txt'} does not name the image {name}")
        classes.setdefault(table.pop(name), []).append(entry)
    if table:
        raise BenchError(
            f"{place / 'images'} has no {min(table)}, which val_annotations.txt names "
            f"({len(table)} missing): unpack tiny-imagenet-200.zip again"
        )
    return classes


def _required_table(path: Path) -> dict[str, str]:
    """File name -> wnid, the first two columns of ``val_annotations.txt``."""
    try:
        rows = [line.split("\t") for line in path.read_text().splitlines() if line.strip()]
        return {row[0]: row[1] for row in rows}
    except (OSError, IndexError, UnicodeDecodeError) as error:
        raise BenchError(
            f"cannot read {path} ({type(error).__name__}): expected lines of file name, tab, wnid"
        ) from error


def _read_files(entries: list[Entry]) -> Iterator[tuple[int, bytes]]:
    for position, entry in enumerate(entries):
        try:
            check_bytes(entry.handle.stat().st_size, str(entry.handle))
            data = entry.handle.read_bytes()
        except OSError as error:
            raise BenchError(f"cannot read {entry.handle}: {error.strerror}") from error
        yield position, data
