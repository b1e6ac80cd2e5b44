"""The queries that a level of agreement with the teacher takes: between which two budgets it lies.

End points of separate runs alone: a run spreads its work over its budget, so a point on its way is
no run of a smaller budget. Only budgets that were run are known, so a level lies *above* the
largest one that does not reach it and is reached *at most* at the next. Nothing is interpolated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from benchmark.rows.grouping import complete
from benchmark.rows.row import Row
from benchmark.rows.stats import FEWEST, interval, mean

LEVELS = (50, 80, 90, 95)  # % agreement with the teacher
Agreements = Mapping[int, Sequence[float]]  # budget -> agreement in % of each run; rising
Value = Callable[[Sequence[float]], float]


@dataclass(frozen=True)
class Bracket:
    """Two budgets, in queries, between which a level lies.

    ``above`` is None where the smallest budget reaches it, ``at_most`` where none does.
    """

    above: int | None
    at_most: int | None


@dataclass(frozen=True)
class Reached:
    """One level of one method."""

    level: int  # %
    mean: Bracket  # by the mean over seeds
    interval: Bracket | None  # by both ends of the mean's 95 % t interval; None: too few seeds
    first: int | None  # the smallest budget at which any one run reaches it


def by_budget(rows: Iterable[Row]) -> dict[int, list[float]]:
    """Budget to the agreement in % of each of its complete runs, rising."""
    found: dict[int, list[float]] = {}
    for row in sorted(complete(rows), key=lambda row: (row.budget, row.seed)):
        if row.agreement is not None:
            found.setdefault(row.budget, []).append(row.agreement)
    return found


def bracket(agreements: Agreements, level: int, of: Value = mean) -> Bracket:
    """The two neighbouring budgets of which the larger is the first that reaches a level in %.

    ``of``: makes one number of the agreements at a budget.
    """
    at_most = next((budget for budget, values in agreements.items() if of(values) >= level), None)
    smaller = [budget for budget in agreements if at_most is None or budget < at_most]
    return Bracket(max(smaller, default=None), at_most)


def reached(agreements: Agreements, level: int) -> Reached:
    """The queries to one level in %.

    The interval runs from the last budget at which even the upper end of the mean's t interval is
    below the level to the first at which even the lower end is not.
    """
    spread = None
    if agreements and all(len(values) >= FEWEST for values in agreements.values()):
        early, sure = bracket(agreements, level, _high), bracket(agreements, level, _low)
        spread = Bracket(early.above, sure.at_most)
    first = bracket(agreements, level, max).at_most
    return Reached(level, bracket(agreements, level), spread, first)


def _low(values: Sequence[float]) -> float:
    low = interval(values).low
    assert low is not None, "there are enough seeds"
    return low


def _high(values: Sequence[float]) -> float:
    high = interval(values).high
    assert high is not None, "there are enough seeds"
    return high
