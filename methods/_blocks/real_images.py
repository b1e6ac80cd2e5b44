"""Real images as queries, for the methods that are not data-free."""

from __future__ import annotations

import torch
from torch import Tensor

from methods._blocks.augment import augment
from methods._blocks.collect import Collect
from methods._blocks.pool import from_bytes


class RealImages(Collect):
    """Asks about real images in shuffled passes: as they are in the first, augmented from then on.

    A further look at an image would buy a known label; another view of it buys a new one.
    """

    images: Tensor

    def setup(self) -> None:
        super().setup()
        self.order = torch.empty(0, dtype=torch.int64, device=self.spec.device)
        self.passes_begun = 0

    def next_images(self, count: int) -> Tensor:
        parts = []
        while count:
            if not len(self.order):
                self.order = torch.randperm(len(self.images), device=self.spec.device)
                self.passes_begun += 1
            chosen, self.order = self.order[:count], self.order[count:]
            images = from_bytes(self.images[chosen])
            kind = self.config.view if self.passes_begun > 1 else "none"
            parts.append(augment(images, kind))
            count -= len(chosen)
        return torch.cat(parts)
