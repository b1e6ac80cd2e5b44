"""The time that the runs of a command may still take, by ended runs and the present one."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from benchmark.parse import spoken

if TYPE_CHECKING:
    from benchmark.run.cells import Cell


@dataclass(frozen=True)
class Load:
    """A run to come; runs of one kind take about the same time for a query."""

    kind: object
    budget: int


def load_of(cell: Cell) -> Load:
    """The load of a cell: runs of one kind differ in budget and seed only."""
    networks = (cell.teacher, cell.student, cell.precision, cell.access)
    return Load((cell.dataset, cell.size, *networks, cell.entry.label, cell.config), cell.budget)


@dataclass
class Pace:
    """The runs that a command has to make, by number; seconds are of the wall clock."""

    loads: dict[int, Load]
    clock: Callable[[], float] = time.monotonic
    number: int = 0  # of the present run
    measured: list[tuple[Load, float]] = field(default_factory=list)  # seconds of those that ended
    began: float = 0.0
    first: tuple[int, float] | None = None  # queries and time when the run was first looked at

    def begin(self) -> None:
        """The run of ``number`` begins."""
        self.began, self.first = self.clock(), None

    def look(self, queries: int) -> None:
        """Its method is there, and so many queries were spent before: a saved state has some."""
        self.first = self.first or (queries, self.clock())

    def end(self) -> None:
        """It has ended."""
        if (load := self._of_here).budget > 0:
            self.measured.append((load, self.elapsed))

    @property
    def _of_here(self) -> Load:
        """The part of the present run that is asked since it began; a saved state had the rest."""
        load, before = self.loads[self.number], self.first[0] if self.first else 0
        return replace(load, budget=load.budget - before)

    @property
    def position(self) -> str:
        """``run 3 of 9``; empty for a single run."""
        before = sum(number < self.number for number in self.loads)
        return f"run {before + 1} of {len(self.loads)}" if len(self.loads) > 1 else ""

    @property
    def elapsed(self) -> float:
        """Seconds of the present run."""
        return self.clock() - self.began

    def spoken(self, queries: int) -> str:
        """The time left in words; empty where it is unknown."""
        left = self.left(queries)
        if not left:  # unknown, or later than any run of its kind
            return ""
        return f"{'all ' * (len(self.loads) > 1)}done in about {spoken(left)}"

    def left(self, queries: int) -> float | None:
        """Seconds until all runs have ended, None where they are unknown.

        ``queries``: those that the present run has spent.
        """
        self.look(queries)
        present = self._present(queries)
        if present is None:
            return None
        known = [*self.measured, (self._of_here, self.elapsed + present)]
        to_come = (one for number, one in self.loads.items() if number > self.number)
        return present + sum(seconds_of(one, known) for one in to_come)

    def _present(self, queries: int) -> float | None:
        """Seconds that the present run has left: by runs of its kind, or by its own speed where
        there are none, or where it takes longer than they did.
        """
        load = self._of_here
        like = [pair for pair in self.measured if pair[0].kind == load.kind]
        if like and (left := seconds_of(load, like) - self.elapsed) > 0:
            return left
        assert self.first is not None, "left() has looked at the run"
        spent, since = queries - self.first[0], self.clock() - self.first[1]
        if not spent or spent >= load.budget:  # after the last query nothing tells its speed
            return 0.0 if like else None
        return since * (load.budget - spent) / spent


def seconds_of(load: Load, measured: list[tuple[Load, float]]) -> float:
    """Seconds of a run, by those of its kind, or by all where there is none."""
    like = [pair for pair in measured if pair[0].kind == load.kind] or measured
    return load.budget * sum(seconds for _, seconds in like) / sum(one.budget for one, _ in like)
