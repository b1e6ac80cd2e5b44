"""Small tables of the runs of a command: methods by budgets, one for each setting."""

from __future__ import annotations

from benchmark.parse import short
from benchmark.rows.grouping import by_method, by_setting, title_of
from benchmark.rows.row import Row
from benchmark.tables import validity
from benchmark.tables.records import of_runs
from benchmark.tables.settings import ACCURACY
from benchmark.tables.table import Sheet, Table, heads, line
from benchmark.tables.values import FEW


def sheet(rows: list[Row]) -> Sheet:
    """The tables and their meaning; the best method at the largest budget comes first."""
    few = f"; {FEW} fewer than three seeds, so no interval" if _any_few(rows) else ""
    groups = by_setting(rows, budget=False).values()
    return Sheet(
        [_table(group, title_of(group[0], rows)) for group in groups], [f"{ACCURACY}{few}."]
    )


def _table(rows: list[Row], title: str) -> Table:
    budgets = sorted({row.budget for row in rows})
    lines = [
        line(
            validity.named(name, of),
            *(of_runs([row for row in of if row.budget == budget]) for budget in budgets),
        )
        for name, of in sorted(by_method(rows).items(), key=_rank)
    ]
    columns = heads(["method"], [f"{short(budget)} queries" for budget in budgets])
    return Table(title, (), columns, lines)


def _any_few(rows: list[Row]) -> bool:
    groups = (of for group in by_setting(rows).values() for of in by_method(group).values())
    return any(of_runs(of).parts().few for of in groups)


def _rank(pair: tuple[str, list[Row]]) -> tuple[float, str]:
    done = [row for row in pair[1] if row.complete]
    most = max((row.budget for row in done), default=0)
    best = of_runs([row for row in done if row.budget == most]).estimate
    return (-best.value if best else 1.0), pair[0]
