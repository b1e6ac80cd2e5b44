"""A labelled image set: two splits of uint8 tensors, decoded when they are first touched."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from benchmark.datasets import known
from benchmark.datasets.known import Facts, Stamp
from benchmark.datasets.naming import of_files

if TYPE_CHECKING:  # names are known without torch, which takes seconds
    from torch import Tensor


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
    once, on first touch. ``notes`` are sentences for a person on files that were left out or read
    in one of several ways. ``stamp`` tells whether the files of a split have changed; without it
    ``facts`` decodes a split anew in every command.
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

        Decodes both splits.
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
        """The training digest of a set of files, else "".

        It belongs to the identity of a run: two such sets may have one name and one test split.
        """
        return self.train_digest if of_files(self.name) else ""

    def facts(self, split: str) -> Facts:
        """Digest and class counts of ``"train"`` or ``"test"``.

        A split that is decoded for them alone is not held in memory.
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
