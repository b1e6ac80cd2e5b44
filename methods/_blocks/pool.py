"""A pool of labelled images: 8-bit, preallocated, on the device, each label paid for once."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from benchmark.method import Spec


class LabelledPool:
    """Up to ``capacity`` images (uint8) with their labels (int64), appended in order."""

    def __init__(self, spec: Spec, capacity: int) -> None:
        self.images = torch.empty((capacity, *spec.shape), dtype=torch.uint8, device=spec.device)
        self.labels = torch.empty(capacity, dtype=torch.int64, device=spec.device)
        self.size = 0

    def __len__(self) -> int:
        return self.size

    def add(self, images: Tensor, labels: Tensor) -> None:
        """Append N images (float in [0, 1], rounded to 8 bits) and their N labels."""
        end = self.size + len(labels)
        self.images[self.size : end] = to_bytes(images)
        self.labels[self.size : end] = labels
        self.size = end

    def batches(self, size: int) -> Iterator[tuple[Tensor, Tensor]]:
        """One shuffled pass: (float images in [0, 1], labels) in batches of at most ``size``.

        A last batch of a single image is left out: batch norm cannot learn from it.
        """
        for chosen in torch.randperm(self.size, device=self.labels.device).split(size):
            if len(chosen) > 1 or self.size == 1:
                yield from_bytes(self.images[chosen]), self.labels[chosen]

    def newest(self, size: int) -> tuple[Tensor, Tensor]:
        """The last ``size`` images (or all there are), float in [0, 1], and their labels."""
        part = slice(max(0, self.size - size), self.size)
        return from_bytes(self.images[part]), self.labels[part]

    def draw(self, size: int) -> tuple[Tensor, Tensor]:
        """``size`` images drawn with replacement, float in [0, 1], and their labels."""
        chosen = torch.randint(self.size, (size,), device=self.labels.device)
        return from_bytes(self.images[chosen]), self.labels[chosen]

    def state_dict(self) -> dict[str, Tensor]:
        """The filled part."""
        return {"images": self.images[: self.size], "labels": self.labels[: self.size]}

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Go on from a saved pool."""
        self.size = len(state["labels"])
        self.images[: self.size], self.labels[: self.size] = state["images"], state["labels"]


def to_bytes(images: Tensor) -> Tensor:
    """Float images in [0, 1] to uint8, rounded to the nearest as the oracle does."""
    return images.detach().mul(255).round_().to(torch.uint8)


def from_bytes(images: Tensor) -> Tensor:
    """uint8 images to float32 in [0, 1]."""
    return images.float().div_(255)
