"""The two kinds of curve, never mixed, and the numbers that sum one up.

Ends: accuracies of separate runs, one or more at each budget. Trace: the curve inside one run. The
second is no substitute for the first, as schedules follow the share of the budget spent.

A point counts only where the student had been trained. A method that buys everything first leaves
its student untouched until the last query: at the marks before, a row holds the accuracy of initial
weights, which says nothing of the labels bought so far.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from benchmark.parse import short
from benchmark.rows.grouping import by_method, by_setting, title_of
from benchmark.rows.row import Row
from benchmark.rows.stats import area_under_curve, interval, mean, queries_to_reach
from benchmark.tables import validity
from benchmark.tables.table import Entry, Sheet, Table, heads, line
from benchmark.tables.values import NONE, count, mean_of

Points = list[tuple[int, float]]  # queries, accuracy in %
Means = list[tuple[float, float]]  # the same of several runs
Queries = TypeVar("Queries", int, float)
TARGETS = (50.0, 80.0, 90.0)
NO_CURVE = "no curve"
NOTES = (
    "Separate runs per budget: a curve joins the final students of one seed at every budget. "
    "Inside runs: a curve joins the states of one student at the marks of its run, from the first "
    "mark at which it had been trained. to X %: queries by which at least half of the curves have "
    f"X % accuracy, at a point that was measured, so an upper bound; {NONE} not reached. area: "
    "mean accuracy over the stated range of queries, which all curves of the table cover, on a log "
    "axis with straight lines between the points measured; mean and 95 % t interval (curves). "
    f"{NO_CURVE}: no student was trained at a mark before the end of these runs, or no seed was "
    "run at every budget."
)


@dataclass(frozen=True)
class End:
    """The ends of the runs of one method at one budget."""

    budget: int
    queries: float  # that they asked, mean
    values: list[float]  # accuracies in %, one for each run

    @property
    def mean(self) -> float:
        """Accuracy in %."""
        return mean(self.values)

    @property
    def interval(self) -> tuple[float, float] | None:
        """Ends of the 95 % t interval of the mean, inside 0 to 100; None below three runs."""
        found = interval(self.values)
        if found.low is None or found.high is None:
            return None
        return found.low, found.high


def budgets_of(rows: list[Row]) -> list[int]:
    """The budgets that rows were run with."""
    return sorted({row.budget for row in rows})


def ends(rows: list[Row]) -> list[End]:
    """The ends of separate runs, by budget."""
    found = []
    for budget in budgets_of(rows):
        of = [row for row in rows if row.budget == budget]
        asked = mean([row.queries for row in of])
        found.append(End(budget, asked, [row.end_accuracy for row in of]))
    return found


def trace(row: Row) -> Points:
    """The curve inside one run: its paid points with a trained student, by queries."""
    return _joined(_by_mark(row).values())


def mean_trace(rows: list[Row]) -> Means:
    """The mean of the traces, at the marks that all of them have."""
    traces = [_by_mark(row) for row in rows]
    common = sorted(set(traces[0]).intersection(*traces[1:]))
    at_marks = [[one[mark] for one in traces] for mark in common]
    return _joined((mean([q for q, _ in of]), mean([a for _, a in of])) for of in at_marks)


def has_curve(rows: list[Row]) -> bool:
    """Whether there is more inside runs than their ends."""
    return len(mean_trace(rows)) > 1


def _by_mark(row: Row) -> dict[int, tuple[int, float]]:
    """Mark to queries and accuracy, where something was paid and the student had been trained.

    Marks pair the points of several runs. A mark inside a call stands before it, so its queries
    may be fewer.
    """
    return {
        point.mark: (point.queries, point.accuracy)
        for point in row.curve
        if point.queries > 0 and point.student_images > 0
    }


def _joined(points: Iterable[tuple[Queries, float]]) -> list[tuple[Queries, float]]:
    """Points by queries; of two at one count the later."""
    return sorted(dict(points).items())


def complete(rows: list[Row]) -> list[Row]:
    """The rows that have numbers."""
    return [row for row in rows if row.complete]


def tables(rows: list[Row], targets: Sequence[float] = TARGETS) -> list[Table]:
    """Queries to reach ``targets`` and areas: for each setting one table of the methods with
    several budgets, and one for each budget that is the only one of some method.
    """
    found = []
    for group in by_setting(complete(rows), budget=False).values():
        title, methods = title_of(group[0], rows), by_method(group)
        several = {name: of for name, of in methods.items() if len(budgets_of(of)) > 1}
        separate = {name: _budget_curves(of) for name, of in several.items()}
        names = {name: validity.named(name, of) for name, of in methods.items()}
        if separate:
            found.append(_table(title, "separate runs per budget", separate, names, targets))
        alone = {budgets_of(of)[0] for of in methods.values() if len(budgets_of(of)) == 1}
        for budget in sorted(alone):
            inside = {
                name: [trace(row) for row in of if row.budget == budget]
                for name, of in methods.items()
                if budget in budgets_of(of)
            }
            part = f"inside runs of {budget:,} queries"
            found.append(_table(title, part, inside, names, targets))
    return found


def sheet(rows: list[Row], targets: Sequence[float] = TARGETS) -> Sheet:
    """All tables, then the meaning of their columns."""
    return Sheet(tables(rows, targets), [NOTES, *validity.notes(rows)])


def _budget_curves(rows: list[Row]) -> list[Points]:
    """For each seed that was run at every budget its ends, by their queries."""
    budgets = budgets_of(rows)
    seeds: dict[int, Points] = {}
    for row in sorted(rows, key=lambda row: row.budget):
        seeds.setdefault(row.seed, []).append((row.queries, row.end_accuracy))
    whole = [points for points in seeds.values() if len(points) == len(budgets)]
    return [_joined(point for point in points if point[0] > 0) for points in whole]


def _table(
    setting: str,
    part: str,
    methods: dict[str, list[Points]],
    names: dict[str, str],
    targets: Sequence[float],
) -> Table:
    """A line for each method; one that has no curve has no numbers, and stands last."""
    with_curve = {n: of for n, of in methods.items() if of and all(len(one) > 1 for one in of)}
    low, high = _common_range(with_curve)
    lines = []
    for name, curves in with_curve.items():
        areas = [area_under_curve(c, low, high) for c in curves] if low < high else []
        shown = _numbers(names[name], curves, areas, targets)
        lines.append((-mean(areas) if areas else 0.0, name, shown))
    ordered = [shown for _, _, shown in sorted(lines, key=lambda one: one[:2])]
    rest = [names[name] for name in methods if name not in with_curve]
    ordered += [line(name, *("" for _ in targets), NO_CURVE, "") for name in rest]
    facts = "No common range." if with_curve else "There is no curve."
    if low < high:
        facts = f"Area from {short(low)} to {short(high)} queries."
    columns = heads(["method"], [*(f"to {target:g} %" for target in targets), "area", "curves"])
    return Table(f"{setting}, {part}", (facts,), columns, ordered, part=part)


def _numbers(
    name: str, curves: list[Points], areas: list[float], targets: Sequence[float]
) -> tuple[Entry, ...]:
    reached = [queries_to_reach(curves, target) for target in targets]
    found = [count(queries) if queries else None for queries in reached]
    return line(name, *found, mean_of(areas), count(len(curves)))


def _common_range(methods: dict[str, list[Points]]) -> tuple[int, int]:
    """From the first to the last query count that every curve covers; (1, 0) if there is none."""
    curves = [curve for of in methods.values() for curve in of]
    if not curves:
        return 1, 0
    return max(curve[0][0] for curve in curves), min(curve[-1][0] for curve in curves)
