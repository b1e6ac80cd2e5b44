"""Test images with the pixels of a training image."""

from __future__ import annotations

import hashlib

import numpy as np
from torch import Tensor

CHUNK = 4096  # images that are held once more while they are mixed


def repeated(train: Tensor, test: Tensor) -> np.ndarray:
    """Bool per test image: whether its pixels are those of a training image. uint8 N x C x H x W.

    Sums of 64 bits find the candidates, so that few images go through SHA-256.
    """
    ours, theirs = _sums(train), _sums(test)
    found = np.isin(theirs, ours)
    known = {_digest(train[row]) for row in np.flatnonzero(np.isin(ours, theirs[found]))}
    for row in np.flatnonzero(found):
        found[row] = _digest(test[row]) in known
    return found


def sentence(train: Tensor, test: Tensor) -> str:
    """A sentence on the number of test images that are training images; "" for none."""
    number = int(repeated(train, test).sum())
    if not number:
        return ""
    share = 100 * number / len(test)
    are = "is a training image" if number == 1 else "are training images"
    return (
        f"{number:,} of {len(test):,} test images ({share:.2f} %) {are}, pixel for pixel: "
        "accuracy on them says nothing of new images"
    )


def _sums(images: Tensor) -> np.ndarray:
    """uint64 N: for each image the sum of its bytes, by eights, times fixed odd numbers."""
    rows = images.flatten(1).numpy()
    width = -(-rows.shape[1] // 8)
    factors = np.random.default_rng(0).integers(2**63, size=width, dtype=np.uint64) * 2 + 1
    sums = np.empty(len(rows), dtype=np.uint64)
    for start in range(0, len(rows), CHUNK):
        part = rows[start : start + CHUNK]
        padded = np.zeros((len(part), 8 * width), dtype=np.uint8)
        padded[:, : part.shape[1]] = part
        sums[start : start + CHUNK] = padded.view(np.uint64) @ factors
    return sums


def _digest(image: Tensor) -> bytes:
    return hashlib.sha256(image.contiguous().numpy().data).digest()
