"""All that is known of one classifier's exposure, from rows and from what their runs kept."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

from benchmark.endpoint.cost import dollars, hours
from benchmark.errors import BenchError
from benchmark.exposure.alarms import Alarm
from benchmark.exposure.students import Student
from benchmark.rows.grouping import by_method, complete
from benchmark.rows.reached import LEVELS, Bracket, Reached, by_budget, reached
from benchmark.rows.row import Row
from benchmark.rows.stats import mean
from benchmark.tables import validity


@dataclass(frozen=True)
class Tariff:
    """What a query costs its sender. 0: nobody said."""

    dollars_per_1000: float = 0.0
    queries_a_second: float = 0.0

    def dollars(self, queries: int) -> float | None:
        """The price of some queries."""
        return dollars(queries, self.dollars_per_1000)

    def hours(self, queries: int) -> float | None:
        """The time of some queries at the rate."""
        return hours(queries, self.queries_a_second)


@dataclass(frozen=True)
class Extraction:
    """One method, in one access, behind one defence of the teacher ("" for none).

    ``alarms`` and ``students`` are those of its largest budget that has complete runs.
    """

    name: str
    defence: str
    access: str
    rows: list[Row]  # failed ones too
    reached: list[Reached]  # one for each of ``LEVELS``
    alarms: list[Alarm]
    students: list[Student]

    @property
    def title(self) -> str:
        """The name with its labels, and all that is not usual about the teacher's answers."""
        access = "" if self.access == "hard-label" else f", {self.access}"
        defence = f", behind {self.defence}" if self.defence else ""
        return f"{validity.named(self.name, self.rows)}{access}{defence}"

    @property
    def agreement(self) -> float:
        """The mean agreement in % at the largest budget; below all others without one."""
        found = list(by_budget(self.rows).values())
        return mean(found[-1]) if found else -1.0

    @property
    def budget(self) -> int | None:
        """The largest budget that has complete runs."""
        return max((row.budget for row in complete(self.rows)), default=None)

    def bracket(self, level: int) -> Bracket:
        """The budgets between which the mean over seeds reaches a level."""
        return next(one.mean for one in self.reached if one.level == level)


@dataclass(frozen=True)
class Exposure:
    """The report's content. ``extractions``: the closest copies first."""

    rows: list[Row]
    extractions: list[Extraction]
    tariff: Tariff
    classes: tuple[str, ...]  # names
    teacher_classes: tuple[float | None, ...]  # accuracy in %
    eps: Fraction
    attacked: int  # test images that transfer attacks move
    noise: float | None  # the share of them, in %, lost to random signs; None: nobody was asked

    @property
    def budgets(self) -> list[int]:
        """Every budget that was tried, rising."""
        return sorted({row.budget for row in self.rows})

    def cheapest(self, level: int) -> Extraction | None:
        """The one that reaches a level with the smallest budget; of several the closest copy."""
        found = [one for one in self.extractions if one.bracket(level).at_most is not None]
        return min(found, key=lambda one: one.bracket(level).at_most or 0, default=None)


class Examines(Protocol):
    """As ``students.Examiner``."""

    attacked: int
    eps: Fraction

    def of(self, row: Row) -> Student:
        """A row's student."""

    def noise(self) -> float | None:
        """The teacher under random signs."""

    def teacher_classes(self) -> tuple[float | None, ...]:
        """The teacher by class."""


def collect(
    rows: list[Row],
    examiner: Examines,
    alarm: Callable[[Row], Alarm],
    tariff: Tariff,
    classes: Sequence[str],
) -> Exposure:
    """The exposure that some rows of one setting show; ``alarm`` computes that of a row.

    Raises ``BenchError`` for rows of two teachers: a page is of one classifier.
    """
    if len(shas := sorted({row.teacher_sha for row in rows})) > 1:
        told = ", ".join(f"{sha[:12]}…" for sha in shas)
        raise BenchError(f"these rows are of several teachers (SHA-256 {told}); a page is of one")
    groups: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        groups[row.defence, row.access].append(row)
    extractions = [
        _extraction(name, *key, of, examiner, alarm)
        for key, group in groups.items()
        for name, of in by_method(group).items()
    ]
    extractions.sort(key=lambda one: (-one.agreement, one.title))
    return Exposure(
        rows,
        extractions,
        tariff,
        tuple(classes),
        examiner.teacher_classes(),
        examiner.eps,
        examiner.attacked,
        examiner.noise(),
    )


def _extraction(
    name: str,
    defence: str,
    access: str,
    rows: list[Row],
    examiner: Examines,
    alarm: Callable[[Row], Alarm],
) -> Extraction:
    rows = sorted(rows, key=lambda row: (row.budget, row.seed))
    agreements = by_budget(rows)
    largest = max(agreements, default=0)
    last = [row for row in complete(rows) if row.budget == largest]
    return Extraction(
        name,
        defence,
        access,
        rows,
        [reached(agreements, level) for level in LEVELS],
        [alarm(row) for row in last],
        [examiner.of(row) for row in last],
    )
