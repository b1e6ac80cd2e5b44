"""The end of ``bench run``: a table of its rows, and the next command to type."""

from __future__ import annotations

import shlex
from pathlib import Path

from benchmark.cli import screen
from benchmark.cli.console import console
from benchmark.rows.row import Row
from benchmark.rows.schema import TUNING_SEEDS
from benchmark.rows.store import Store


def show(rows: list[Row], store: Store, stopped: bool) -> None:
    """Print a table of the rows that a command has made or found, and the next command.

    Both go to a terminal only; failures are said everywhere, as people read logs for them.
    """
    failed = [row for row in rows if row.status == "failed"]
    if console.is_terminal and rows:
        from benchmark.tables import summary
        from benchmark.tables.render import terminal

        console.print()
        for part in terminal.parts(summary.sheet(rows), screen.width()):
            console.print(part, soft_wrap=False)
            console.print()
    if failed:
        console.print(_of_failed(failed, len(rows), store))
    elif console.is_terminal and not stopped:
        console.print(f"next: {_table(rows, store)}")


def _of_failed(failed: list[Row], count: int, store: Store) -> str:
    first = store.path(failed[0])
    where = f'whole traceback: "error" in {first}'
    return f"{len(failed)} of {count} failed; {where}; the same command tries again"


def _table(rows: list[Row], store: Store) -> str:
    """The command that shows these rows among all that there are."""
    tuning = all(row.seed >= TUNING_SEEDS for row in rows)
    words = ["bench", "table", *(["--tuning"] if tuning else [])]
    if store.root != Path("results"):
        words += ["--results", str(store.root)]
    return shlex.join(words)
