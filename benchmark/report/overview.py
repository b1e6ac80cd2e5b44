"""The overview of a report: the number of runs, the settings, the machines."""

from __future__ import annotations

from collections.abc import Iterable

from benchmark.parse import short
from benchmark.pictures.curves import budgets_of, complete
from benchmark.rows.grouping import by_method, by_setting, title_of
from benchmark.rows.row import Row
from benchmark.tables.provenance import source
from benchmark.tables.table import Table, heads, line
from benchmark.tables.values import Number, count


def facts(rows: list[Row], every: list[Row]) -> list[tuple[str, str]]:
    """Pairs of a name and a text. ``every``: also the rows that no table shows."""
    done, tuning = complete(rows), len(every) - len(rows)
    failed = f", {len(rows) - len(done)} failed" if len(done) < len(rows) else ""
    aside = f"; {tuning} more of tuning seeds are in no table" if tuning else ""
    hours = sum(row.seconds for row in every) / 3600
    times = [time for row in every for time in (row.started, row.finished)]
    days = sorted({time[:10] for time in times if time})
    labels = len(by_method(rows))
    pairs = [
        ("Runs", f"{len(done)} complete{failed}{aside}"),
        ("Data sets", _listed(row.dataset for row in rows)),
        ("Methods", f"{_listed(row.method for row in rows)}; {labels} with their variants"),
        ("Seeds", _listed(row.seed for row in rows)),
        ("Budgets", ", ".join(short(budget) for budget in budgets_of(rows))),
        ("Queries answered", f"{sum(row.queries for row in every):,}"),
        ("Time of the runs", f"{hours:,.1f} hours, evaluation not counted"),
        ("Measured", " to ".join(dict.fromkeys([days[0], days[-1]])) if days else ""),
        ("Made with", source(every)),
    ]
    return [(name, text) for name, text in pairs if text]


def settings_table(rows: list[Row]) -> Table:
    """One line for each setting, with the methods that were run in it."""
    lines = []
    for group in by_setting(rows, budget=False).values():
        budgets = ", ".join(short(budget) for budget in budgets_of(group))
        first, done = group[0], complete(group)
        seeds = {row.seed for row in group}
        counts = (len(by_method(group)), len(seeds), len(done), len(group) - len(done))
        numbers = (Number(first.teacher_accuracy), *map(count, counts))
        lines.append(line(title_of(first, rows), budgets, *numbers))
    numbers_ = ("teacher %", "methods", "seeds", "complete", "failed")
    return Table("", (), heads(["setting", "budgets"], numbers_), lines)


def _listed(values: Iterable) -> str:
    return ", ".join(str(value) for value in sorted(set(values)))
