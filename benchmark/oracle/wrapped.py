"""A function as a teacher, which need not be a network."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn


class Wrapped(nn.Module):
    """A teacher that asks a function.

    ``answer``: images N x C x H x W in [0, 1], on the CPU, to logits or probabilities N x K.
    """

    def __init__(self, answer: Callable[[Tensor], Tensor], classes: int) -> None:
        super().__init__()
        self.answer, self.classes = answer, classes
        self.register_parameter("device_holder", nn.Parameter(torch.zeros(()), requires_grad=False))

    def forward(self, images: Tensor) -> Tensor:
        """The function's answers. Raises ``ValueError`` unless they are N x K finite numbers."""
        logits = self.answer(images)
        if tuple(logits.shape) != (len(images), self.classes) or not logits.isfinite().all():
            raise ValueError(
                f"the teacher must give finite logits {len(images)} x {self.classes}, not "
                f"{tuple(logits.shape)}"
            )
        return logits
