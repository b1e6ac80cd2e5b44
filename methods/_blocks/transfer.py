"""A transfer set of two kinds: images with a soft label, and images with their label alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypedDict

import torch
from torch import Tensor

from benchmark.method import Spec
from methods._blocks.pool import LabelledPool, from_bytes

Batch = tuple[Tensor, Tensor, Tensor, Tensor]


class SetState(TypedDict):
    """The filled part of a set."""

    soft: dict[str, Tensor]
    hard: dict[str, Tensor]
    logits: Tensor


class TransferSet:
    """Up to ``soft`` images with logits of a soft label, and up to ``hard`` without.

    Those without are added to ``hard``, a pool of its own.
    """

    def __init__(self, spec: Spec, soft: int, hard: int) -> None:
        self.soft, self.hard = LabelledPool(spec, soft), LabelledPool(spec, hard)
        self.logits = torch.zeros(soft, spec.classes, device=spec.device)

    def __len__(self) -> int:
        return len(self.soft) + len(self.hard)

    def add_soft(self, images: Tensor, labels: Tensor, logits: Tensor) -> None:
        """Append N images (float in [0, 1]) with labels (int64) and logits (N x K)."""
        start = len(self.soft)
        self.soft.add(images, labels)
        self.logits[start : len(self.soft)] = logits

    def batches(self, size: int) -> Iterator[Batch]:
        """One shuffled pass: images (float), labels, logits, and 1.0 where these count, else 0.0.

        A last batch of a single image is left out: batch norm cannot learn from it.
        """
        for chosen in torch.randperm(len(self), device=self.logits.device).split(size):
            if len(chosen) > 1 or len(self) == 1:
                yield self._gather(chosen)

    def _gather(self, chosen: Tensor) -> Batch:
        soft = chosen < len(self.soft)
        mine, others = chosen[soft], chosen[~soft] - len(self.soft)
        images = self.soft.images.new_empty((len(chosen), *self.soft.images.shape[1:]))
        labels = torch.empty_like(chosen)
        logits = self.logits.new_zeros((len(chosen), self.logits.shape[1]))
        images[soft], images[~soft] = self.soft.images[mine], self.hard.images[others]
        labels[soft], labels[~soft] = self.soft.labels[mine], self.hard.labels[others]
        logits[soft] = self.logits[mine]
        return from_bytes(images), labels, logits, soft.float()

    def state_dict(self) -> SetState:
        """Both kinds, the filled part."""
        filled = self.logits[: len(self.soft)]
        return {"soft": self.soft.state_dict(), "hard": self.hard.state_dict(), "logits": filled}

    def load_state_dict(self, state: SetState) -> None:
        """Go on from a saved set."""
        self.soft.load_state_dict(state["soft"])
        self.hard.load_state_dict(state["hard"])
        self.logits[: len(self.soft)] = state["logits"]
