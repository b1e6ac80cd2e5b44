"""Where every number comes from: a line for each row of a store."""

from __future__ import annotations

from typing import NamedTuple

from benchmark.rows.kinds import BFLOAT16
from benchmark.rows.row import Row
from benchmark.rows.schema import TUNING_SEEDS
from benchmark.tables.table import Column, Entry, Table, line
from benchmark.tables.values import Number, count

COLUMNS = (
    Column("run", True),
    Column("data set", True),
    Column("teacher", True),
    Column("student", True),
    Column("method", True),
    Column("version"),
    Column("budget"),
    Column("seed"),
    Column("accuracy"),
    Column("agreement"),
    Column("queries"),
    Column("unique"),
    Column("seconds"),
    Column("status", True),
    Column("flags and notes", True),
    Column("suite", True),
    Column("commit", True),
    Column("torch", True),
    Column("device", True),
    Column("finished", True),
)


class Failure(NamedTuple):
    """A run that failed, and its traceback."""

    run: str
    error: str


def provenance(rows: list[Row]) -> Table:
    """All rows, by data set, method, budget and seed."""
    return Table("", (), COLUMNS, [_line(row) for row in _ordered(rows)])


def failures(rows: list[Row]) -> list[Failure]:
    """The runs that failed, in the same order."""
    failed = (row for row in _ordered(rows) if row.error)
    return [Failure(f"{row.id}, {row.label}, seed {row.seed}", row.error or "") for row in failed]


def _ordered(rows: list[Row]) -> list[Row]:
    return sorted(rows, key=lambda r: (r.dataset, r.label, r.budget, r.seed, r.id))


def _line(row: Row) -> tuple[Entry, ...]:
    return line(
        row.id,
        row.dataset,
        f"{row.teacher_label} {row.teacher_sha[:8]}",
        row.student,
        row.label,
        str(row.method_version),
        count(row.budget),
        str(row.seed),
        _points(row.accuracy),
        _points(row.agreement),
        count(row.queries),
        count(row.unique),
        count(row.seconds),
        row.status,
        "; ".join(_remarks(row)),
        row.suite,
        row.commit or "unknown",
        row.torch,
        row.device,
        row.finished,
    )


def _points(value: float | None) -> Number | str:
    return "" if value is None else Number(value)


def _remarks(row: Row) -> list[str]:
    """Everything that makes a row unusual."""
    found = [*row.flags, *row.notes]
    found += ["tuning seed, in no table"] if row.seed >= TUNING_SEEDS else []
    found += {True: ["uncommitted code"], None: ["commit unknown"]}.get(row.dirty, [])
    found += [f"{row.access} access"] if row.access != "hard-label" else []
    found += [f"rehearsal at {row.scale:g} of the budget"] if row.scale != 1 else []
    found += [f"teacher behind {row.defence}"] if row.defence else []
    found += [f"{row.precision} queries"] if row.precision != "uint8" else []
    found += [f"networks in {BFLOAT16}"] if row.arithmetic == BFLOAT16 else []
    found += [f"real images of {row.real_images}"] if row.real_images else []
    return found
