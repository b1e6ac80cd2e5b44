"""The two kinds of curve, never mixed, and the numbers that sum one up.

End points: accuracies of separate runs, one or more at each budget. Trace: the curve inside one
run. The second is no substitute for the first, as schedules follow the share of the budget spent.
"""

from __future__ import annotations

from collections.abc import Sequence

from benchmark.parse import short
from benchmark.stats import area_under_curve, cell, mean, queries_to_reach
from benchmark.store import Row
from benchmark.tables.grouping import by_method, by_setting, title_of
from benchmark.tables.render import render
from benchmark.tables.table import NONE, Document, Table

Points = list[tuple[int, float]]  # queries, accuracy in %
TARGETS = (50.0, 80.0, 90.0)
NOTES = (
    "to X %: queries by which at least half of the runs have X % accuracy, an upper bound (nothing "
    f"is interpolated); {NONE} not reached. area: mean accuracy over the stated range of queries "
    "on a log axis, mean ± half a 95 % t interval (seeds)."
)


def budgets_of(rows: list[Row]) -> list[int]:
    """The budgets that rows were run with."""
    return sorted({row["budget"] for row in rows})


def end_points(rows: list[Row]) -> dict[int, list[float]]:
    """Final accuracies of separate runs, by budget."""
    return {b: [r["accuracy"] for r in rows if r["budget"] == b] for b in budgets_of(rows)}


def trace(row: Row) -> Points:
    """The curve inside one run from its first paid query; of two points at one count the later."""
    points = {p["queries"]: p["accuracy"] for p in row["curve"] if p["queries"] > 0}
    return sorted(points.items())


def mean_trace(rows: list[Row]) -> Points:
    """The mean of traces, at the query counts that all of them have."""
    traces = [dict(trace(row)) for row in rows]
    common = set(traces[0]).intersection(*traces[1:])
    return [(queries, mean([one[queries] for one in traces])) for queries in sorted(common)]


def complete(rows: list[Row]) -> list[Row]:
    """The rows that have numbers."""
    return [row for row in rows if row["status"] == "complete"]


def tables(rows: list[Row], targets: Sequence[float] = TARGETS) -> list[Table]:
    """Queries to reach ``targets`` and areas: for each setting one table of the methods with
    several budgets, and one for each budget that is the only one of some method.
    """
    found = []
    for group in by_setting(complete(rows), budget=False).values():
        title, methods = title_of(group[0], rows), by_method(group)
        separate = {name: _budget_curves(of) for name, of in methods.items()}
        separate = {name: curves for name, curves in separate.items() if curves}
        if separate:
            found.append(_table(f"{title}, separate runs per budget", separate, targets))
        alone = {budgets_of(of)[0] for of in methods.values() if len(budgets_of(of)) == 1}
        for budget in sorted(alone):
            inside = {
                name: [trace(row) for row in of if row["budget"] == budget]
                for name, of in methods.items()
                if budget in budgets_of(of)
            }
            found.append(_table(f"{title}, inside runs of {budget:,} queries", inside, targets))
    return found


def markdown(rows: list[Row], targets: Sequence[float] = TARGETS) -> str:
    """All tables, then what their columns mean."""
    return render(Document(tables(rows, targets), [NOTES]), "md")


def _budget_curves(rows: list[Row]) -> list[Points]:
    """For each seed that was run at every budget its accuracies, where there are two budgets."""
    budgets = budgets_of(rows)
    if len(budgets) < 2:
        return []
    seeds: dict[int, dict[int, float]] = {}
    for row in rows:
        seeds.setdefault(row["seed"], {})[row["budget"]] = row["accuracy"]
    return [sorted(points.items()) for points in seeds.values() if len(points) == len(budgets)]


def _table(title: str, methods: dict[str, list[Points]], targets: Sequence[float]) -> Table:
    low, high = _common_range(methods)
    lines = []
    for name, curves in methods.items():
        reached = [queries_to_reach(curves, target) for target in targets]
        areas = [area_under_curve(c, low, high) for c in curves] if low < high else []
        text = [f"{queries:,}" if queries else NONE for queries in reached]
        line = (name, *text, cell(areas) if areas else NONE, str(len(curves)))
        lines.append((-mean(areas) if areas else 0.0, name, line))
    facts = (
        f"Area from {short(low)} to {short(high)} queries." if low < high else "No common range."
    )
    header = ("method", *(f"to {target:g} %" for target in targets), "area", "runs")
    return Table(title, facts, header, [line for *_, line in sorted(lines)])


def _common_range(methods: dict[str, list[Points]]) -> tuple[int, int]:
    """From the first to the last query count that every curve covers; (1, 0) if there is none."""
    curves = [curve for of in methods.values() for curve in of]
    if not all(curves):
        return 1, 0
    return max(curve[0][0] for curve in curves), min(curve[-1][0] for curve in curves)
