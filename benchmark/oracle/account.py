"""The log of every image an oracle served: count, unique count, audit digest, sample and file."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import torch

from benchmark.oracle.answering import Answer
from benchmark.oracle.journal import Journal
from benchmark.oracle.sample import Sample


def hashes_of(shown: np.ndarray) -> np.ndarray:
    """BLAKE2b of each image as the teacher sees it, int64 N."""
    digests = b"".join(hashlib.blake2b(row, digest_size=8).digest() for row in shown)
    return np.frombuffer(bytearray(digests), np.int64)  # writable, for torch


class Account:
    """The run's side of an oracle: hash and label of every served image, in order.

    ``journal`` is the file that holds each batch before its answer leaves.
    """

    def __init__(self, budget: int, sample: Sample, journal: Journal | None = None) -> None:
        self.budget, self.spent, self.sample, self.journal = budget, 0, sample, journal
        self.hashes = torch.zeros(budget, dtype=torch.int64)
        self.labels = torch.zeros(budget, dtype=torch.int32)

    def enter(self, shown: np.ndarray, answer: Answer) -> None:
        """Log a batch before it is answered; ``StoreError`` where its file cannot be written.

        ``shown``: the images as the teacher saw them.
        """
        labels, told = answer.labels, answer.probabilities
        first, end = self.spent, self.spent + len(labels)
        self.hashes[first:end] = torch.from_numpy(hashes_of(shown))
        self.labels[first:end] = labels.cpu()
        hashes, known = self.hashes[first:end].numpy(), self.labels[first:end].numpy()
        if self.journal and not answer.journalled:
            answers = None if told is None else told.cpu().numpy()
            self.journal.enter(first, shown, hashes, known, answers)
        self.sample.enter(shown, known, first)
        self.spent = end

    @property
    def charged(self) -> int:
        """Images that count against the budget: those served, and those paid for in vain before."""
        paid = self.journal.charged_before(self.spent) if self.journal else 0
        return max(self.spent, paid)

    def queries(self) -> tuple[np.ndarray, np.ndarray]:
        """Hash (int64) and label (int32) of every served image, in order."""
        return self.hashes[: self.spent].numpy(), self.labels[: self.spent].numpy()

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
        """Go on from a saved log. ``ValueError`` where it does not fit into the budget."""
        if len(state["labels"]) > self.budget:
            raise ValueError(f"{len(state['labels']):,} queries on a budget of {self.budget:,}")
        self.spent = len(state["labels"])
        self.hashes[: self.spent], self.labels[: self.spent] = state["hashes"], state["labels"]
        self.sample.load_state_dict(state["sample"])
