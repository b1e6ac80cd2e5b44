"""Where every number comes from: a line for each row of a store."""

from __future__ import annotations

from dataclasses import dataclass

from benchmark.rows.kinds import BFLOAT16
from benchmark.rows.row import Row
from benchmark.rows.schema import TUNING_SEEDS

NAME, NUMBER = "name", "number"
COLUMNS = {
    "run": NAME,
    "data set": NAME,
    "teacher": NAME,
    "student": NAME,
    "method": NAME,
    "version": NUMBER,
    "budget": NUMBER,
    "seed": NUMBER,
    "accuracy": NUMBER,
    "agreement": NUMBER,
    "queries": NUMBER,
    "unique": NUMBER,
    "seconds": NUMBER,
    "status": NAME,
    "flags and notes": NAME,
    "suite": NAME,
    "commit": NAME,
    "torch": NAME,
    "device": NAME,
    "finished": NAME,
}


@dataclass(frozen=True)
class Line:
    """The cells of one row, by ``COLUMNS``, and the text of its error."""

    cells: list[tuple[str, str]]  # kind, text
    error: str


@dataclass(frozen=True)
class Provenance:
    """A table of rows; not a ``Table``, since names and numbers alternate."""

    header: list[tuple[str, str]]  # kind, text
    lines: list[Line]


def provenance(rows: list[Row]) -> Provenance:
    """All rows, by data set, method, budget and seed."""
    ordered = sorted(rows, key=lambda r: (r.dataset, r.label, r.budget, r.seed, r.id))
    header = [(kind, name) for name, kind in COLUMNS.items()]
    return Provenance(header, [_line(row) for row in ordered])


def _line(row: Row) -> Line:
    texts = [
        row.id,
        row.dataset,
        f"{row.teacher} {row.teacher_sha[:8]}",
        row.student,
        row.label,
        str(row.method_version),
        f"{row.budget:,}",
        str(row.seed),
        _points(row.accuracy),
        _points(row.agreement),
        f"{row.queries:,}",
        f"{row.unique:,}",
        f"{row.seconds:,.0f}",
        row.status,
        "; ".join(_remarks(row)),
        row.suite,
        row.commit or "unknown",
        row.torch,
        row.device,
        row.finished,
    ]
    return Line(list(zip(COLUMNS.values(), texts, strict=True)), row.error or "")


def _points(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def _remarks(row: Row) -> list[str]:
    """Everything that makes a row unusual."""
    found = [*row.flags, *row.notes]
    found += ["tuning seed, in no table"] if row.seed >= TUNING_SEEDS else []
    found += {True: ["uncommitted code"], None: ["commit unknown"]}.get(row.dirty, [])
    found += [f"{row.access} access"] if row.access != "hard-label" else []
    found += [f"rehearsal at {row.scale:g} of the budget"] if row.scale != 1 else []
    found += [f"{row.precision} queries"] if row.precision != "uint8" else []
    found += [f"networks in {BFLOAT16}"] if row.arithmetic == BFLOAT16 else []
    found += [f"real images of {row.real_images}"] if row.real_images else []
    return found
