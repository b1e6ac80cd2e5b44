"""A file in the place of memory: the images that a method keeps may be more than memory holds."""

from __future__ import annotations

import math
import mmap
import os
from collections.abc import Callable

import torch
from torch import Tensor


class Backing:
    """An open file whose parts a method has as tensors.

    What is written to them is in the file at once, outlives the process, and is no part of a saved
    state. The suite makes the file beside that state and never reads it. A run that goes on finds
    also what was written after its state, so it comes to the same only where rows are appended.

    ``file``: its number, open for both reading and writing; it is not closed here.
    ``reserve``: takes room for all of it on the disk, or raises, before anything is written. A
    method that finds none later would end by a signal.
    """

    def __init__(self, file: int, reserve: Callable[[], None]) -> None:
        self.file, self.size, self.reserve = file, os.fstat(file).st_size, reserve
        self._map: mmap.mmap | None = None
        self._given = 0

    def rows(self, count: int, shape: tuple[int, ...]) -> Tensor | None:
        """The next part, uint8 count x shape, as it was left; None where no such part is left.

        Who asks in the same order gets the same parts.
        """
        size = count * math.prod(shape)
        if not 0 < size <= self.size - self._given:
            return None
        if self._map is None:
            self.reserve()
            self._map = mmap.mmap(self.file, self.size)
            if hasattr(mmap, "MADV_RANDOM"):  # a replay reads single images, and not those beside
                self._map.madvise(mmap.MADV_RANDOM)
        part = torch.frombuffer(self._map, dtype=torch.uint8, count=size, offset=self._given)
        self._given += size
        return part.view(count, *shape)
