"""A sample of the images that an oracle served: the newest of each label, few enough to keep."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from benchmark.oracle.query import as_bytes

LIMIT = 2 * 2**20  # bytes of all images together
EACH = 100  # images of a label, where the limit allows as many


class Sample:
    """For each label a ring of its newest images, in 8 bits, each with the number of its query.

    Where not even one image of every label fits into ``LIMIT``, the first labels have one.
    """

    def __init__(self, shape: tuple[int, int, int], classes: int) -> None:
        fitting = max(1, LIMIT // int(np.prod(shape)))
        self.classes = min(classes, fitting)
        self.each = min(EACH, fitting // self.classes)
        self.images = torch.zeros(self.classes, self.each, *shape, dtype=torch.uint8)
        self.asked = torch.full((self.classes, self.each), -1, dtype=torch.int64)
        self.seen = torch.zeros(self.classes, dtype=torch.int64)

    def enter(self, shown: np.ndarray, labels: np.ndarray, first: int) -> None:
        """Keep the newest images of a served batch, whose first image was query ``first``."""
        seen, images, asked = self.seen.numpy(), self.images.numpy(), self.asked.numpy()
        which = np.flatnonzero(labels < self.classes)
        which = which[np.argsort(labels[which], kind="stable")]  # by label, each by age
        of = labels[which]
        counts = np.bincount(of, minlength=self.classes)
        positions = np.arange(len(which)) - (np.cumsum(counts) - counts)[of]  # among its label's
        newest = positions >= counts[of] - self.each
        which, of, positions = which[newest], of[newest], positions[newest]
        slots = (seen[of] + positions) % self.each
        images[of, slots] = as_bytes(shown[which])
        asked[of, slots] = first + which
        seen += counts

    def kept(self) -> dict[str, Tensor]:
        """``images`` uint8 M x C x H x W, ``labels`` and ``asked`` int64 M, by label, then age."""
        found = []
        for label in range(self.classes):
            filled = torch.nonzero(self.asked[label] >= 0).flatten()
            order = filled[self.asked[label, filled].argsort()]
            found += [(self.images[label, order], label, self.asked[label, order])]
        labels = [torch.full((len(images),), label) for images, label, _ in found]
        images, _, asked = zip(*found, strict=True)
        return {"images": torch.cat(images), "labels": torch.cat(labels), "asked": torch.cat(asked)}

    def state_dict(self) -> dict[str, Tensor]:
        """Everything it holds."""
        return {"images": self.images, "asked": self.asked, "seen": self.seen}

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Go on from a saved sample. ``ValueError`` where its shape is another."""
        for name, of in self.state_dict().items():
            if state[name].shape != of.shape:
                raise ValueError(f"its sample has {name} of another shape")
        self.images, self.asked, self.seen = state["images"], state["asked"], state["seen"]
