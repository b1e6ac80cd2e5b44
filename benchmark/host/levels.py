"""How far the code of a method is kept from the suite, and the strongest that this machine has."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmark.confine import strongest
from benchmark.errors import BenchError, unknown

CONFINED, PROCESS, THREAD = "confined", "process", "thread"
LEVELS = (CONFINED, PROCESS, THREAD)  # strongest first
AUTO = "auto"


@dataclass(frozen=True)
class Isolation:
    """Where the code of a method runs, and its limits. None, 0: none."""

    level: str = THREAD
    step_seconds: float | None = None  # of one action; the oracle's and evaluation not counted
    memory: int = 0  # bytes of private memory of its process


def usual() -> str:
    """The wish of somebody who states none: ``BENCH_ISOLATION``, else the strongest level."""
    wish = os.environ.get("BENCH_ISOLATION") or AUTO
    if wish not in (*LEVELS, AUTO):
        raise unknown("isolation in BENCH_ISOLATION", wish, [*LEVELS, AUTO])
    return wish


def picked(wanted: str, gpu: Callable[[], str] | None = None) -> tuple[str, str]:
    """The level for a wish, and a sentence on why it is no stronger; "" where there is none.

    ``gpu``: where the method is to drive one, says why a confined process cannot, "" where it can.
    Raises ``BenchError`` where a level is asked for by name and cannot be had.
    """
    if wanted == THREAD:
        return wanted, ""
    level, reason = _strongest(gpu if wanted != PROCESS else None)
    if wanted == PROCESS and level != THREAD:
        return wanted, ""
    if wanted not in (level, AUTO):
        kind = "does not confine a process" if wanted == CONFINED else "has no such processes"
        raise BenchError(f"this machine {kind}: {reason}")
    return level, reason


def told(level: str, reason: str) -> str:
    """A line on where methods run."""
    if level == CONFINED:
        return "methods run confined, each run in a process of its own"
    where = "beside the suite" if level == THREAD else "in processes that are not confined"
    return f"methods run {where}: {reason}"


def may_be_gpu(device: str) -> bool:
    """Whether ``--device`` may come to mean a GPU, before torch tells."""
    auto = device == "auto" and (sys.platform == "darwin" or Path("/dev/nvidiactl").exists())
    return auto or device in ("cuda", "mps")


def _strongest(gpu: Callable[[], str] | None) -> tuple[str, str]:
    """The strongest level that there is, and why there is no stronger."""
    if os.name != "posix":
        return THREAD, "a process is given its connection by a means of Unix."
    found = strongest()
    if found.isolation == CONFINED and gpu and (refusal := gpu()):
        return PROCESS, refusal
    return found.isolation, found.reason


def weaker(one: str, other: str) -> str:
    """The weaker of two levels: a run that went on under another has no more than that."""
    return max(one, other, key=LEVELS.index)
