"""What a person sees while a run goes on: a rich bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

OnProgress = Callable[[int, "float | None"], None]
OnEpoch = Callable[[int, int, float], None]

console = Console(highlight=False, soft_wrap=True, markup=False, emoji=False)


@contextlib.contextmanager
def run_bar(title: str, budget: int) -> Iterator[OnProgress]:
    """Yield ``report(queries, accuracy at the last mark)`` for one run."""
    if not console.is_terminal:
        yield _plain_reporter(title, budget)
        return
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=None),
        TextColumn("{task.completed:,.0f}/{task.total:,.0f}"),
        TextColumn("{task.fields[accuracy]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True, expand=True) as progress:
        bar = progress.add_task(title, total=budget, accuracy="")

        def report(queries: int, accuracy: float | None) -> None:
            text = "" if accuracy is None else f"{accuracy:.1f} %"
            progress.update(bar, completed=queries, accuracy=text)

        yield report


def _plain_reporter(title: str, budget: int) -> OnProgress:
    """A line whenever the accuracy is new (at a mark), and every half a minute between."""
    began = time.monotonic()
    last: dict[str, float | None] = {"accuracy": None, "time": began}

    def report(queries: int, accuracy: float | None) -> None:
        now = time.monotonic()
        if accuracy == last["accuracy"] and now < last["time"] + 30:
            return
        last.update(accuracy=accuracy, time=now)
        value = "" if accuracy is None else f"{accuracy:5.1f} %"
        spent = f"{queries:>9,}/{budget:,} queries"
        console.print(f"{title}  {spent}  {value}  {now - began:.0f} s")

    return report


@contextlib.contextmanager
def training_bar(title: str) -> Iterator[OnEpoch]:
    """Yield ``report(epoch, epochs, mean loss)`` for the training of a teacher."""
    if not console.is_terminal:
        yield lambda epoch, epochs, loss: console.print(
            f"{title}  epoch {epoch}/{epochs}  loss {loss:.4f}"
        )
        return
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=None),
        TextColumn("epoch {task.completed:.0f}/{task.total:.0f}  loss {task.fields[loss]:.4f}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True, expand=True) as progress:
        bar = progress.add_task(title, total=None, loss=0.0)
        yield lambda epoch, epochs, loss: progress.update(
            bar, completed=epoch, total=epochs, loss=loss
        )
