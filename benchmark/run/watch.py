"""Watchers of runs: nothing here draws, and nothing that runs knows a screen."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from benchmark.run.pace import Pace

SAVE_EVERY = 120.0  # seconds between saved states
OnEpoch = Callable[[int, int, float], None]  # epoch, epochs, mean loss


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


@dataclass
class Control:
    """How the caller watches and stops a run."""

    should_stop: Callable[[], bool] = lambda: False
    watch: Watch = field(default_factory=Watch)
    save_every: float = SAVE_EVERY
    on_trouble: Callable[[str], None] = lambda text: None  # that the run outlives


class Show:
    """Whoever is told what a command does; this one is deaf.

    A program that runs cells from Python needs no other; ``benchmark.cli.progress`` has the one of
    the command.
    """

    def say(self, text: str) -> None:
        """A line on what happens."""

    def warn(self, text: str) -> None:
        """A line on what went wrong with one thing, while the rest goes on."""

    @contextlib.contextmanager
    def run(
        self,
        title: str,
        budget: int,
        pace: Pace | None = None,
        stop: Callable[[], None] | None = None,
    ) -> Iterator[Watch]:
        """What watches one run. ``pace``: that of the whole command; ``stop`` asks the run to end,
        for whoever can be asked to by a person or a system.
        """
        yield Watch()

    @contextlib.contextmanager
    def training(self, title: str) -> Iterator[OnEpoch]:
        """What is told of the epochs of a teacher's training."""
        yield lambda epoch, epochs, loss: None
