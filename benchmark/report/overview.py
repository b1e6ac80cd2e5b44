"""The overview of a report: the number of runs, the settings, the machines."""

from __future__ import annotations

from collections.abc import Iterable

from benchmark.parse import short
from benchmark.pictures.curves import budgets_of, complete
from benchmark.report.contenders import FLOOR, METHOD, Contender
from benchmark.report.panels import Panels
from benchmark.rows.grouping import by_method
from benchmark.rows.row import Row
from benchmark.tables.provenance import source
from benchmark.tables.table import Entry, Table, heads, line
from benchmark.tables.values import Budget, Number, count


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


def settings_table(settings: list[tuple[str, list[Row], Panels | None]]) -> Table:
    """One line for each setting: its best method and its best floor at the budget of most methods.

    A setting has its title, its rows and its panels, which are None where no run is complete.
    """
    columns = (
        *heads(["setting"], ["accuracy %"]),
        *heads(["best method"], ["floor %"]),
        *heads(["best floor"], ["queries", "teacher %", "methods", "runs"]),
    )
    return Table("", (), columns, [_answers(*one) for one in settings])


def _answers(title: str, rows: list[Row], panels: Panels | None) -> tuple[Entry, ...]:
    done = complete(rows)
    found = [one.contender for one in panels.main.entrants] if panels else []
    counts = (len({row.method for row in done}), len(done))
    method, floor = (_first(found, kind) for kind in (METHOD, FLOOR))
    queries = Budget(panels.main.budget) if panels and panels.main.budget else None
    teacher = Number(rows[0].teacher_accuracy)
    return line(title, *method, *floor, queries, teacher, *map(count, counts))


def _first(found: list[Contender], kind: str) -> tuple[Number | None, str | None]:
    """Mean and label of the best of one kind, where there is one."""
    best = next((one for one in found if one.kind == kind and one.first), None)
    return (Number(best.mean), best.label) if best else (None, None)


def _listed(values: Iterable) -> str:
    return ", ".join(str(value) for value in sorted(set(values)))
