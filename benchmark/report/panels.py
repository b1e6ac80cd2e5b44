"""The first screen: for each setting and budget methods by accuracy, a sentence, a chart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from benchmark.parse import short
from benchmark.pictures.curves import ends, mean_trace
from benchmark.report import chart, contenders
from benchmark.report.chart import Curve, Level
from benchmark.report.contenders import FLOOR, METHOD, Contender
from benchmark.rows import paired
from benchmark.rows.row import Row
from benchmark.rows.stats import interval
from benchmark.tables.values import shown

INSIDE = "The student inside runs of {budget:,} queries; a marker is its end."
SEPARATE = "Separate runs at each budget; a marker is the end of runs of one budget."


@dataclass(frozen=True)
class Entrant:
    """A line of a panel: a contender, and where its mean, its interval and reference stand in %."""

    contender: Contender
    swatch: str  # SVG
    text: str  # accuracy with interval and seeds, or one for each budget
    low: float | None
    high: float | None

    @property
    def around(self) -> str:
        """What its kind tells a reader."""
        return "" if self.contender.kind == METHOD else self.contender.kind


@dataclass(frozen=True)
class Panel:
    """One setting at one budget, or at every budget."""

    budget: int | None  # None: every one
    name: str
    sentence: str
    entrants: list[Entrant]
    chart: str  # SVG; "" without a point
    caption: str
    floor: float | None  # accuracy in % of the best floor
    teacher: float


@dataclass(frozen=True)
class Panels:
    """The panels of a setting, the one of most methods first."""

    title: str
    panels: list[Panel]

    @property
    def main(self) -> Panel:
        """The panel that answers for the setting."""
        return self.panels[0]


def of_setting(rows: list[Row], title: str) -> Panels | None:
    """The panels of one setting; None without a complete run."""
    found = contenders.of_setting(rows)
    if not found:
        return None
    teacher = rows[0].teacher_accuracy
    budgets = {budget for one in found for budget in one.budgets}
    ranked = {budget: contenders.ranked(found, budget) for budget in budgets}
    order = sorted(budgets, key=lambda budget: (-_methods(ranked[budget]), -budget))
    panels = [_at(budget, ranked[budget], title, teacher) for budget in order]
    several = [one for one in found if len(one.budgets) > 1]
    return Panels(title, [*panels, *([_every(several, title, teacher)] if several else [])])


def _methods(here: Iterable[Contender]) -> int:
    return len({one.rows[0].method for one in here})


def _at(budget: int, here: list[Contender], title: str, teacher: float) -> Panel:
    """The panel of one budget."""
    floor = next((one for one in here if one.kind == FLOOR), None)
    levels = [Level("teacher", teacher)]
    levels += [Level(f"best floor, {floor.label}", floor.mean)] if floor else []
    curves = [
        Curve(one.number, one.label, one.style, _inside(one), first=one.first) for one in here
    ]
    name = f"{budget:,} queries"
    return Panel(
        budget,
        name,
        answer(here, floor),
        [_entrant(one, shown(one.accuracy)) for one in here],
        chart.draw(curves, levels, f"Accuracy against queries: {title}, {name}"),
        INSIDE.format(budget=budget),
        floor.mean if floor else None,
        teacher,
    )


def _every(several: list[Contender], title: str, teacher: float) -> Panel:
    """The panel of the methods that were run at several budgets."""
    points = {one.number: [(of.budget, of.mean) for of in ends(one.rows)] for one in several}
    several = sorted(several, key=lambda one: (-points[one.number][-1][1], one.label))
    curves = [
        Curve(one.number, one.label, one.style, points[one.number], every=True, first=one.first)
        for one in several
    ]
    entrants = [_entrant(one, _series(points[one.number]), whole=False) for one in several]
    drawn = chart.draw(curves, [Level("teacher", teacher)], f"Accuracy against budgets: {title}")
    sentence = "Means of separate runs, by the budget that they may ask."
    return Panel(None, "every budget", sentence, entrants, drawn, SEPARATE, None, teacher)


def _inside(one: Contender) -> list[chart.Point]:
    """The mean curve inside runs, up to their end."""
    queries = sum(row.queries for row in one.rows) / len(one.rows)
    before = [point for point in mean_trace(one.rows) if point[0] < queries]
    return [*before, (max(queries, 1.0), one.mean)]


def _series(points: Sequence[chart.Point]) -> str:
    return " · ".join(f"{short(int(budget))} {mean:.1f}" for budget, mean in points)


def _entrant(one: Contender, text: str, whole: bool = True) -> Entrant:
    found = interval(one.accuracy.values)
    low, high = (found.low, found.high) if whole else (None, None)
    return Entrant(one, chart.swatch(one.style), text, low, high)


def answer(here: Sequence[Contender], floor: Contender | None) -> str:
    """Who leads of the methods in their first forms, what is level with it, and whether learning
    images was worth it.
    """
    methods = [one for one in here if one.kind == METHOD and one.first]
    if not methods:
        return "No method that learns images was run."
    best, number = methods[0], _methods(methods)
    words = "1 method that learns" if number == 1 else f"{number} methods that learn"
    lead = f"Of {words} images, {best.name} has the highest mean, {shown(best.accuracy)} %"
    return f"{lead}{_against(best, floor)}.{_level(methods)}"


def _against(best: Contender, floor: Contender | None) -> str:
    """The best form against the best floor."""
    if floor is None:
        return "; no floor was run"
    above = best.mean - floor.mean
    where = f"{above:.2f} points above" if above > 0 else f"{-above:.2f} points below"
    return f": {where} the best floor, {floor.label}, which learns none"


def _level(methods: Sequence[Contender]) -> str:
    """The forms that are level with the best, where seeds can tell."""
    seeds = {one.label: one.seeds for one in methods}
    if paired.undecided(seeds):
        return " It has too few seeds to lead for sure."
    others = [one.name for one in methods[1:] if one.label in paired.leaders(seeds)]
    return f" Level with it: {', '.join(others)}." if others else ""
