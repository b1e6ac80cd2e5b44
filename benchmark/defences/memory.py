"""The images of earlier queries, by position: the memory of a teacher that looks for repeats."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

CHUNK = 4096  # earlier images that are compared at a time


class Memory:
    """Images in 8 bits, in the order in which they were asked.

    It holds nothing of the teacher, so a run may keep it in its state.
    """

    def __init__(self) -> None:
        self._images, self.count = np.zeros((0, 0), np.uint8), 0

    def near(self, images: np.ndarray, first: int, distance: float) -> np.ndarray:
        """Whether each image lies nearer than ``distance`` to one asked before it, bool N.

        ``images``: uint8 N x C x H x W, of which query ``first`` is the first; they are remembered.
        ``distance``: L2 in pixels from 0 to 1. Sums of whole numbers in float64 are exact, so no
        split into batches changes an answer. Raises ``ValueError`` where earlier ones are unknown.
        """
        if first > self.count:
            raise ValueError(f"query {first:,} was asked, but only {self.count:,} are remembered")
        self._enter(images.reshape(len(images), -1), first)
        found = np.zeros(len(images), bool)
        for begin in range(0, len(images), CHUNK):
            end = min(begin + CHUNK, len(images))
            found[begin:end] = self._near(first + begin, first + end, (255 * distance) ** 2)
        return found

    def _near(self, first: int, end: int, limit: float) -> np.ndarray:
        new = self._images[first:end].astype(np.float64)
        squares, found = (new**2).sum(1), np.zeros(end - first, bool)
        for begin in range(0, end, CHUNK):
            old = self._images[begin : min(begin + CHUNK, end)].astype(np.float64)
            far = squares[:, None] + (old**2).sum(1) - 2 * (new @ old.T)
            before = np.arange(begin, begin + len(old)) < np.arange(first, end)[:, None]
            found |= ((far < limit) & before).any(1)
        return found

    def _enter(self, rows: np.ndarray, first: int) -> None:
        """Remember images; a setup that is run again asks from the first query on again."""
        end = first + len(rows)
        if end > len(self._images):
            grown = np.zeros((max(end, 2 * len(self._images)), rows.shape[1]), np.uint8)
            if first:
                grown[:first] = self._images[:first]
            self._images = grown
        self._images[first:end], self.count = rows, end

    def state_dict(self) -> dict[str, Tensor]:
        """All that it remembers, uint8 N x pixels."""
        return {"images": torch.from_numpy(self._images[: self.count].copy())}

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Go on from a saved memory."""
        self._images = state["images"].numpy().copy()
        self.count = len(self._images)
