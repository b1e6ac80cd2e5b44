"""The display of several workers: a line for each run and one for all, or plain lines."""

from __future__ import annotations

import contextlib
import functools
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from rich.console import Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Column, Table
from rich.text import Text

from benchmark.cli import screen
from benchmark.cli.console import console
from benchmark.cli.progress import EVERY, PER_SECOND, clock
from benchmark.parse import short, spoken
from benchmark.run.progress import Present, Progress


def summary(progress: Progress) -> str:
    """All runs in one line: those that have ended, that run, that wait, and the time left."""
    parts = [
        f"{progress.done} of {len(progress.loads)} runs done",
        f"{len(progress.present)} under way",
        f"{len(progress.waiting)} to come",
    ]
    left = progress.left()
    return ", ".join(parts) + (f"; all done in about {spoken(left)}" if left else "")


@contextlib.contextmanager
def shown(progress: Progress) -> Iterator[Lines | None]:
    """Show the progress while the block runs; yields the plain lines, where it is these."""
    if not console.is_interactive:
        yield Lines(progress)
        return
    drawn = functools.partial(_drawn, progress)
    with Live(
        get_renderable=drawn,
        console=console,
        transient=True,
        refresh_per_second=PER_SECOND,
        redirect_stderr=screen.is_terminal(sys.stderr),
    ):
        yield None


@dataclass
class Lines:
    """Plain lines: one whenever a run's accuracy is new, and every half a minute between."""

    progress: Progress
    _said: dict[str, tuple[int, float | None, float]] = field(default_factory=dict)

    def report(self) -> None:
        """Print the lines that are due."""
        now = time.monotonic()
        for worker, run in self.progress.present.items():
            number, accuracy, last = self._said.get(worker, (-1, None, now))
            if number != run.number:
                accuracy, last = None, now
            if run.accuracy != accuracy or now > last + EVERY:
                console.print(f"{run.title}  {_numbers(run)}  [{summary(self.progress)}]")
                accuracy, last = run.accuracy, now
            self._said[worker] = run.number, accuracy, last


def _numbers(run: Present) -> str:
    accuracy = (
        "" if run.accuracy is None else f"  accuracy {run.accuracy:.1f} % at {short(run.mark)}"
    )
    return f"{run.queries:,} of {run.budget:,} queries{accuracy}"


def _drawn(progress: Progress) -> RenderableType:
    try:
        return _picture(progress)
    except Exception as problem:  # a display must not end a run
        return Text(f"nothing can be shown: {type(problem).__name__}: {problem}")


def _picture(progress: Progress) -> RenderableType:
    cut = functools.partial(Column, no_wrap=True, overflow="ellipsis")
    table = Table.grid(cut(ratio=2), Column(width=12), cut(ratio=2), cut(justify="right"))
    table.expand = True
    for run in list(progress.present.values()):
        share = min(run.queries / run.budget, 1.0)
        bar = ProgressBar(
            total=1.0,
            completed=share,
            pulse=run.first is None or share == 1.0,
            animation_time=time.monotonic(),
            width=10,
        )
        after = f"  {clock(progress.clock() - run.began)}"
        table.add_row(Text(run.title), bar, Text(_numbers(run)), Text(after))
    return Group(table, Text(summary(progress)))
