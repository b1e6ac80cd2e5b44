"""The features of a network, on its way to the logits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from torch import Tensor, nn


@contextmanager
def penultimate(net: nn.Module) -> Iterator[list[Tensor]]:
    """Inside, each forward pass appends the input of the last linear layer: float32 N x F."""
    layers = [module for module in net.modules() if isinstance(module, nn.Linear)]
    if not layers:
        raise ValueError(f"{type(net).__name__} has no linear layer, so no penultimate features")
    seen: list[Tensor] = []
    hook = layers[-1].register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].float()))
    try:
        yield seen
    finally:
        hook.remove()
