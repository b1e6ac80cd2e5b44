"""The progress of a run: a moving bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import contextlib
import functools
import sys
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

from rich.console import Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Column, Table
from rich.text import Text

from benchmark.cli import screen
from benchmark.cli.console import console
from benchmark.cli.signals import Signals
from benchmark.parse import short, spoken
from benchmark.run.pace import Load, Pace
from benchmark.run.watch import OnEpoch, Seen, Show, Watch

PER_SECOND = 4  # pictures of the bar: more would take time from the run
EVERY = 30  # seconds between plain lines where nothing is new


class Lines(Watch):
    """A line whenever the accuracy is new (at a mark), and every half a minute between."""

    def __init__(self, title: str, budget: int, pace: Pace) -> None:
        self.title, self.budget, self.pace = title, budget, pace
        self.accuracy: float | None = None
        self.last = time.monotonic()
        self.look: Callable[[], Seen] | None = None

    def begin(self, look: Callable[[], Seen]) -> None:
        """Let lines come from here on."""
        self.look = look
        self.pace.look(look().queries)

    def report(self) -> None:
        """Print a line if one is due; a run may end before it begins."""
        if self.look is None:
            return
        seen, now = self.look(), time.monotonic()
        if seen.accuracy == self.accuracy and now < self.last + EVERY:
            return
        self.accuracy, self.last = seen.accuracy, now
        parts = [
            self.title,
            f"{seen.queries:>9,}/{self.budget:,} queries",
            *([] if seen.accuracy is None else [f"accuracy {seen.accuracy:5.1f} %"]),
            f"{self.pace.elapsed:.0f} s",
            *filter(None, (self.pace.position, self.pace.spoken(seen.queries))),
        ]
        console.print("  ".join(parts))


class Picture(NamedTuple):
    """A moving display at one moment."""

    title: str
    right: str  # at the end of the title's line
    share: float | None  # of the bar that is filled; None: no end is known, so it only moves
    text: str  # after the bar


class Drawn(Watch):
    """Two lines that are drawn over and over: the run's title, and its bar and numbers."""

    def __init__(self, title: str, budget: int, pace: Pace) -> None:
        self.title, self.budget, self.pace = title, budget, pace
        self.look: Callable[[], Seen] | None = None

    def begin(self, look: Callable[[], Seen]) -> None:
        """Let the display call ``look`` from here on, also within a step."""
        self.look = look
        with contextlib.suppress(Exception):  # a display must not end a run
            self.pace.look(look().queries)

    def picture(self) -> Picture:
        """The run's title, its time left, and its numbers."""
        title = "  ".join(filter(None, (self.pace.position, self.title)))
        after = f"after {clock(self.pace.elapsed)}"
        if self.look is None:
            return Picture(title, "", None, f"starting  {after}")
        seen = self.look()
        accuracy = ""
        if seen.accuracy is not None:
            accuracy = f"  accuracy {seen.accuracy:.1f} % at {short(seen.mark)}"
        right = self.pace.spoken(seen.queries) or "time left unknown"
        if seen.queries < self.budget:
            text = f"{seen.queries:,} of {self.budget:,} queries{accuracy}  {after}"
            return Picture(title, right, seen.queries / self.budget, text)
        text = f"training on the bought labels, step {seen.steps:,}{accuracy}  {after}"
        return Picture(title, right, None, text)


def clock(seconds: float) -> str:
    """Seconds as ``0:07``, ``12:34`` or ``1:02:03``."""
    minutes, second = divmod(int(seconds), 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour}:{minute:02}:{second:02}" if hour else f"{minute}:{second:02}"


@contextlib.contextmanager
def moving(picture: Callable[[], Picture]) -> Iterator[None]:
    """Draw a picture over and over while the block runs, then wipe it out."""
    with Live(
        get_renderable=lambda: _drawn(picture),
        console=console,
        transient=True,
        refresh_per_second=PER_SECOND,
        redirect_stderr=screen.is_terminal(sys.stderr),
    ):
        yield


def _drawn(picture: Callable[[], Picture]) -> RenderableType:
    try:
        now = picture()
    except Exception as problem:  # a display must not end a run
        return Text(f"nothing can be shown: {type(problem).__name__}: {problem}")
    cut = functools.partial(Column, no_wrap=True, overflow="ellipsis")
    head = Table.grid(cut(ratio=1), cut(justify="right"), expand=True)
    head.add_row(Text(now.title), Text(f"  {now.right}"))
    moves = ProgressBar(
        total=1.0,
        completed=now.share or 0.0,
        pulse=now.share is None,
        animation_time=time.monotonic(),
    )
    body = Table.grid(Column(ratio=1, min_width=4), cut(), expand=True)
    body.add_row(moves, Text(f"  {now.text}"))
    return Group(head, body)


@contextlib.contextmanager
def run_bar(title: str, budget: int, pace: Pace | None = None) -> Iterator[Watch]:
    """Yield a watch over one run; ``pace``: of the whole command, where it has several runs."""
    pace = pace or Pace({0: Load("", budget)})
    pace.begin()
    if not console.is_interactive:
        yield Lines(title, budget, pace)
        return
    drawn = Drawn(title, budget, pace)
    with moving(drawn.picture):
        yield drawn


@contextlib.contextmanager
def training_bar(title: str) -> Iterator[OnEpoch]:
    """Yield ``report(epoch, epochs, mean loss)`` for the training of a teacher."""
    if not console.is_interactive:
        yield lambda epoch, epochs, loss: console.print(
            f"{title}  epoch {epoch}/{epochs}  loss {loss:.4f}"
        )
        return
    began = time.monotonic()
    last: list[tuple[int, int, float]] = []

    def report(epoch: int, epochs: int, loss: float) -> None:
        last[:] = [(epoch, epochs, loss)]

    def picture() -> Picture:
        seconds = time.monotonic() - began
        after = f"after {clock(seconds)}"
        if not last:
            return Picture(title, "", None, f"first epoch  {after}")
        ((epoch, epochs, loss),) = last
        right = f"done in about {spoken(seconds / epoch * (epochs - epoch))}"
        return Picture(
            title, right, epoch / epochs, f"epoch {epoch} of {epochs}  loss {loss:.4f}  {after}"
        )

    with moving(picture):
        yield report


class OnScreen(Show):
    """Lines and bars on standard output, warnings on standard error, signals that ask to stop."""

    def say(self, text: str) -> None:
        """Print a line."""
        console.print(text)

    def warn(self, text: str) -> None:
        """Print a line where errors go."""
        screen.show(f"bench: {text}", err=True)

    @contextlib.contextmanager
    def run(
        self,
        title: str,
        budget: int,
        pace: Pace | None = None,
        stop: Callable[[], None] | None = None,
    ) -> Iterator[Watch]:
        """Show a bar, or lines; meanwhile Ctrl-C and the like call ``stop``."""
        asked = Signals(stop) if stop else contextlib.nullcontext()
        with asked, run_bar(title, budget, pace) as watch:
            yield watch

    @contextlib.contextmanager
    def training(self, title: str) -> Iterator[OnEpoch]:
        """Show a bar, or lines."""
        with training_bar(title) as report:
            yield report
