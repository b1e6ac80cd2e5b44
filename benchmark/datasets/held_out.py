"""Tuning sets: the training images of a set alone, a fifth of them held out to judge by.

The training split of ``tuning:NAME`` is four fifths of the training images of ``NAME``, its test
split the rest. A run uses it like any set: the teacher is trained on the four fifths (its card has
the digests of both parts), and its accuracy and the students' are measured on the fifth. The
teacher of ``NAME`` itself will not do: it has learnt the held-out images, so its answers to them
differ from answers to new images. None of this reads a test image of ``NAME``.

The SHA-256 of an image's own bytes decides whether it is held out, independent of the order and of
the other images; equal images are on one side.
"""

from __future__ import annotations

import hashlib

import torch
from torch import Tensor

from benchmark.datasets import TUNING, Dataset, Split
from benchmark.errors import BenchError

SHARE = 5  # one image of so many is held out


def held_out(data: Dataset) -> Dataset:
    """The tuning set of a data set; its test split is never touched.

    Reading a split raises ``BenchError`` where it would be empty.
    """

    def read(split: str) -> Split:
        every = data.train
        chosen = is_held_out(every.images)
        if not 0 < int(chosen.sum()) < len(chosen):
            raise BenchError(f"{data.name} has too few training images to hold out a fifth of them")
        chosen = chosen if split == "test" else ~chosen
        return Split(every.images[chosen], every.labels[chosen])

    return Dataset(TUNING + data.name, data.shape, data.classes, read, data.notes)


def is_held_out(images: Tensor) -> Tensor:
    """Which of uint8 N x C x H x W are held out: bool N."""
    digests = (hashlib.sha256(image.contiguous().numpy()).digest() for image in images)
    return torch.tensor([int.from_bytes(one[:8], "big") % SHARE == 0 for one in digests])
