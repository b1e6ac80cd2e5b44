"""The clock of a profile, and the rates of this machine, which it compares a run with."""

from __future__ import annotations

import time
from collections.abc import Callable

import torch

from benchmark import env


def clock(device: torch.device) -> Callable[[], float]:
    """CPU time for one thread on a CPU, which no other process can lengthen; else wall time."""
    alone = device.type == "cpu" and torch.get_num_threads() == 1
    return time.process_time if alone else time.perf_counter


def rates(device: torch.device, dtype: torch.dtype = torch.float32) -> dict[str, float]:
    """Measured ``matmul_flops`` (FLOP/s, square matrices of ``dtype``) and ``copy_bytes`` (B/s).

    A copied byte counts twice, once read and once written. Best of some repetitions; takes about
    two seconds.
    """
    size, megabytes = (8192, 2048) if device.type == "cuda" else (2048, 256)
    first, second = (torch.randn(size, size, device=device).to(dtype) for _ in range(2))
    source = torch.ones(megabytes * 2**18, device=device)  # float32: 4 bytes each
    target = torch.empty_like(source)
    return {
        "matmul_flops": 2 * size**3 / _fastest(lambda: first @ second, device),
        "copy_bytes": 2 * source.nbytes / _fastest(lambda: target.copy_(source), device),
    }


def _fastest(work: Callable[[], object], device: torch.device, repetitions: int = 10) -> float:
    """Seconds of the fastest of ``repetitions`` calls, after one that does not count."""
    fastest, now = float("inf"), clock(device)
    for _ in range(repetitions + 1):
        env.synchronise(device)
        began = now()
        work()
        env.synchronise(device)
        fastest = min(fastest, now() - began)
    return fastest
