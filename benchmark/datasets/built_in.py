"""The sets that come with scikit-learn: digits, and patches of its two photographs."""

from __future__ import annotations

import functools
import gzip
import importlib.util
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from benchmark.datasets import Dataset, Split
from benchmark.errors import BenchError

DIGITS = "datasets/data/digits.csv.gz"  # in the folder of scikit-learn
PATCH, STRIDE = 32, 16  # pixels, of the patches of photographs


def load_digits() -> Dataset:
    """The 8x8 digits as 1x16x16; of each class, every fifth image in order is a test image."""
    return Dataset("digits", (1, 16, 16), tuple("0123456789"), _read_digits)


def load_photos() -> Dataset:
    """Overlapping 3x32x32 patches of two photographs (the classes); the right quarters are tests.

    A small set of natural images in colour that needs no file: for trials, and as foreign images.
    """
    return Dataset("photos", (3, PATCH, PATCH), ("china", "flower"), _read_photos)


BUILT_IN = {"digits": load_digits, "photos": load_photos}


def _read_digits(split: str) -> Split:
    images, labels = _digits()
    is_test = torch.zeros(len(labels), dtype=torch.bool)
    for label in range(10):
        is_test[(labels == label).nonzero().flatten()[4::5]] = True
    chosen = is_test if split == "test" else ~is_test
    return Split(images[chosen].unsqueeze(1), labels[chosen])


@functools.cache
def _digits() -> tuple[Tensor, Tensor]:
    """All images, as they are read everywhere, and labels."""
    values, labels = _bundled_digits()
    return _double(values), labels


def _bundled_digits() -> tuple[Tensor, Tensor]:
    """Pixels from 0 to 16, int64 1797 x 8 x 8, and labels.

    Importing scikit-learn takes a second, so its file of digits is read directly; should a release
    move the file, scikit-learn is imported after all.
    """
    try:
        with gzip.open(_folder_of("sklearn") / DIGITS, "rt", encoding="ascii") as lines:
            table = torch.as_tensor(np.loadtxt(lines, delimiter=",", dtype=np.int64))
    except OSError:
        from sklearn.datasets import load_digits

        bunch = load_digits()
        return torch.as_tensor(bunch.images).long(), torch.as_tensor(bunch.target).long()
    return table[:, :-1].unflatten(1, (8, 8)), table[:, -1].clone()


def _folder_of(package: str) -> Path:
    """Where an installed package lies; it is not imported."""
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        raise BenchError(f"{package} is not installed; the suite needs it: install it again")
    return Path(found.origin).parent


def _read_photos(split: str) -> Split:
    from sklearn.datasets import load_sample_images as bundled

    patches = []
    for photo in bundled().images:  # uint8 427 x 640 x 3
        pixels = torch.from_numpy(photo.copy()).permute(2, 0, 1)
        border = pixels.shape[2] * 3 // 4
        part = pixels[:, :, border:] if split == "test" else pixels[:, :, :border]
        windows = part.unfold(1, PATCH, STRIDE).unfold(2, PATCH, STRIDE)  # 3 x rows x columns x ...
        patches.append(windows.permute(1, 2, 0, 3, 4).flatten(0, 1))
    labels = torch.arange(len(patches)).repeat_interleave(len(patches[0]))
    return Split(torch.cat(patches).contiguous(), labels)


def _double(images: Tensor) -> Tensor:
    """Bilinear x2 of int64 N x H x W, values 0..16 -> uint8, 0..255; exact on every platform."""
    for axis in (1, 2):
        size = images.shape[axis]
        here = torch.arange(size).repeat_interleave(2)
        side = (here + torch.tensor([-1, 1]).repeat(size)).clamp(0, size - 1)
        images = 3 * images.index_select(axis, here) + images.index_select(axis, side)
    # Both passes weigh by 4, so values are now 0..256.
    return ((images * 255 + 128) // 256).to(torch.uint8)
