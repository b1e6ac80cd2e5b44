"""The images that were bought with their targets, read from a journal as they are needed."""

from __future__ import annotations

import mmap

import numpy as np
import torch
from torch import Tensor

from benchmark.oracle.journal.appended import Appended
from benchmark.oracle.journal.form import HEADER, IMAGES_HEADER
from benchmark.oracle.journal.images import Images
from benchmark.oracle.journal.records import Records

FAULT = 2**16  # bytes of a file that are mapped around one that is read


class Pages:
    """The kept images of a run with their targets. ``len`` is the number of images.

    ``hashes``, ``labels``: of all queries of its account; each must have its record. Both parts
    are mapped into memory and released again and again: about ``HELD`` bytes of each count as
    this process's at a time, whatever their size.
    """

    HELD = 32 * 2**20

    def __init__(
        self, records: Records, images: Images, hashes: np.ndarray, labels: np.ndarray
    ) -> None:
        self.form = form = images.form
        self._numbers = records.found(hashes, labels)[form.kept[: form.images(len(hashes))]]
        self._records = Mapped(records.file, form.record, HEADER.size, self.HELD)
        self._images = Mapped(images.file, form.slot, IMAGES_HEADER.size, self.HELD)

    def __len__(self) -> int:
        return len(self._numbers)

    def __getitem__(self, which: np.ndarray) -> tuple[Tensor, Tensor]:
        """Images by number, from 0: uint8 N x C x H x W, and their targets.

        Targets are labels, int64 N, or class probabilities, float32 N x K, where these were bought.
        """
        images = self._images[which]["image"]
        told = self._records[self._numbers[which]]
        targets = told["answer"] if self.form.answers else told["label"].astype(np.int64)
        return torch.from_numpy(images.copy()), torch.from_numpy(targets.copy())

    def close(self) -> None:
        """Unmap both parts."""
        self._records.close()
        self._images.close()


class Mapped:
    """The items of a file, all of one size, behind its header."""

    def __init__(self, file: Appended, kind: np.dtype, header: int, held: int) -> None:
        self._map = mmap.mmap(file.file.fileno(), 0, access=mmap.ACCESS_READ)
        count = (len(self._map) - header) // kind.itemsize
        self._items = np.frombuffer(self._map, kind, count, header)
        self._held, self._read = held, 0

    def __getitem__(self, which: np.ndarray) -> np.ndarray:
        found = self._items[which]
        self._read += found.nbytes + len(found) * FAULT
        if self._read > self._held and hasattr(mmap, "MADV_DONTNEED"):
            if len(self._map) > self._held:
                self._map.madvise(mmap.MADV_DONTNEED)
            self._read = 0
        return found

    def close(self) -> None:
        del self._items
        self._map.close()
