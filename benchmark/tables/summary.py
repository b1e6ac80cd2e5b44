"""Small tables of the runs of a command: methods by budgets, one for each setting."""

from __future__ import annotations

from benchmark.parse import short
from benchmark.rows.grouping import by_method, by_setting, title_of
from benchmark.rows.row import Row
from benchmark.rows.stats import cell, mean
from benchmark.tables import validity
from benchmark.tables.markdown import pipes
from benchmark.tables.table import ACCURACY, NONE


def text(rows: list[Row]) -> str:
    """The tables and what their numbers are; the best method at the largest budget comes first."""
    parts = []
    for group in by_setting(rows, budget=False).values():
        budgets = sorted({row.budget for row in group})
        lines = [
            (
                validity.named(name, of),
                *(_cell([row for row in of if row.budget == budget]) for budget in budgets),
            )
            for name, of in sorted(by_method(group).items(), key=_rank)
        ]
        header = ("method", *(f"{short(budget)} queries" for budget in budgets))
        parts.append(f"{title_of(group[0], rows)}\n{pipes(header, lines)}")
    few = "; † fewer than three seeds, so no interval" if "†" in "".join(parts) else ""
    return "\n\n".join([*parts, f"{ACCURACY}{few}."])


def _cell(rows: list[Row]) -> str:
    done = [row.accuracy for row in rows if row.complete]
    failed = f"{len(rows) - len(done)} failed" if len(done) < len(rows) else ""
    return ", ".join(filter(None, (cell(done) if done else "", failed))) or NONE


def _rank(pair: tuple[str, list[Row]]) -> tuple[float, str]:
    done = [row for row in pair[1] if row.complete]
    most = max((row.budget for row in done), default=0)
    best = mean([row.accuracy for row in done if row.budget == most]) if done else -1.0
    return -best, pair[0]
