"""The values of one method in one setting: a line of a table, and its fields in a CSV."""

from __future__ import annotations

from collections.abc import Iterable

from benchmark.rows.floors import Floor
from benchmark.rows.grouping import SETTING, accuracies, complete
from benchmark.rows.row import Row
from benchmark.rows.stats import mean
from benchmark.tables import confined, validity
from benchmark.tables.table import Record
from benchmark.tables.values import NO_MEAN, Mean, Number, count, mean_of, points

FLOOR = ("best_floor", "floor_accuracy", "above_floor")
COUNTS = ("queries", "unique", "seconds")
COLUMNS = (
    "table",
    *SETTING,
    "access",
    "scale",
    "arithmetic",
    "budget",
    "name",
    "method",
    "version",
    "accuracy",
    "teacher_accuracy",
    "published",
    "delta",
    "best",
    "best_baseline",
    "improvement",
    *FLOOR,
    "agreement",
    *COUNTS,
    "floor",
    "real_images",
    "flags",
    "notes",
    "footnotes",
    "reference_accuracy",
    "isolation",
    "defence",
    "defended_accuracy",
    "teacher_name",
)
MEANS = ("accuracy", "floor_accuracy", "reference_accuracy")
SHAPE: Record = {name: NO_MEAN if name in MEANS else None for name in COLUMNS}  # nothing known


def record(
    rows: list[Row], table: str, published: float | None, floor: Floor | None = None
) -> Record:
    """The runs of one method in one setting. Numbers are of complete runs, accuracy in %.

    Columns from ``best`` to ``improvement`` and ``name`` are a preset's.
    """
    first, done = rows[0], complete(rows)
    measured = of_runs(rows)
    centre = measured.estimate.value if measured.estimate else None
    return {
        **SHAPE,
        "table": table,
        **{name: getattr(first, name) for name in SETTING},
        "access": first.access,
        "scale": first.scale,
        "arithmetic": first.arithmetic,
        "budget": first.budget,
        "method": first.label,
        "version": first.method_version,
        "accuracy": measured,
        "teacher_accuracy": first.teacher_accuracy,
        "published": None if published is None else Number(published),
        "delta": _above(centre, published),
        **of_floor(floor, centre),
        "agreement": Number(_mean(done, "agreement")) if done else None,
        **{name: count(_mean(done, name)) if done else None for name in COUNTS},
        "floor": first.floor,
        "real_images": first.real_images,
        "flags": "; ".join(sorted({flag for row in done for flag in row.flags})),
        "notes": "; ".join([*validity.notes(rows), *sorted(_noted(rows))]),
        "reference_accuracy": reference(done),
        "isolation": confined.weakest(rows),
        "defence": first.defence,
        "defended_accuracy": defended(done),
        "teacher_name": first.teacher_name,
    }


def _mean(rows: list[Row], name: str) -> float:
    return mean([getattr(row, name) for row in rows])


def _above(value: float | None, other: float | None) -> Number | None:
    return None if value is None or other is None else points(value - other)


def of_floor(floor: Floor | None, centre: float | None) -> Record:
    """The best floor of a setting, and by how much a mean is above it."""
    if floor is None:
        return dict(zip(FLOOR, (None, NO_MEAN, None), strict=True))
    above = None if centre is None else points(centre - floor.mean, triangle=True)
    return dict(zip(FLOOR, (floor.name, of_runs(floor.rows), above), strict=True))


def of_runs(rows: list[Row]) -> Mean:
    """The accuracy of some runs, of which some may have failed."""
    return mean_of(accuracies(complete(rows)), len(rows))


def _noted(rows: list[Row]) -> set[str]:
    return {text for row in rows for text in row.notes}


def defended(rows: Iterable[Row]) -> Number | None:
    """The mean accuracy that honest users got behind the defence; None without one."""
    told = [row.defended_accuracy for row in rows if row.defended_accuracy is not None]
    return Number(mean(told)) if told else None


def reference(rows: Iterable[Row]) -> Mean:
    """The accuracy of the reference students of those runs that have one."""
    return mean_of(row.reference_accuracy for row in rows if row.reference_accuracy is not None)
