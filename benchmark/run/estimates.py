"""How long planned runs may take, from the rows of like runs on the same device."""

from __future__ import annotations

import math
from collections import Counter

from benchmark import datasets
from benchmark.method import config
from benchmark.parse import spoken
from benchmark.rows.row import Row
from benchmark.rows.stats import mean
from benchmark.run.cells import Cell


def lines(cells: list[Cell], rows: list[Row], device: str) -> list[str]:
    """Lines for people on the time of ``cells``: the known sum, and the cells without a rate.

    A cell's rate is that of complete rows of its method, Config, networks, image shape and access
    on ``device`` (its name), at the nearest budget. Nothing is guessed beyond that. Which weights a
    teacher has changes no time, so all of one architecture count.
    """
    timed = [row for row in rows if row.complete and row.device == device]
    rates = [rate(cell, timed) for cell in cells]
    known = [(cell, *one) for cell, one in zip(cells, rates, strict=True) if one]
    found = []
    if known:
        seconds = sum(cell.budget * one for cell, one, *_ in known)
        budgets = ", ".join(f"{budget:,}" for budget in sorted({at for _, _, at, _ in known}))
        found.append(
            f"time: about {spoken(seconds)} for {_runs(len(known))} without evaluation, by rows "
            f"on this device at {budgets} queries"
        )
    unknown = Counter(c.entry.label for c, one in zip(cells, rates, strict=True) if not one)
    if unknown:
        names = ", ".join(f"{label} {count}" for label, count in sorted(unknown.items()))
        found.append(
            f"time: unknown for {_runs(unknown.total())}, as no row has their method, networks and "
            f"image shape on this device ({names})"
        )
    return found


def rate(cell: Cell, rows: list[Row]) -> tuple[float, int, str] | None:
    """Seconds per query, and the budget and device of the rows behind them; None without any."""
    like = [row for row in rows if row.queries and _alike(cell, row)]
    if not like:
        return None
    nearest = min((row.budget for row in like), key=lambda at: abs(math.log(at / cell.budget)))
    chosen = [row for row in like if row.budget == nearest]
    device = chosen[-1].device
    rates = [row.seconds / row.queries for row in chosen if row.device == device]
    return mean(rates), nearest, device


def _alike(cell: Cell, row: Row) -> bool:
    method = (cell.entry.name, cell.entry.method.version, config.identity(cell.config))
    setting = (
        cell.teacher,
        cell.student,
        cell.access,
        cell.arithmetic,
        _shape(cell.dataset),
    )
    return method == (row.method, row.method_version, row.config) and setting == (
        row.teacher,
        row.student,
        row.access,
        row.arithmetic,
        _shape(row.dataset),
    )


def _shape(dataset: str) -> object:
    """The image shape where a name decides it, else the name itself."""
    found = datasets.outline(dataset)
    return found[0] if found else dataset


def _runs(count: int) -> str:
    return f"{count} run{'s' * (count != 1)}"
