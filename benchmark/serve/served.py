"""The teacher that is served, and its answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from benchmark.oracle.answering import Answer, Network

INPUT, LABEL, SCORES = "image", "label", "scores"
NUMBERS = 2**22  # of images that go through the network at once


@dataclass(frozen=True)
class Served:
    """A teacher under a name, for images of ``shape`` (C, H, W)."""

    name: str
    card: dict[str, Any]
    module: nn.Module
    scores: bool = False  # probabilities beside class indices

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, height, width."""
        channels, height, width = self.card["shape"]
        return channels, height, width

    @property
    def classes(self) -> int:
        """How many there are."""
        return int(self.card["classes"])

    @property
    def outputs(self) -> list[str]:
        """The names of what it answers."""
        return [LABEL, SCORES] if self.scores else [LABEL]

    @torch.inference_mode()
    def answer(self, shown: Tensor) -> Answer:
        """Labels int64 N, and probabilities float32 N x K with ``scores``, both on the CPU.

        ``shown``: uint8 N x C x H x W. The labels are those of an oracle in this process.
        """
        network = Network(self.module, self.scores)
        size = max(1, NUMBERS // shown[0].numel())
        parts = [network.answer(part, 0) for part in shown.split(size)]
        told = [part.probabilities for part in parts if part.probabilities is not None]
        labels = torch.cat([part.labels for part in parts]).cpu()
        return Answer(labels, torch.cat(told).cpu() if told else None)
