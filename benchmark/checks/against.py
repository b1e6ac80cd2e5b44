"""``bench check --against``: small cells of a folder of rows, run again and held against it."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from benchmark import datasets
from benchmark.checks import replay
from benchmark.checks.findings import OPEN, Finding, judged
from benchmark.errors import BenchError
from benchmark.host.failure import reason
from benchmark.parse import short
from benchmark.rows.row import Row
from benchmark.rows.store import Store
from benchmark.run.buying import Wish
from benchmark.run.session import EXIT_STOPPED, Session
from benchmark.run.setting import Places
from benchmark.run.watch import Show


@dataclass(frozen=True)
class Choice:
    """Which rows are run again; empty fields choose all."""

    datasets: Sequence[str] = ()
    methods: Sequence[str] = ()  # names or labels
    budgets: Sequence[int] = ()
    seeds: Sequence[int] = ()
    longest: float = 60.0  # seconds that a row may have taken

    def check(self, rows: list[Row]) -> None:
        """Refuse a name that no row has: it would make the gate smaller without a word."""
        names = {name for row in rows for name in (row.method, row.plain_label)}
        there: dict[str, tuple[Collection[object], set]] = {
            "data set": (self.datasets, {row.dataset for row in rows}),
            "method": (self.methods, names),
            "budget": (self.budgets, {row.budget for row in rows}),
            "seed": (self.seeds, {row.seed for row in rows}),
        }
        for kind, (wanted, known) in there.items():
            if missing := [one for one in wanted if one not in known]:
                raise BenchError(f"no row has the {kind} {missing[0]}; there are {_listed(known)}")

    def takes(self, row: Row) -> bool:
        """True for a complete row of this choice."""
        names = {row.method, row.plain_label}
        return (
            row.complete
            and row.seconds <= self.longest
            and (not self.datasets or row.dataset in self.datasets)
            and (not self.methods or not names.isdisjoint(self.methods))
            and (not self.budgets or row.budget in self.budgets)
            and (not self.seeds or row.seed in self.seeds)
        )


def _listed(known: set) -> str:
    return ", ".join(str(one) for one in sorted(known))


def run(
    store: Store,
    choice: Choice,
    places: Places,
    device: torch.device,
    tolerance: float,
    show: Show,
) -> list[Finding]:
    """Run the chosen rows' cells again; a finding for each: within ``tolerance`` points or not.

    Rows that cannot be repeated here (another version of the method, another teacher, other data)
    are findings that stay open; where all do, that is an error.
    """
    rows = store.rows()
    chosen = [row for row in rows if choice.takes(row)]
    if not rows:
        raise BenchError(f"there are no rows in {store.runs}; `bench run` makes them")
    choice.check(rows)
    if not chosen:
        raise BenchError(f"no row of {store.runs} fits this choice; is --longest too short?")
    show.say(f"{len(chosen)} rows, {sum(row.seconds for row in chosen):.0f} s when made")
    with tempfile.TemporaryDirectory() as folder:
        wish = Wish(reference=False)  # accuracies are compared
        session = Session(
            Store(Path(folder)), places, device, allow_weak=True, wish=wish, show=show
        )
        found = [_again(row, session, tolerance) for row in chosen]
    if all(finding.verdict == OPEN for finding in found):  # a gate that held nothing is no gate
        raise BenchError(f"none of these rows can be repeated here; {found[0].text}")
    return found


def _again(row: Row, session: Session, tolerance: float) -> Finding:
    """Run the cell of a row and hold both rows together; an error where it was stopped."""
    try:
        cell = replay.with_teacher(replay.cell_of(row), row, session.places)
        data = datasets.load(cell.dataset, session.places.data, cell.size)
        replay.check_same(row, cell, data, session.places)
    except BenchError as problem:
        return Finding(name_of(row), OPEN, str(problem))
    replay.use_threads_of(row)
    session.graphs = row.graphs
    if session.run([cell]) == EXIT_STOPPED:
        raise BenchError("stopped before all rows were run; nothing was compared")
    identity = session.needs.known_id(cell)
    again = session.store.find(identity) if identity else None
    if again is None:
        raise BenchError(
            f"{name_of(row)} was run again, and its row is gone from {session.store.runs}"
        )
    return compare(row, again, tolerance)


def compare(row: Row, again: Row, tolerance: float) -> Finding:
    """The new row of a cell beside the old one, which may have been without a training digest."""
    if not again.complete:
        return judged(name_of(row), False, reason(again.failure))
    here, there = again.end_accuracy, row.end_accuracy
    text = f"accuracy {there:.2f} % -> {here:.2f} % ({here - there:+.2f}, allowed {tolerance:g})"
    if again.queries != row.queries:
        text = f"{row.queries:,} queries -> {again.queries:,}; {text}"
    holds = abs(here - there) <= tolerance and again.queries == row.queries
    return judged(name_of(row), holds, text)


def name_of(row: Row) -> str:
    """A row in few words."""
    pair = f"{row.teacher_label}->{row.student}"
    behind = f" behind {row.defence}" if row.defence else ""
    return f"{row.label} {row.dataset} {pair} {short(row.budget)}{behind} seed {row.seed}"
