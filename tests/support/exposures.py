"""An exposure of made-up rows, whose students are of known worth."""

from __future__ import annotations

from benchmark.exposure.alarms import Alarm
from benchmark.exposure.findings import Exposure, Tariff, collect
from benchmark.exposure.students import Student
from benchmark.exposure.transfer import DRAWING, Transfer
from benchmark.rows.row import Row
from support.made_rows import make_row

TARIFF = Tariff(1.0, 100.0)


class Examiner:
    """Students of known worth."""

    attacked, eps = 9, DRAWING

    def of(self, row: Row) -> Student:
        return Student(row, (100.0, 50.0, None), Transfer(9, 60.0 + row.seed, 70.0))

    def noise(self) -> float:
        return 12.34

    def teacher_classes(self) -> tuple[float | None, ...]:
        return (100.0, 90.0, None)


def runs(method: str, agreements: dict[int, tuple[float, ...]], **changes) -> list[Row]:
    """A complete row for each agreement in %, by budget; seeds from 0."""
    return [
        make_row(method=method, budget=budget, seed=seed, agreement=value, accuracy=1.0, **changes)
        for budget, values in agreements.items()
        for seed, value in enumerate(values)
    ]


STRONG = runs("ideal", {500: (40, 42, 44), 1000: (76, 80, 84), 2000: (88, 90, 92)})
WEAK = runs("dfme", {500: (10, 12, 14), 1000: (20, 22, 24), 2000: (50, 52, 54)})


def exposure(rows: list[Row], tariff: Tariff = TARIFF, alarm=lambda row: Alarm(300, 2000)):
    found: Exposure = collect(rows, Examiner(), alarm, tariff, ("zero", "one", "two"))
    return found
