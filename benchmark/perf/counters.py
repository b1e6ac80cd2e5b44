"""The cost of one call of a hot step: FLOPs, bytes, share of its time in large kernels."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch._ops import OpOverload
from torch.profiler import ProfilerActivity, profile
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import FlopCounterMode

KERNELS = ("conv", "mm", "gemm")  # in the names of matrix products and convolutions
NO_KERNELS = ("convert",)


@dataclass
class Cost:
    """Of one call; ``bytes`` is what all operations read and write, as if there were no cache."""

    flops: float
    bytes: float


class _Traffic(TorchDispatchMode):
    def __init__(self) -> None:
        super().__init__()
        self.bytes = 0

    def __torch_dispatch__(
        self,
        operation: OpOverload,
        types: Iterable[type],
        arguments: tuple[Any, ...] = (),
        options: dict[str, Any] | None = None,
    ) -> Any:
        outputs = operation(*arguments, **(options or {}))
        if not operation.is_view:
            tensors = tree_leaves((arguments, options or {}, outputs))
            self.bytes += sum(t.nbytes for t in tensors if isinstance(t, Tensor))
        return outputs


def counted(work: Callable[[], Any]) -> tuple[Any, Cost]:
    """Do ``work`` and count it; the products of matrices and convolutions are its FLOPs."""
    flops, traffic = FlopCounterMode(display=False), _Traffic()
    with flops, traffic:
        outputs = work()
    return outputs, Cost(flops.get_total_flops(), traffic.bytes)


def kernel_share(work: Callable[[], Any], device: torch.device) -> tuple[Any, float]:
    """Do ``work``; the share of its time in matrix products and convolutions, in [0, 1]."""
    cuda = device.type == "cuda"
    activities = [ProfilerActivity.CPU, *([ProfilerActivity.CUDA] if cuda else [])]
    with profile(activities=activities) as watched:
        outputs = work()
    times = {
        event.key.lower(): event.self_device_time_total if cuda else event.self_cpu_time_total
        for event in watched.key_averages()
    }
    large = [
        time
        for name, time in times.items()
        if any(part in name for part in KERNELS) and not any(part in name for part in NO_KERNELS)
    ]
    return outputs, sum(large) / (sum(times.values()) or 1.0)
