"""Watchers of runs, so that the code that runs knows no screen."""

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
    """Watches one run; this base class ignores it."""

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
    on_trouble: Callable[[str], None] = lambda text: None  # trouble that does not end the run
    stopping_for: Callable[[], float] = lambda: 0.0  # seconds since a signal asked for a stop


class Show:
    """Shows the work of a command; this base class shows nothing.

    A program that runs cells from Python needs no other; the command's is in
    ``benchmark.cli.progress``.
    """

    def say(self, text: str) -> None:
        """Show a line of news."""

    def warn(self, text: str) -> None:
        """Show a line on an error in one cell, while the others go on."""

    def outcome(self, number: int, kind: str, text: str) -> None:
        """Show the outcome of a cell, which has that number in the command."""
        self.warn(text) if kind == "unsound" else self.say(text)

    @contextlib.contextmanager
    def run(
        self,
        title: str,
        budget: int,
        pace: Pace | None = None,
        stop: Callable[[], None] | None = None,
    ) -> Iterator[Watch]:
        """Yield a watch over one run. ``pace``: of the whole command; ``stop`` asks the run to end,
        for a person's Ctrl-C or a system's signal.
        """
        yield Watch()

    @contextlib.contextmanager
    def training(self, title: str) -> Iterator[OnEpoch]:
        """Yield a function that is told each epoch of a teacher's training."""
        yield lambda epoch, epochs, loss: None
