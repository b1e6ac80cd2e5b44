"""What a run shows whoever watches it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class Seen(NamedTuple):
    """How far a run is; ``accuracy`` in % is that of the student at ``mark`` queries, if any."""

    queries: int
    steps: int
    accuracy: float | None = None
    mark: int = 0


class Watch:
    """One who watches a run; this one looks away."""

    def begin(self, look: Callable[[], Seen]) -> None:
        """The method is built and about to step; ``look`` says at any time how far the run is."""

    def report(self) -> None:
        """A step has ended, or a student was judged."""
