"""A cell of a table in numbers, one value a field: the lines of tables in CSV."""

from __future__ import annotations

from typing import Any

from benchmark.rows import floors
from benchmark.rows.floors import Floor
from benchmark.rows.grouping import SETTING, accuracies, complete
from benchmark.rows.row import Row
from benchmark.rows.stats import half_interval, interval, mean
from benchmark.tables import validity

Record = dict[str, Any]  # None: there is no such value
REFERENCE = ("reference_mean", "reference_low", "reference_high", "reference_n")
MEANS = ("agreement", "queries", "unique", "seconds")
COLUMNS = (
    "table",
    "dataset",
    "data_digest",
    "teacher",
    "teacher_sha",
    "student",
    "access",
    "precision",
    "scale",
    "arithmetic",
    "budget",
    "name",
    "method",
    "version",
    "mean",
    "half_interval",
    "low",
    "high",
    "n",
    "failed",
    "teacher_accuracy",
    "published",
    "delta",
    "best",
    "best_baseline",
    "improvement",
    *floors.COLUMNS,
    *MEANS,
    "floor",
    "real_images",
    "flags",
    "notes",
    "footnotes",
    *REFERENCE,
)


def record(
    rows: list[Row], table: str, published: float | None, floor: Floor | None = None
) -> Record:
    """The runs of one method in one setting, in ``COLUMNS``. Numbers are of complete runs.

    Accuracy is in %. ``half_interval`` is Student's, ``low`` and ``high`` are its ends cut at 0 and
    100. Columns from ``best`` to ``improvement`` and ``name`` are a preset's; those in
    ``REFERENCE`` are of runs that trained a reference student, and a CSV without any lacks them.
    """
    first, done = rows[0], complete(rows)
    measured = accuracies(done)
    found = interval(measured) if done else None
    centre = found.value if found else None
    flags = sorted({flag for row in done for flag in row.flags})
    return {
        **dict.fromkeys(COLUMNS),
        "table": table,
        **{name: getattr(first, name) for name in SETTING},
        "access": first.access,
        "scale": first.scale,
        "arithmetic": first.arithmetic,
        "budget": first.budget,
        "method": first.label,
        "version": first.method_version,
        "mean": centre,
        "half_interval": half_interval(measured),
        "low": found.low if found else None,
        "high": found.high if found else None,
        "n": len(done),
        "failed": len(rows) - len(done),
        "teacher_accuracy": first.teacher_accuracy,
        "published": published,
        "delta": centre - published if done and published is not None else None,
        **(floor.record(centre - floor.mean if done else None) if floor else {}),
        **{name: mean([getattr(row, name) for row in done]) if done else None for name in MEANS},
        "floor": first.floor,
        "real_images": first.real_images,
        "flags": "; ".join(flags),
        "notes": "; ".join([*validity.notes(rows), *sorted(_noted(rows))]),
        **_reference(done),
    }


def _noted(rows: list[Row]) -> set[str]:
    return {text for row in rows for text in row.notes}


def referred(rows: list[Row]) -> list[float]:
    """The accuracies in % of the reference students of those runs that have one."""
    return [row.reference_accuracy for row in rows if row.reference_accuracy is not None]


def _reference(rows: list[Row]) -> Record:
    measured = referred(rows)
    if not measured:
        return {}
    found = interval(measured)
    values = (found.value, found.low, found.high, found.runs)
    return dict(zip(REFERENCE, values, strict=True))
