"""The images that were bought, read from their file as they are needed."""

from __future__ import annotations

import mmap

import numpy as np
import torch
from torch import Tensor

from benchmark.oracle.bought.form import Form

PAGES_A_READ = 16  # a fault maps up to so many pages of a file, of which one was asked for


class Pages:
    """The kept images of a file with their labels, read as they are needed.

    The file is mapped into memory, and its pages are released again and again: at most ``HELD``
    bytes count as this process's at a time, whatever its size. ``len`` is the number of images.
    """

    HELD = 64 * 2**20

    def __init__(self, form: Form, handle: int, count: int) -> None:
        self.form = form
        queries = form.kept[: form.images(count)]
        self._offsets = form.offsets(queries)
        self._map = mmap.mmap(handle, 0, access=mmap.ACCESS_READ)
        self._read = 0

    def __len__(self) -> int:
        return len(self._offsets)

    def __getitem__(self, which: np.ndarray) -> tuple[Tensor, Tensor]:
        """Images by number, from 0: uint8 N x C x H x W, and their targets.

        Targets are labels, int64 N, or class probabilities, float32 N x K, where these were bought.
        """
        form, size = self.form, self.form.receipt.itemsize
        receipts = np.empty((len(which), size), np.uint8)
        images = np.empty((len(which), form.pixels), np.uint8)
        with memoryview(self._map) as view:
            for number, at in enumerate(self._offsets[which].tolist()):
                receipts[number] = view[at : at + size]
                images[number] = view[at + size : at + size + form.pixels]
        self._let_go(receipts.nbytes + images.nbytes)
        told = receipts.view(form.receipt)[:, 0]
        targets = told["answer"].copy() if form.answers else told["label"].astype(np.int64)
        return torch.from_numpy(images.reshape(-1, *form.shape)), torch.from_numpy(targets)

    def close(self) -> None:
        """Unmap the file."""
        self._map.close()

    def _let_go(self, more: int) -> None:
        self._read += more
        if self._read > self.HELD // PAGES_A_READ and hasattr(mmap, "MADV_DONTNEED"):
            self._map.madvise(mmap.MADV_DONTNEED)
            self._read = 0
