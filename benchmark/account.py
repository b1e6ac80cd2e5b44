"""The log of every image an oracle served: count, unique count, audit digest and a sample."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import torch
from torch import Tensor

from benchmark.sample import Sample


class Account:
    """What the runner holds of an oracle: hash and label of every served image, in order."""

    def __init__(self, budget: int, sample: Sample) -> None:
        self.budget, self.spent, self.sample = budget, 0, sample
        self.hashes = torch.zeros(budget, dtype=torch.int64)
        self.labels = torch.zeros(budget, dtype=torch.int32)

    def enter(self, shown: np.ndarray, labels: Tensor) -> None:
        """Log a served batch: ``shown`` is what the teacher saw, ``labels`` its answers (int64)."""
        end = self.spent + len(labels)
        digests = b"".join(hashlib.blake2b(row, digest_size=8).digest() for row in shown)
        self.hashes[self.spent : end] = torch.frombuffer(bytearray(digests), dtype=torch.int64)
        self.labels[self.spent : end] = labels.cpu()
        self.sample.enter(shown, self.labels[self.spent : end].numpy(), self.spent)
        self.spent = end

    def unique(self) -> int:
        """Number of different images among those served."""
        return torch.unique(self.hashes[: self.spent]).numel()

    def digest(self) -> str:
        """SHA-256 of the served labels in order (int32, little endian)."""
        return hashlib.sha256(self.labels[: self.spent].numpy().astype("<i4").tobytes()).hexdigest()

    def state_dict(self) -> dict[str, Any]:
        """The log so far; its length is the count."""
        return {
            "hashes": self.hashes[: self.spent].clone(),
            "labels": self.labels[: self.spent].clone(),
            "sample": self.sample.state_dict(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a saved log, which must fit into the budget."""
        self.spent = len(state["labels"])
        self.hashes[: self.spent], self.labels[: self.spent] = state["hashes"], state["labels"]
        self.sample.load_state_dict(state["sample"])
