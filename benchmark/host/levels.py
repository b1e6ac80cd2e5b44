"""How far the code of a method is kept from the suite, and the strongest that this machine has."""

from __future__ import annotations

from benchmark.confine import strongest
from benchmark.errors import BenchError

CONFINED, PROCESS, THREAD = "confined", "process", "thread"
LEVELS = (CONFINED, PROCESS, THREAD)  # strongest first
AUTO = "auto"


def picked(wanted: str) -> tuple[str, str]:
    """The level for a wish, and a sentence on why it is no stronger; "" where it is the strongest.

    Raises ``BenchError`` where confinement is asked for by name and cannot be had.
    """
    if wanted in (PROCESS, THREAD):
        return wanted, ""
    found = strongest()
    if wanted == CONFINED and found.isolation != CONFINED:
        raise BenchError(f"this machine does not confine a process: {found.reason}")
    return found.isolation, found.reason
