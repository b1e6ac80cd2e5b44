"""How far a run that is made again elsewhere may lie from its row.

On the row's device and torch every bit must agree. Elsewhere sums round otherwise, and after some
steps the run is another one, as from another seed. So the row's accuracy at a mark must lie where
one more seed would: in the t interval for one more value, around the mean of the accuracies that
this form has at that mark with other seeds in the store, and of the one that was made here. The row
itself is none of them, else it would widen its own interval. All marks of an audit together leave
out an honest row in 5 % of cases (Bonferroni's bound).

With fewer than three values nothing is decided, nor by an interval wider than ``WIDEST``: whoever
says that such a row holds says nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from benchmark.rows.row import IDENTITY, LABELS, Row
from benchmark.rows.stats import FEWEST, half_prediction, mean

WRONG = 0.05  # of honest rows that may be left out
WIDEST = 10.0  # points of accuracy on either side
ROUNDING = 0.1  # points: three equal values do not make a row of the fourth decimal a forgery
SAME = [one.name for one in IDENTITY if one.name not in (*LABELS, "seed")]


class Bounds(NamedTuple):
    """Accuracies in % between which the row's must lie, and where the bounds come from."""

    low: float
    high: float
    words: str
    decides: bool = True  # False: a value between them is no evidence


class Unknown(NamedTuple):
    """Why there are no bounds."""

    words: str


Allowed = Callable[[int, float], "Bounds | Unknown"]  # of a mark, and the accuracy in % made here


def given(points: float) -> Allowed:
    """Bounds that a person chose: so many points around the accuracy that was made here."""
    return lambda mark, here: Bounds(here - points, here + points, f"within {points:g}, as asked")


def others(row: Row, rows: Iterable[Row]) -> list[Row]:
    """The complete rows of the form and setting of a row with other seeds."""
    return [one for one in rows if one.complete and one.seed != row.seed and _same(one, row)]


def _same(one: Row, other: Row) -> bool:
    names = (*SAME, "data_digest")
    return all(getattr(one, name) == getattr(other, name) for name in names)


@dataclass(frozen=True)
class Seeds:
    """Bounds from the spread between seeds, for an audit that compares so many ``marks``."""

    rows: list[Row]
    marks: int

    def __call__(self, mark: int, here: float) -> Bounds | Unknown:
        """The bounds at a mark."""
        there = [point for row in self.rows for point in row.curve if point.mark == mark]
        values = [here, *(point.accuracy for point in there)]
        half = half_prediction(values, 1 - WRONG / self.marks)
        if half is None:
            are = "is" if len(there) == 1 else "are"
            least = f"{len(there)} of at least {FEWEST - 1} other seeds {are} in the store"
            return Unknown(f"{least}, so nothing tells")
        middle, half = mean(values), max(half, ROUNDING)
        low, high = max(middle - half, 0.0), min(middle + half, 100.0)
        words = f"{len(values)} seeds allow {low:.2f} to {high:.2f}"
        wide = half > WIDEST
        return Bounds(low, high, f"{words}, too wide to tell" if wide else words, not wide)
