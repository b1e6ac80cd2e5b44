"""The report's bars: each method's own student, and below it the reference student."""

from __future__ import annotations

from dataclasses import dataclass

from benchmark.pictures.curves import complete
from benchmark.rows.grouping import accuracies, by_method, by_setting
from benchmark.rows.row import Row
from benchmark.rows.stats import mean
from benchmark.tables.records import reference


@dataclass(frozen=True)
class Bar:
    """One method at one budget: mean accuracies in %."""

    name: str
    own: float
    reference: float


@dataclass(frozen=True)
class Bars:
    """The methods of a setting at one budget that have a reference student, best one first."""

    heading: str
    bars: list[Bar]


def bars(rows: list[Row]) -> dict[tuple, list[Bars]]:
    """For each setting, by its key, the bars of each budget; settings without any are left out.

    Both means are of the same runs: those that trained a reference student.
    """
    found: dict[tuple, list[Bars]] = {}
    both = [row for row in complete(rows) if row.reference_accuracy is not None]
    for key, group in by_setting(both).items():
        methods = [
            Bar(name, mean(accuracies(of)), mean(reference(of).values))
            for name, of in by_method(group).items()
        ]
        methods.sort(key=lambda bar: (-bar.reference, bar.name))
        heading = f"A method's own student and the reference student: {group[0].budget:,} queries"
        found.setdefault(key[:-1], []).append(Bars(heading, methods))
    return found
