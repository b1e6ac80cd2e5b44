"""The inputs of a network's layers: statistics of a batch, features of single images."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

Seen = list[tuple[nn.Module, Tensor]]


def has_statistics(net: nn.Module) -> bool:
    """Whether any BatchNorm layer of ``net`` keeps running statistics."""
    return any(_statistics(module) is not None for module in net.modules())


@contextmanager
def activations(net: nn.Module) -> Iterator[Seen]:
    """Inside, each forward pass appends (layer, float32 N x C x ...) in the order of computation.

    The activations are the inputs of all BatchNorm layers; of a network without any, the outputs of
    its convolutions; without these too, the outputs of its linear layers but the last. The hooks
    are gone afterwards.
    """
    seen: Seen = []
    norms = [module for module in net.modules() if isinstance(module, _BatchNorm)]
    convolutions = [m for m in net.modules() if isinstance(m, nn.modules.conv._ConvNd)]
    linear = [module for module in net.modules() if isinstance(module, nn.Linear)][:-1]

    def before(layer: nn.Module, inputs: tuple) -> None:
        seen.append((layer, inputs[0].float()))

    def after(layer: nn.Module, inputs: tuple, output: Tensor) -> None:
        seen.append((layer, output.float()))

    hooks = [layer.register_forward_pre_hook(before) for layer in norms]
    if not norms:
        hooks = [layer.register_forward_hook(after) for layer in convolutions or linear]
    if not hooks:
        raise ValueError(f"{type(net).__name__} has no hidden layer, so no activations to look at")
    try:
        yield seen
    finally:
        for hook in hooks:
            hook.remove()


def statistics_distance(seen: Seen) -> Tensor:
    """DeepInversion eq. 4: sum over BatchNorm layers of |mu - mu_BN|_2 + |var - var_BN|_2.

    mu and var (biased) are those of the batch over N, H and W; norms over channels, not squared, as
    in the released code. 0 where no layer keeps running statistics.
    """
    total = seen[0][1].new_zeros(())
    for layer, inputs in seen:
        kept = _statistics(layer)
        if kept is not None:
            mean, variance = moments(inputs)
            total = total + torch.linalg.vector_norm(mean - kept[0])
            total = total + torch.linalg.vector_norm(variance - kept[1])
    return total


def sample_means(seen: Seen) -> Tensor:
    """Features of single images, N x F: means over space of the last activation of each width.

    CMI's released code takes one for each number of channels of a ResNet-34 (its four
    stages: 960 features). All of them would be 8,512 there, and its head 72 million weights.
    """
    last = {inputs.shape[1]: inputs for _, inputs in seen}
    return torch.cat([x.flatten(2).mean(2) if x.dim() > 2 else x for x in last.values()], dim=1)


def moments(inputs: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and biased variance of each channel of N x C x ...: C and C."""
    return _Moments.apply(inputs)


class _Moments(torch.autograd.Function):
    """One pass over the input each way; torch.var_mean took five times as long on a CPU."""

    @staticmethod
    def forward(ctx: Any, inputs: Tensor) -> tuple[Tensor, Tensor]:
        others = [0, *range(2, inputs.dim())]
        mean = inputs.mean(others)
        squares = torch.linalg.vector_norm(inputs, dim=others).square()
        variance = squares * (mean.numel() / inputs.numel()) - mean.square()
        ctx.save_for_backward(inputs, mean)
        return mean, variance

    @staticmethod
    def backward(ctx: Any, mean_gradient: Tensor, variance_gradient: Tensor) -> Tensor:
        """d mu / d x = 1 / n and d var / d x = 2 (x - mu) / n."""
        inputs, mean = ctx.saved_tensors
        share = mean.numel() / inputs.numel()  # 1 / n
        slope = 2 * share * variance_gradient
        shape = (1, -1) + (1,) * (inputs.dim() - 2)
        constant = share * mean_gradient - slope * mean
        return torch.addcmul(constant.view(shape), slope.view(shape), inputs)


def _statistics(module: nn.Module) -> tuple[Tensor, Tensor] | None:
    """Running mean and variance of a BatchNorm layer; None of any that keeps none."""
    if not isinstance(module, _BatchNorm):
        return None
    mean, variance = module.running_mean, module.running_var
    return None if mean is None or variance is None else (mean, variance)
