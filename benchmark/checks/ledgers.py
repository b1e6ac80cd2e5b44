"""Ledgers, the journals of runs whether paid or not: told, and held against their rows."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmark.errors import BenchError
from benchmark.files import StoreError
from benchmark.oracle.journal import Ledger
from benchmark.rows.row import Row
from benchmark.rows.store import Store

HOLDS, DOES_NOT, OPEN = 0, 1, 3
ACCOUNTS = ("evaluator", "canary")  # of an endpoint, which are no part of a run and its budget


@dataclass(frozen=True)
class Told:
    """A ledger with the row of its run, if there is one."""

    ledger: Ledger
    row: Row | None
    unfinished: bool  # a state is there, from which the run goes on

    @property
    def budget(self) -> int | None:
        """Of its run; None where nothing here says it."""
        return self.row.budget if self.row else None

    @property
    def of_row(self) -> bool:
        """Whether the code that asked is that of the row."""
        return self.row is not None and self.row.method_sha == self.ledger.form.source

    @property
    def is_account(self) -> bool:
        """Whether it is of an endpoint, and not of a run."""
        return self.ledger.form.run_id in ACCOUNTS

    @property
    def status(self) -> str:
        """How far its run is; of an account, whose it is."""
        if self.is_account:
            return f"of {self.ledger.path.stem.removesuffix('.canary')}"
        if self.row:
            return self.row.status if self.of_row else "by other code than its row"
        return "unfinished" if self.unfinished else "no row"


def paths(store: Store, run: str = "") -> list[Path]:
    """The journals of a store whose name begins so, or a file. ``BenchError`` where none is."""
    if run.endswith(".queries") and Path(run).is_file():
        return [Path(run)]
    found = sorted(store.journals.glob("*.queries"))
    if run:
        name = Path(run).name
        own = name.removesuffix(".json").removesuffix(".queries").rpartition("-")[2]
        found = [p for p in found if p.name.startswith((own, name))]
    if not found:
        which = f" of a run {run!r}" if run else ""
        raise BenchError(f"there is no ledger{which} in {store.journals}; --results names a store")
    return found


def accounts(teachers: Path) -> list[Path]:
    """The ledgers of endpoints themselves: their canaries, and what the evaluator asked."""
    return sorted(teachers.glob("*.queries"))


def told(store: Store, path: Path) -> Told:
    """A ledger, read. Raises ``StoreError`` where it cannot be."""
    ledger = Ledger.read(path)
    run_id = ledger.form.run_id
    return Told(ledger, store.find(run_id), store.state_path(run_id).exists())


def faults(one: Told) -> Iterator[str]:
    """What does not hold: its counts, and its labels against those of its row."""
    charges, row = one.ledger.charges, one.row
    if one.ledger.paid and one.budget is not None and charges.total > one.budget:
        yield f"{charges.total:,} queries are charged, on a budget of {one.budget:,}"
    if row is None or not row.complete or not one.of_row:
        return
    if row.asked_in_all is not None and row.asked_in_all != charges.total:
        yield f"its row says that {row.asked_in_all:,} were asked in all, not {charges.total:,}"
    labels = one.ledger.labels()
    if len(labels) < row.queries:
        yield f"it answers {len(labels):,} queries in a row, {row.file_stem} has {row.queries:,}"
        return
    content = labels[: row.queries].astype("<i4").tobytes()
    if hashlib.sha256(content).hexdigest() != row.labels_digest:
        yield "its labels are not those of its row"


def verified(store: Store, path: Path) -> tuple[int, str]:
    """The verdict on one ledger: an exit code, and a sentence."""
    try:
        one = told(store, path)
    except StoreError as problem:
        return DOES_NOT, str(problem)
    if found := list(faults(one)):
        return DOES_NOT, f"{path.name} does not hold: {'; '.join(found)}"
    charges = one.ledger.charges
    counts = (
        f"{charges.total:,} charged = {charges.answered:,} answered + {charges.unknown:,} unknown"
    )
    if one.is_account:
        return HOLDS, f"{path.name} holds: {counts}"
    if one.row is None or not one.row.complete:
        return OPEN, f"{path.name} stays open ({one.status}): {counts}"
    if not one.of_row:
        return HOLDS, f"{path.name} holds, but is {one.status}: {counts}"
    return HOLDS, f"{path.name} holds: {counts}, and its labels are those of the row"
