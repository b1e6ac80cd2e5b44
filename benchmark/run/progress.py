"""How far several workers are: the cells that have ended, those that run, the time left."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from benchmark.run.pace import Load, seconds_of
from benchmark.run.wire import Event

SETTLED = {"exists", "complete", "failed", "unsound"}


@dataclass
class Present:
    """A run that a worker is making."""

    number: int  # of its cell
    title: str
    budget: int
    began: float
    queries: int = 0
    accuracy: float | None = None
    mark: int = 0
    first: tuple[int, float] | None = None  # queries and time when it was first looked at


@dataclass
class Progress:
    """The state of a command that several workers share; ``see`` keeps it up to date."""

    loads: dict[int, Load]  # of the cells that are to be run, by number
    clock: Callable[[], float] = time.monotonic
    present: dict[str, Present] = field(default_factory=dict)  # by worker
    begun: dict[int, str] = field(default_factory=dict)  # the worker that runs, or has run, a cell
    outcomes: dict[int, str] = field(default_factory=dict)  # of the cells that have ended
    busy: dict[int, str] = field(default_factory=dict)  # who runs a cell, in words
    measured: list[tuple[Load, float]] = field(default_factory=list)

    def see(self, worker: str, event: Event) -> bool:
        """Note an event; whether it is an outcome that is new."""
        if "begin" in event:
            run = Present(event["number"], event["begin"], event["budget"], self.clock())
            self.present[worker], self.begun[run.number] = run, worker
        elif "seen" in event and worker in self.present:
            self._seen(self.present[worker], event["seen"])
        elif "end" in event:
            self._end(worker, event["end"])
        elif "outcome" in event:
            return self._outcome(worker, event["number"], event["outcome"], event["text"])
        return False

    def forget(self, worker: str) -> Present | None:
        """Expect nothing more of a worker; returns the run that it was making."""
        self.begun = {number: name for number, name in self.begun.items() if name != worker}
        return self.present.pop(worker, None)

    def _seen(self, run: Present, seen: dict) -> None:
        run.queries, run.accuracy, run.mark = seen["queries"], seen["accuracy"], seen["mark"]
        run.first = run.first or (run.queries, self.clock())

    def _outcome(self, worker: str, number: int, kind: str, text: str) -> bool:
        if kind not in SETTLED:
            self.busy[number] = text
            return False
        if number in self.outcomes:  # others come by and see it, too
            return False
        if kind == "exists" and self.begun.get(number, worker) != worker:
            return False  # a row is there before its worker has told what came of it
        self.outcomes[number] = kind
        return True

    def _end(self, worker: str, number: int) -> None:
        """Note that a run has ended: its seconds tell of those to come."""
        run = self.present.pop(worker, None)
        if run and run.number == number and number in self.loads:
            self.measured.append((self.loads[number], self.clock() - run.began))

    @property
    def done(self) -> int:
        """Cells that were to be run and have ended."""
        return sum(number in self.loads for number in self.outcomes)

    @property
    def waiting(self) -> list[int]:
        """The cells that nobody here runs yet."""
        running = {run.number for run in self.present.values()}
        return [n for n in self.loads if n not in self.outcomes and n not in running]

    def left(self) -> float | None:
        """Seconds until all runs have ended, as fast as now; None where they are unknown."""
        known, rest = list(self.measured), 0.0
        for run in self.present.values():
            seconds = self._rest(run)
            if seconds is None:
                return None
            rest += seconds
            load = self.loads.get(run.number, Load(run.title, run.budget))
            known.append((load, self.clock() - run.began + seconds))
        if not known or not self.present:
            return None
        to_come = sum(seconds_of(self.loads[number], known) for number in self.waiting)
        return (rest + to_come) / len(self.present)

    def _rest(self, run: Present) -> float | None:
        """Seconds that a run has left: by a run of its kind, else by its own speed."""
        load = self.loads.get(run.number)
        like = [pair for pair in self.measured if load and pair[0].kind == load.kind]
        if like and load:
            return max(seconds_of(load, like) - (self.clock() - run.began), 0.0)
        spent = run.queries - run.first[0] if run.first else 0
        if not run.first or not spent:
            return None
        return (self.clock() - run.first[1]) * (run.budget - run.queries) / spent
