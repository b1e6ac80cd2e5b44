"""How far the code of a method is kept from the suite, and the strongest that this machine has."""

from __future__ import annotations

from dataclasses import dataclass

from benchmark.confine import strongest
from benchmark.errors import BenchError

CONFINED, PROCESS, THREAD = "confined", "process", "thread"
LEVELS = (CONFINED, PROCESS, THREAD)  # strongest first
AUTO = "auto"


@dataclass(frozen=True)
class Isolation:
    """Where the code of a method runs, and its limits. None, 0: none."""

    level: str = THREAD
    step_seconds: float | None = None  # of one action; the oracle's and evaluation not counted
    memory: int = 0  # bytes of private memory of its process


def picked(wanted: str) -> tuple[str, str]:
    """The level for a wish, and a sentence on why it is no stronger; "" where there is none.

    Raises ``BenchError`` where confinement is asked for by name and cannot be had.
    """
    if wanted in (PROCESS, THREAD):
        return wanted, ""
    found = strongest()
    if wanted == CONFINED and found.isolation != CONFINED:
        raise BenchError(f"this machine does not confine a process: {found.reason}")
    return found.isolation, found.reason


def weaker(one: str, other: str) -> str:
    """The weaker of two levels: a run that went on under another has no more than that."""
    return max(one, other, key=LEVELS.index)
