"""The health of a student: finite weights, and weights that training has changed."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from benchmark.errors import BenchError

SHOWN = 3  # names of tensors in a message


class NotFinite(BenchError):
    """A network holds or gives NaN or infinite values, so it decides nothing."""


def broken(weights: Mapping[str, Tensor]) -> list[str]:
    """Names of the parameters and buffers with a value that is NaN or infinite."""
    return [
        name
        for name, tensor in weights.items()
        if tensor.is_floating_point() and not bool(torch.isfinite(tensor).all())
    ]


def named(names: list[str]) -> str:
    """Some tensors in words: the first ones by name, and how many there are."""
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return f"{', '.join(names[:SHOWN])}{more}"


def same_parameters(first: nn.Module, second: nn.Module) -> bool:
    """True where no parameter differs; the statistics of a BatchNorm may."""
    pairs = zip(first.parameters(), second.parameters(), strict=True)
    return all(torch.equal(one, other) for one, other in pairs)


class Soundness:
    """The step after which a student was last seen whole, and the one when first seen broken.

    It is looked at when it is judged and when a state is saved, so the true step lies between.
    """

    def __init__(self, begun: int = 0) -> None:
        self.whole, self.since = begun, -1  # the initial weights are whole

    def look(self, step: int, weights: Mapping[str, Tensor]) -> list[str]:
        """The names of the tensors that are broken after a step."""
        names = broken(weights)
        if not names:
            self.whole, self.since = step, -1
        elif self.since < 0:
            self.since = step
        return names

    def check(self, step: int, weights: Mapping[str, Tensor]) -> None:
        """Raise ``NotFinite`` with the steps where a tensor is broken."""
        if names := self.look(step, weights):
            before = f", not yet after step {self.whole}" if self.whole < self.since else ""
            raise NotFinite(
                f"the student holds values that are not finite in {named(names)}: seen after step "
                f"{self.since}{before}; a smaller learning rate may help"
            )
