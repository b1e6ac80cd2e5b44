"""Fused optimisers that may run inside a CUDA graph: everything that changes, changes in place."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer


class _RateOnDevice(Optimizer):
    """A learning rate that is a tensor goes back to its device when a state is loaded."""

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from a saved state."""
        super().load_state_dict(state_dict)
        for group in self.param_groups:
            if isinstance(group["lr"], Tensor):
                group["lr"] = group["lr"].to(group["params"][0].device)


class Adam(_RateOnDevice, torch.optim.Adam):
    """``torch.optim.Adam``, resumable on a GPU."""


class Sgd(_RateOnDevice, torch.optim.SGD):
    """``torch.optim.SGD``, resumable on a GPU."""


def adam(net: nn.Module, rate: float, betas: tuple[float, float] = (0.9, 0.999)) -> Adam:
    """Adam on all parameters of ``net``."""
    cuda = _device(net).type == "cuda"
    return Adam(net.parameters(), _rate(net, rate), betas, fused=True, capturable=cuda)


def sgd(net: nn.Module, rate: float, momentum: float = 0.0, weight_decay: float = 0.0) -> Sgd:
    """SGD on all parameters of ``net``."""
    parameters = net.parameters()
    return Sgd(parameters, _rate(net, rate), momentum, weight_decay=weight_decay, fused=True)


def descend(optimiser: Optimizer, loss: Tensor, clip: float | None = None) -> Tensor:
    """One step on ``loss``; returns the loss, detached. Gradients from before it do not count.

    ``clip``: largest norm of the gradient of all parameters together.
    """
    optimiser.zero_grad()
    loss.backward()
    if clip is not None:
        parameters = [p for group in optimiser.param_groups for p in group["params"]]
        nn.utils.clip_grad_norm_(parameters, clip)
    optimiser.step()
    return loss.detach()


def set_rate(optimiser: Optimizer, rate: float) -> None:
    """Change the learning rate of all parameters."""
    for group in optimiser.param_groups:
        if isinstance(group["lr"], Tensor):
            group["lr"].fill_(rate)
        else:
            group["lr"] = rate


@torch.no_grad()
def restart(optimiser: Optimizer) -> None:
    """Forget all moments and step counts, as in a new optimiser, in place."""
    for state in optimiser.state.values():
        for value in state.values():
            if isinstance(value, Tensor):
                value.zero_()


def _rate(net: nn.Module, rate: float) -> float | Tensor:
    """A graph would keep a float for ever, so on a GPU the rate is a tensor."""
    device = _device(net)
    return torch.tensor(rate, device=device) if device.type == "cuda" else rate


def _device(net: nn.Module) -> torch.device:
    return next(net.parameters()).device
