"""The batch with the lowest loss among those that an optimisation passes through."""

from __future__ import annotations

import torch
from torch import Tensor

from methods._blocks.finite import finite


class Lowest:
    """Keeps the tensors of the lowest loss; it compares on the device, so a GPU never waits."""

    def __init__(self, loss: Tensor, *kept: Tensor) -> None:
        self.loss, self.kept, self.last = loss, kept, loss

    def offer(self, loss: Tensor, *others: Tensor) -> None:
        """Keep ``others`` instead if their loss is lower; shapes are equal."""
        better = loss < self.loss
        self.kept = tuple(
            torch.where(better, new, old) for new, old in zip(others, self.kept, strict=True)
        )
        self.loss, self.last = torch.minimum(self.loss, loss), loss

    def checked(self, what: str) -> tuple[Tensor, ...]:
        """The kept tensors at the end; ``FloatingPointError`` if the last loss is no number.

        No comparison with NaN is true, so that without this the first batch, from before any
        training, would stand for a result.
        """
        finite(self.last, what)
        return self.kept
