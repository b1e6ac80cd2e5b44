"""Values that stand in an entry of a table, each with the one text of its number.

A table holds these, not text, so all formats show and leave out the same ones. ``shown`` is the
text that Markdown, HTML and a terminal share; LaTeX sets ``Mean.parts``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from benchmark.parse import short
from benchmark.rows.stats import Estimate, half_interval, interval

NONE = "—"  # there is no such value
FEW = "†"  # fewer than three seeds, so no interval
BELOW = " ▼"  # behind points that are not above the floor


class Parts(NamedTuple):
    """The pieces of a mean, in the order in which a line shows them."""

    centre: str
    few: str  # ``FEW``, or ""
    spread: str  # half an interval or its ends, "" where there is none
    runs: str  # in brackets; of how many, where some failed


@dataclass(frozen=True)
class Mean:
    """The mean of some percentages with Student's 95 % interval, cut at 0 and 100."""

    values: tuple[float, ...]  # of the runs that ended
    runs: int  # all of them, failed ones too

    @property
    def estimate(self) -> Estimate | None:
        """The mean and its interval; None without a value."""
        return interval(self.values) if self.values else None

    def parts(self) -> Parts:
        """``87.31 ± 0.42 (3)``, or with the ends of the interval where one is cut off."""
        count, found = len(self.values), self.estimate
        runs = f"({count})" if count == self.runs else f"({count}/{self.runs})"
        if found is None:
            return Parts("failed", "", "", runs)
        if found.low is None or found.high is None:
            return Parts(f"{found.value:.2f}", FEW, "", runs)
        half = half_interval(self.values) or 0.0
        whole = (found.low, found.high) == (found.value - half, found.value + half)
        spread = f"± {half:.2f}" if whole else f"[{found.low:.2f}, {found.high:.2f}]"
        return Parts(f"{found.value:.2f}", "", spread, runs)

    def columns(self, name: str) -> dict[str, float | int | None]:
        """Its numbers in columns of a CSV: of ``floor_accuracy`` ``floor_mean`` and so on."""
        found, half = self.estimate, half_interval(self.values)
        before = name.removesuffix("accuracy")
        return {
            f"{before}mean": found.value if found else None,
            f"{before}half_interval": half,
            f"{before}low": found.low if found else None,
            f"{before}high": found.high if found else None,
            f"{before}n": len(self.values),
            f"{before}failed": self.runs - len(self.values),
        }


NO_MEAN = Mean((), 0)  # where nothing was run


def mean_of(values: Iterable[float], runs: int | None = None) -> Mean:
    """A mean of percentages. ``runs``: how many there were, where some have no value."""
    there = tuple(values)
    return Mean(there, len(there) if runs is None else runs)


@dataclass(frozen=True)
class Number:
    """A number with the digits that are shown of it."""

    value: float
    decimals: int = 2  # behind the point
    signed: bool = False
    digits: int | None = None  # significant ones, instead of ``decimals``
    before: str = ""
    after: str = ""

    def text(self) -> str:
        """``+1,234.50 %``, each part only where it is asked for."""
        sign = "+" if self.signed else ""
        form = f"{sign},.{self.decimals}f" if self.digits is None else f"{sign}.{self.digits}g"
        return f"{self.before}{self.value:{form}}{self.after}"


def count(value: float) -> Number:
    """A whole number, or the mean of some."""
    return Number(value, decimals=0)


def points(value: float, triangle: bool = False) -> Number:
    """A difference of percentages. ``triangle``: with ▼ behind it where it is not above 0."""
    return Number(value, signed=True, after=BELOW if triangle and value <= 0 else "")


@dataclass(frozen=True)
class Budget:
    """A number of queries, short: 25k."""

    queries: int


@dataclass(frozen=True)
class Span:
    """The ends of an interval of differences; None: there is no interval."""

    low: float | None
    high: float | None


NO_SPAN = Span(None, None)


@dataclass(frozen=True)
class Chance:
    """A p value."""

    p: float


Plain = str | float | int | bool | None  # None: there is no such value
Value = Mean | Number | Budget | Span | Chance | Plain


def missing(value: Value) -> bool:
    """Whether there is no such value."""
    return value is None or value in (NO_MEAN, NO_SPAN)


def shown(value: Value) -> str:
    """The text of a value, without emphasis and not yet escaped."""
    if missing(value):
        return NONE
    if isinstance(value, Mean):
        return " ".join(filter(None, value.parts()))
    if isinstance(value, Number):
        return value.text()
    if isinstance(value, Budget):
        return short(value.queries)
    if isinstance(value, Span):
        return f"[{value.low:+.2f}, {value.high:+.2f}]"
    if isinstance(value, Chance):
        return "< 0.001" if value.p < 0.001 else f"{value.p:.3f}"
    return str(value)


def columns(name: str, value: Value) -> dict[str, Plain]:
    """A value under its name in one column of a CSV, or in several."""
    if isinstance(value, Mean):
        return dict(value.columns(name))
    if isinstance(value, Number):
        return {name: value.value}
    if isinstance(value, Budget):
        return {name: value.queries}
    if isinstance(value, Span):
        before = name.removesuffix("interval")
        return {f"{before}low": value.low, f"{before}high": value.high}
    if isinstance(value, Chance):
        return {name: value.p}
    return {name: value}
