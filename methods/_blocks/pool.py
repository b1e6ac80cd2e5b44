"""A pool of labelled images: 8-bit, preallocated, on the device, each label paid for once."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from benchmark.method import Spec


class LabelledPool:
    """Up to ``capacity`` images (uint8) with the oracle's answers, appended in order.

    An answer is a label (int64), or class probabilities (float32 K) where the access grants them.
    """

    def __init__(self, spec: Spec, capacity: int) -> None:
        self.images = torch.empty((capacity, *spec.shape), dtype=torch.uint8, device=spec.device)
        hard = spec.access == "hard-label"
        size, kind = ((), torch.int64) if hard else ((spec.classes,), torch.float32)
        self.labels = torch.empty((capacity, *size), dtype=kind, device=spec.device)
        self.unread = torch.empty(0, dtype=torch.int64, device=spec.device)
        self.size = 0

    def __len__(self) -> int:
        return self.size

    def add(self, images: Tensor, labels: Tensor) -> None:
        """Append N images (float in [0, 1], rounded to 8 bits) and their N labels.

        They join the pass that ``draw`` is reading, at random places of its unread part.
        """
        end = self.size + len(labels)
        self.images[self.size : end] = to_bytes(images)
        self.labels[self.size : end] = labels
        new = torch.arange(self.size, end, device=self.unread.device)
        self.unread = _shuffled(torch.cat([self.unread, new]))
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
        """The next ``size`` images (or all there are), float in [0, 1], and their labels.

        They come from an endless row of shuffled passes: in each, every image is read once.
        """
        size = min(size, self.size)
        if len(self.unread) < size:
            everything = torch.arange(self.size, device=self.unread.device)
            self.unread = torch.cat([self.unread, _shuffled(everything)])
        chosen, self.unread = self.unread[:size], self.unread[size:]
        return from_bytes(self.images[chosen]), self.labels[chosen]

    def state_dict(self) -> dict[str, Tensor]:
        """The filled part, and what the current pass has not read."""
        filled = {"images": self.images[: self.size], "labels": self.labels[: self.size]}
        return filled | {"unread": self.unread}

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Go on from a saved pool."""
        self.size = len(state["labels"])
        self.images[: self.size], self.labels[: self.size] = state["images"], state["labels"]
        self.unread = state["unread"].to(self.unread.device)


def _shuffled(indices: Tensor) -> Tensor:
    return indices[torch.randperm(len(indices), device=indices.device)]


def to_bytes(images: Tensor) -> Tensor:
    """Float images in [0, 1] to uint8, rounded to the nearest as the oracle does."""
    return images.detach().mul(255).round_().to(torch.uint8)


def from_bytes(images: Tensor) -> Tensor:
    """uint8 images to float32 in [0, 1]."""
    return images.float().div_(255)
