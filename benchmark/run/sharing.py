"""A machine shared out among several runs: how many at once, and the threads and GPU of each.

On a CPU ``auto`` is a run for each core, on one thread. Measured with ``ideal`` on digits, 1,000
queries, LeNet, 16 cores of an Intel Xeon, 2026-11, seconds of computing for each run that was made:
1.44 where one run had 16 threads, 0.96 (2 runs at once, 8 threads each), 0.71 (4, 4), 0.57 (8, 2),
0.44 (16, 1); on two of the cores 4.0 on two threads, 3.45 with two runs at once.

A GPU serves one process at a time, so ``auto`` gives it one run, unless NVIDIA's multi-process
service runs; with it a run for each core. Measured: ``docs/speed.md``, "On a GPU".
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import torch

QUOTA = Path("/sys/fs/cgroup/cpu.max")  # of a container: microseconds in a period, or "max"
MPS = Path("/tmp/nvidia-mps")  # where that service listens, unless a variable says otherwise
THREADS = "OMP_NUM_THREADS"
GPUS = "CUDA_VISIBLE_DEVICES"


@dataclass(frozen=True)
class Share:
    """So many runs at once, each with its share of the machine."""

    jobs: int
    threads: int  # of each run
    gpus: tuple[str, ...] = ()  # their names in ``CUDA_VISIBLE_DEVICES``

    @property
    def words(self) -> str:
        """The share for a person."""
        each = f"{self.threads} thread{'s' * (self.threads > 1)}"
        on = f", on {len(self.gpus)} GPUs" if len(self.gpus) > 1 else ""
        return f"{self.jobs} runs at once, each on {each}{on}"

    def variables(self, number: int) -> dict[str, str]:
        """The variables of a worker, by its number from 1."""
        found = {THREADS: str(self.threads)}
        if len(self.gpus) > 1:
            found[GPUS] = self.gpus[(number - 1) % len(self.gpus)]
        return found


def share(asked: int | str, runs: int, device: torch.device) -> Share:
    """The share of this machine for so many runs to be made. ``asked``: runs at once, or "auto".

    Of threads, a run gets its part of the cores, and never more than this process was given.
    """
    gpus = _gpus() if device.type == "cuda" else ()
    best = cores() if device.type == "cpu" or _has_service(device) else max(len(gpus), 1)
    jobs = max(min(best if asked == "auto" else int(asked), runs), 1)
    return Share(jobs, max(min(cores() // jobs, torch.get_num_threads()), 1), gpus)


def cores() -> int:
    """The cores that this process may use: those of its affinity, within a container's quota."""
    count = os.cpu_count() or 1
    with suppress(AttributeError):  # macOS, Windows
        count = len(os.sched_getaffinity(0))
    with suppress(OSError, ValueError):
        quota, period = QUOTA.read_text("ascii").split()
        count = min(count, max(int(quota) // int(period), 1))
    return count


def _has_service(device: torch.device) -> bool:
    """Whether the multi-process service runs, so that a GPU serves several processes at once."""
    folder = Path(os.environ.get("CUDA_MPS_PIPE_DIRECTORY") or MPS)
    return device.type == "cuda" and (folder / "control").exists()


def _gpus() -> tuple[str, ...]:
    """The GPUs that this process sees; a scheduler may have given it some of the machine's."""
    given = os.environ.get(GPUS)
    if given:
        return tuple(one.strip() for one in given.split(",") if one.strip())
    return tuple(map(str, range(torch.cuda.device_count())))
