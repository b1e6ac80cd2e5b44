"""Tables of made-up rows, as Markdown."""

from __future__ import annotations

from benchmark.rows.row import Row
from benchmark.tables import settings
from benchmark.tables.render import render
from benchmark.tables.table import Column, Entry, Table
from benchmark.tables.values import shown


def markdown(rows: list[Row], compare: bool = False) -> str:
    """The tables of rows with their notes."""
    return render(settings.sheet(rows, compare), "md")


def plain(found: Entry | Column) -> str:
    """The text of an entry or a head, without emphasis and footnotes."""
    return found.head if isinstance(found, Column) else shown(found.value)


def head(table: Table) -> tuple[str, ...]:
    """The heads of a table's columns."""
    return tuple(map(plain, table.columns))


def texts(table: Table) -> list[tuple[str, ...]]:
    """The texts of a table's lines."""
    return [tuple(map(plain, line)) for line in table.lines]


def facts(table: Table) -> str:
    """The facts below a table's title, as a text."""
    return "".join(part if isinstance(part, str) else shown(part) for part in table.facts)
