"""Tables of made-up rows, as Markdown."""

from __future__ import annotations

from benchmark.rows.row import Row
from benchmark.tables import table
from benchmark.tables.render import render


def markdown(rows: list[Row], compare: bool = False) -> str:
    """The tables of rows with their notes."""
    return render(table.document(rows, compare), "md")
