"""Who answers a query that was checked and fits the budget: a network here, or somebody elsewhere.

An oracle's server asks an ``Answerer`` and knows nothing else of a teacher. A wrapper of one, which
changes or refuses answers, is an ``Answerer`` too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class Answer:
    """What a teacher says of N images."""

    labels: Tensor  # int64 N
    probabilities: Tensor | None = None  # float32 N x K, where they were asked for
    journalled: bool = False  # images and answers are in the run's journal already


class Answerer(Protocol):
    """A teacher as its oracle sees it."""

    def answer(self, shown: Tensor, first: int) -> Answer:
        """The answer to N images, of which query ``first`` is the first.

        ``shown``: N x C x H x W as the teacher sees them, uint8 or float32 in [0, 1]; N > 0.
        """
        ...


@dataclass(frozen=True)
class Network:
    """A network in this process, which maps images in [0, 1] to logits."""

    module: nn.Module
    tells: bool = False  # probabilities too

    @torch.no_grad()  # not inference_mode: its tensors cannot be targets of a loss with gradients
    def answer(self, shown: Tensor, first: int) -> Answer:
        """See ``Answerer``; the answers lie on the network's device."""
        pixels = shown.float().div_(255) if shown.dtype == torch.uint8 else shown
        logits = self.module(pixels.to(next(self.module.parameters()).device))
        told = logits.float().softmax(dim=1) if self.tells else None
        return Answer(logits.argmax(dim=1), told)
