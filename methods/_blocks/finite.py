"""A loss that is no number ends a run: weights after it are none either, and nothing else fails."""

from __future__ import annotations

import math

from torch import Tensor


def finite(loss: Tensor, what: str) -> Tensor:
    """``loss``, a tensor of one number; ``FloatingPointError`` where that is infinite or NaN.

    Meant for the last generator loss of a round. It reads the loss on the host, for which a GPU
    has to wait; once a round that costs nothing, as each round asks the oracle and waits for it.
    One loss is enough: after one that is not finite, neither are the weights and the losses that
    follow. The run ends as failed, and its row has the step.
    """
    value = float(loss)
    if not math.isfinite(value):
        raise FloatingPointError(f"{what} is {value}; its weights are lost, so the run ends here")
    return loss
