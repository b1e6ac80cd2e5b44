"""The news of a worker that another process shows: one JSON object a line on standard output."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Callable, Iterator
from typing import Any

from benchmark.run.pace import Pace
from benchmark.run.watch import OnEpoch, Seen, Show, Watch

Event = dict[str, Any]
EVERY = 0.5  # seconds between two lines on how far a run is
STDOUT = 1


class Wired(Show):
    """Sends all that there is to show. ``gone`` is called once nobody reads any more."""

    def __init__(self, gone: Callable[[], None], handle: int = STDOUT) -> None:
        self.gone, self.handle = gone, handle

    def send(self, **event: Any) -> None:
        """Write a line at once; a handler of a signal may do so in the middle of another."""
        left = json.dumps(event).encode() + b"\n"
        try:
            while left:
                left = left[os.write(self.handle, left) :]
        except OSError:  # a run that ended for that would lose what it has since its last state
            self.gone()

    def say(self, text: str) -> None:
        """Send a line of news."""
        self.send(say=text)

    def warn(self, text: str) -> None:
        """Send a line on an error."""
        self.send(warn=text)

    def outcome(self, number: int, kind: str, text: str) -> None:
        """Send the outcome of a cell."""
        self.send(outcome=kind, number=number, text=text)

    @contextlib.contextmanager
    def run(
        self,
        title: str,
        budget: int,
        pace: Pace | None = None,
        stop: Callable[[], None] | None = None,
    ) -> Iterator[Watch]:
        """Send how far a run is; signals are the business of who started this process."""
        number = pace.number if pace else 0
        if pace:
            pace.begin()
        self.send(begin=title, number=number, budget=budget)
        yield Sending(self)
        self.send(end=number)

    @contextlib.contextmanager
    def training(self, title: str) -> Iterator[OnEpoch]:
        """Send every epoch."""
        yield lambda epoch, epochs, loss: self.say(f"{title}  epoch {epoch}/{epochs}")


class Sending(Watch):
    """Sends how far a run is, at most every ``EVERY`` seconds."""

    def __init__(self, wired: Wired) -> None:
        self.wired = wired
        self.look: Callable[[], Seen] | None = None
        self.last = 0.0

    def begin(self, look: Callable[[], Seen]) -> None:
        """Send the start: a saved state has spent some queries."""
        self.look = look
        self.report()

    def report(self) -> None:
        """Send a line if one is due."""
        now = time.monotonic()
        if self.look is not None and now > self.last + EVERY:
            self.last = now
            self.wired.send(seen=self.look()._asdict())


def parsed(line: bytes) -> Event | None:
    """The event in a line; None for other output, say of a method that prints."""
    with contextlib.suppress(ValueError):
        event = json.loads(line)
        if isinstance(event, dict):
            return event
    return None
