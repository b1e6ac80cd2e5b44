"""Labelled image sets by name, as uint8 tensors in memory: ``load("mnist").test.images``.

Readers live in the modules beside this one and are imported on use, so naming the sets is cheap.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from benchmark.datasets import known
from benchmark.datasets.known import Facts, Stamp
from benchmark.errors import BenchError, unknown
from benchmark.files import user_folder
from benchmark.parse import items

if TYPE_CHECKING:  # names are known without torch, which takes seconds
    from torch import Tensor

FOLDER = "folder:"
TUNING = "tuning:"  # before a name: see ``held_out``
EXPECTED = "expected train/<class>/* and test/<class>/* (or val/<class>/*) with images"
MAX_SIDE = 1024

_NAMES = {
    "digits": "scikit-learn's 1,797 handwritten digits, grey, 8 px up-sampled to 16 px; built in",
    "photos": "patches of scikit-learn's two sample photographs, colour, 32 px; built in",
    "mnist": "MNIST, 60,000 + 10,000 handwritten digits, grey, 28 px; downloaded on first use",
    "fmnist": "Fashion-MNIST, 60,000 + 10,000 garments, grey, 28 px; downloaded on first use",
    "svhn": "SVHN, 73,257 + 26,032 house number digits, 32 px; downloaded on first use",
    "cifar10": "CIFAR-10, 50,000 + 10,000 photographs, 32 px; downloaded on first use",
    "cifar100": "CIFAR-100, 50,000 + 10,000 photographs, 32 px; downloaded on first use",
    "tiny-imagenet": "Tiny-ImageNet, 200 classes, 64 px, from tiny-imagenet-200 in the data folder",
    "imagenet12": "a 12-class ImageNet subset at 64 px, from imagenet12 in the data folder",
    FOLDER + "PATH": "any train/<class>/* + test/<class>/* folder, or a tar archive of one",
    TUNING + "NAME": "of any of these, the training images alone, a fifth of them held out",
}
_TREES = {"tiny-imagenet": ((3, 64, 64), 200), "imagenet12": ((3, 64, 64), 12)}


@dataclass(frozen=True, eq=False)
class Split:
    """Images with labels: ``images`` uint8 N x C x H x W and ``labels`` int64 N, on the CPU."""

    images: Tensor
    labels: Tensor

    @cached_property
    def digest(self) -> str:
        """SHA-256, in hex, of shape, labels and pixels: equal for equal splits on any machine."""
        sha = hashlib.sha256(repr(tuple(self.images.shape)).encode())
        sha.update(self.labels.numpy().astype("<i8").tobytes())
        sha.update(self.images.contiguous().numpy().data)
        return sha.hexdigest()

    @cached_property
    def is_grey(self) -> bool:
        """Whether each pixel of each image is grey, in however many channels it is kept."""
        first, *others = self.images.unbind(dim=1)
        return all(bool((first == other).all()) for other in others)


@dataclass(frozen=True, eq=False)
class Dataset:
    """A named image set; ``shape`` is (C, H, W), ``classes`` has one name per label.

    ``read("train")`` and ``read("test")`` decode a split; use ``train`` and ``test``, which do so
    once, on first touch. ``notes`` are sentences for a person: what was left out of the files, and
    how those that have no single meaning are read. ``stamp`` tells whether what a split is read
    from is as it was; without it ``facts`` decodes a split anew in every command.
    """

    name: str
    shape: tuple[int, int, int]
    classes: tuple[str, ...]
    read: Callable[[str], Split] = field(repr=False)
    notes: tuple[str, ...] = ()
    stamp: Callable[[str], Stamp | None] = field(default=lambda split: None, repr=False)
    _facts: dict[str, Facts] = field(default_factory=dict, init=False, repr=False)
    _before: dict[str, Stamp | None] = field(default_factory=dict, init=False, repr=False)

    @cached_property
    def train(self) -> Split:
        """The training split; a data-free method never touches it."""
        return self._decoded("train")

    @cached_property
    def test(self) -> Split:
        """The test split, on which accuracy and agreement are measured."""
        return self._decoded("test")

    @cached_property
    def repeated(self) -> str:
        """A sentence on test images that are training images too; "" without any.

        It decodes both splits.
        """
        from benchmark.datasets import repeats

        return repeats.sentence(self.train.images, self.test.images)

    @property
    def train_digest(self) -> str:
        """``train.digest``, if possible without decoding the training images."""
        return self.facts("train").digest

    @property
    def test_digest(self) -> str:
        """``test.digest``, if possible without decoding the test images."""
        return self.facts("test").digest

    @property
    def training_id(self) -> str:
        """The training digest where the files decide what the set is, else "".

        It belongs to the identity of a run: two such sets may have one name and one test split.
        """
        return self.train_digest if of_files(self.name) else ""

    def facts(self, split: str) -> Facts:
        """Digest and class counts of ``"train"`` or ``"test"``.

        A split that is decoded for it alone is not held in memory.
        """
        if split not in self._facts:
            held = self.__dict__.get(split)  # where cached_property puts it
            self._facts[split] = self._recall(split) if held is None else self._count(split, held)
        return self._facts[split]

    def _recall(self, split: str) -> Facts:
        return known.recall(self.stamp(split)) or self._count(split, self._decoded(split))

    def _count(self, split: str, decoded: Split) -> Facts:
        counts = decoded.labels.bincount(minlength=len(self.classes))
        found = Facts(decoded.digest, tuple(counts.tolist()))
        known.keep(self._before[split], self.stamp(split), found)
        return found

    def _decoded(self, split: str) -> Split:
        self._before[split] = self.stamp(split)
        return self.read(split)


def base(name: str) -> str:
    """The set that a tuning set is made of; every other name as it is."""
    return name.removeprefix(TUNING)


def of_files(name: str) -> bool:
    """True for a set that is whatever lies in a folder or archive of image files."""
    name = base(name)
    return name.startswith(FOLDER) or name in _TREES


def names() -> dict[str, str]:
    """Every name ``load`` knows, with one line about it; ``folder:PATH`` stands for any path."""
    return dict(_NAMES)


def outline(name: str) -> tuple[tuple[int, int, int], int] | None:
    """Shape (C, H, W) and number of classes of a set by its name; None where the files decide."""
    from benchmark.datasets import vision

    name = base(name)
    if name in vision.BUILT_IN:
        found = vision.BUILT_IN[name]()
        return found.shape, len(found.classes)
    return _TREES.get(name) or vision.outline(name)


def place_of(name: str, data_dir: Path) -> Path | None:
    """Where ``folder:PATH`` lies: as it is said in the working folder, else in ``data_dir``."""
    path = name.removeprefix(FOLDER)
    # Of os.path, since these take any text: too long a name, or a user that nobody knows.
    tried = (Path(os.path.expanduser(path)), data_dir / path)
    return next((place for place in tried if path and os.path.exists(place)), None)


def required_place(name: str, data_dir: Path) -> Path:
    """As ``place_of``; a ``BenchError`` says where ``folder:PATH`` was looked for."""
    if place := place_of(name, data_dir):
        return place
    path = name.removeprefix(FOLDER)
    where = " and ".join(dict.fromkeys((os.path.expanduser(path), str(data_dir / path))))
    raise BenchError(f"there is no folder or archive {path!r} (tried {where}); {EXPECTED}")


def split_names(text: str, data_dir: Path) -> list[str]:
    """The names in a comma-separated list; a comma in the path of a set that is there is no end."""

    def is_one(name: str) -> bool:
        return base(name).startswith(FOLDER) and bool(place_of(base(name), data_dir))

    found = items(text, is_one)
    for name in map(base, found) if len(found) > 1 else ():
        if name.startswith(FOLDER) and not place_of(name, data_dir):
            raise BenchError(
                f"there is no folder or archive {name.removeprefix(FOLDER)!r} here or in "
                f"{data_dir}; {text!r} was split at its commas, since no path that is there has "
                "them"
            )
    return found


def is_here(name: str, data_dir: Path) -> bool:
    """Whether the files of a named set are there; nothing is read or downloaded."""
    from benchmark.datasets import folders, vision

    name = base(name)
    if name in _TREES:
        return (data_dir / folders.PLACES[name]).is_dir()
    return vision.is_here(name, data_dir)


def default_data_dir() -> Path:
    """The folder of data sets: ``BENCH_DATA``, or ``bench/data`` in the user's cache folder."""
    return user_folder("data", "BENCH_DATA")


def check(name: str, size: int | None = None, data_dir: Path | None = None) -> None:
    """Refuse a name or a folder that there is not, and a size that the set cannot have.

    No file is read. Where data lie (``data_dir``) is asked for folders only.
    """
    name = base(name)
    if size is not None and not 1 <= size <= MAX_SIDE:
        raise BenchError(f"image size {size} is out of range: give 1 to {MAX_SIDE} pixels")
    if name.startswith(FOLDER):
        required_place(name, default_data_dir() if data_dir is None else data_dir)
        return
    if name not in _NAMES:
        hint = f"A folder or an archive of images is given as {FOLDER}PATH."
        raise unknown("data set", name, _NAMES, hint)
    if size is not None and name not in _TREES:
        raise BenchError(
            f"{name} has one image size only, so size {size} cannot be given; "
            f"only {', '.join(_TREES)} and {FOLDER}PATH can be resized"
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
    if is_folder or name in _TREES:
        from benchmark.datasets import folders, tiny_imagenet

        if is_folder:
            return folders.load_folder(name.removeprefix(FOLDER), data_dir, size)
        trees = {"tiny-imagenet": tiny_imagenet.load, "imagenet12": folders.load_imagenet12}
        return trees[name](data_dir, size)
    from benchmark.datasets import vision

    if name in vision.BUILT_IN:
        return vision.BUILT_IN[name]()
    return vision.load_vision(name, data_dir)
