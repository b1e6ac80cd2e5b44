"""Labelled image sets by name, as uint8 tensors in memory: ``load("mnist").test.images``.

Readers live in the modules beside this one and are imported on use, so naming the sets is cheap.
"""

from __future__ import annotations

import os
from pathlib import Path

from benchmark.datasets.dataset import Dataset, Split
from benchmark.datasets.naming import FOLDER, NAMES, TREES, TUNING, base, names, of_files
from benchmark.errors import BenchError, unknown
from benchmark.files import user_folder
from benchmark.parse import items

__all__ = [
    "EXPECTED",
    "FOLDER",
    "MAX_SIDE",
    "TUNING",
    "Dataset",
    "Split",
    "base",
    "check",
    "class_names",
    "default_data_dir",
    "is_here",
    "load",
    "names",
    "of_files",
    "outline",
    "place_of",
    "required_place",
    "split_names",
]

EXPECTED = "expected train/<class>/* and test/<class>/* (or val/<class>/*) with images"
MAX_SIDE = 1024
PACKED = ("", ".tar", ".tar.xz", ".tar.gz", ".tar.bz2")  # endings; a set's name has none of them


def outline(name: str) -> tuple[tuple[int, int, int], int] | None:
    """Shape (C, H, W) and number of classes of a set by its name; None where the files decide."""
    from benchmark.datasets import vision
    from benchmark.datasets.built_in import BUILT_IN

    name = base(name)
    if name in BUILT_IN:
        found = BUILT_IN[name]()
        return found.shape, len(found.classes)
    return TREES.get(name) or vision.outline(name)


def class_names(name: str) -> tuple[str, ...]:
    """The names of the classes that a set's own name tells; none where its files decide."""
    from benchmark.datasets import vision
    from benchmark.datasets.built_in import BUILT_IN

    name = base(name)
    return BUILT_IN[name]().classes if name in BUILT_IN else vision.class_names(name)


def place_of(name: str, data_dir: Path) -> Path | None:
    """Where ``folder:PATH`` lies: as it is said in the working folder, else in ``data_dir``.

    In ``data_dir`` an archive is found without its ending, too: rows name their sets so.
    """
    path = name.removeprefix(FOLDER)
    # os.path takes any text, even too long a name or an unknown user.
    tried = (Path(os.path.expanduser(path)), *(data_dir / (path + end) for end in PACKED))
    return next((place for place in tried if path and os.path.exists(place)), None)


def required_place(name: str, data_dir: Path) -> Path:
    """As ``place_of``; a ``BenchError`` says where ``folder:PATH`` was looked for."""
    if place := place_of(name, data_dir):
        return place
    path = name.removeprefix(FOLDER)
    where = " and ".join(dict.fromkeys((os.path.expanduser(path), str(data_dir / path))))
    raise BenchError(f"there is no folder or archive {path!r} (tried {where}); {EXPECTED}")


def split_names(text: str, data_dir: Path) -> list[str]:
    """The names in a comma-separated list; commas in the path of an existing set do not count."""

    def is_one(name: str) -> bool:
        return base(name).startswith(FOLDER) and bool(place_of(base(name), data_dir))

    found = items(text, is_one)
    for name in map(base, found) if len(found) > 1 else ():
        if name.startswith(FOLDER) and not place_of(name, data_dir):
            raise BenchError(
                f"there is no folder or archive {name.removeprefix(FOLDER)!r} here or in "
                f"{data_dir}; {text!r} was split at its commas, since no existing path has them"
            )
    return found


def is_here(name: str, data_dir: Path) -> bool:
    """Whether the files of a named set are there. Reads and downloads nothing."""
    from benchmark.datasets import folders, vision
    from benchmark.datasets.built_in import BUILT_IN

    name = base(name)
    if name in TREES:
        return (data_dir / folders.PLACES[name]).is_dir()
    if name.startswith(FOLDER):
        return place_of(name, data_dir) is not None
    return name in BUILT_IN or vision.is_here(name, data_dir)


def default_data_dir() -> Path:
    """The folder of data sets: ``BENCH_DATA``, or ``bench/data`` in the user's cache folder."""
    return user_folder("data", "BENCH_DATA")


def check(name: str, size: int | None = None, data_dir: Path | None = None) -> None:
    """Refuse an unknown name, a missing folder, and a size that the set cannot have.

    Reads no file. ``data_dir`` matters for folders only.
    """
    name = base(name)
    if size is not None and not 1 <= size <= MAX_SIDE:
        raise BenchError(f"image size {size} is out of range: give 1 to {MAX_SIDE} pixels")
    if name.startswith(FOLDER):
        required_place(name, default_data_dir() if data_dir is None else data_dir)
        return
    if name not in NAMES:
        hint = f"A folder or an archive of images is given as {FOLDER}PATH."
        raise unknown("data set", name, NAMES, hint)
    if size is not None and name not in TREES:
        raise BenchError(
            f"{name} has one image size only, so size {size} cannot be given; "
            f"only {', '.join(TREES)} and {FOLDER}PATH can be resized"
        )


def load(name: str, data_dir: Path | None = None, size: int | None = None) -> Dataset:
    """Find the data set ``name``; its splits are decoded when they are first touched.

    ``data_dir`` (default: ``default_data_dir()``) holds or receives the files. ``size`` is the
    side in pixels of sets read from image files; the other sets have one size only.
    """
    data_dir = default_data_dir() if data_dir is None else Path(data_dir)
    check(name, size, data_dir)
    if name.startswith(TUNING):
        from benchmark.datasets.held_out import held_out

        return held_out(load(base(name), data_dir, size))
    is_folder = name.startswith(FOLDER)
    if is_folder or name in TREES:
        from benchmark.datasets import folders, tiny_imagenet

        if is_folder:
            return folders.load_folder(name.removeprefix(FOLDER), data_dir, size)
        trees = {"tiny-imagenet": tiny_imagenet.load, "imagenet12": folders.load_imagenet12}
        return trees[name](data_dir, size)
    from benchmark.datasets import vision
    from benchmark.datasets.built_in import BUILT_IN

    if name in BUILT_IN:
        return BUILT_IN[name]()
    return vision.load_vision(name, data_dir)
