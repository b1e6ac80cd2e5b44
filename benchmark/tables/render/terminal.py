"""Tables on a terminal, by rich; one that is too wide becomes several that repeat the names."""

from __future__ import annotations

from collections.abc import Iterator

from rich import box
from rich.cells import cell_len
from rich.console import RenderableType
from rich.table import Table as Grid
from rich.text import Text

from benchmark.tables.render import letter, letters
from benchmark.tables.render.md import raised
from benchmark.tables.table import Entry, Sheet, Table
from benchmark.tables.values import shown

GAP = 2  # blanks between two columns, one of them from the box


def parts(sheet: Sheet, width: int) -> Iterator[RenderableType]:
    """Tables, footnotes and notes, for lines of ``width`` columns; between two an empty line."""
    for table in sheet.tables:
        if head := _head(table):
            yield head
        yield from _grids(table, width)
    for number, text in enumerate(sheet.footnotes, start=1):
        yield Text(f"{raised(letter(number))} {text}")
    yield from map(Text, sheet.notes)


def _head(table: Table) -> Text:
    """Title and facts, a line each."""
    facts = "".join(part if isinstance(part, str) else shown(part) for part in table.facts)
    said = [Text(table.title, "bold"), Text(facts)]
    return Text("\n").join(one for one in said if one.plain)


def _grids(table: Table, width: int) -> Iterator[Grid]:
    heads = [Text(one.head + raised(letters(one.footnotes))) for one in table.columns]
    lines = [[_text(entry) for entry in line] for line in table.lines]
    sizes = [
        max(cell_len(line[column].plain) for line in (heads, *lines)) + GAP
        for column in range(len(heads))
    ]
    names = [number for number, one in enumerate(table.columns) if one.is_name]
    numbers = [column for column in range(len(heads)) if column not in names]
    if sum(sizes[n] for n in names) + max((sizes[n] for n in numbers), default=0) > width + GAP:
        names, numbers = names[:1], sorted({*names[1:], *numbers})
    room = width + GAP - sum(sizes[column] for column in names)
    for group in _groups(numbers, sizes, room):
        yield _grid(table, sorted({*names, *group}), heads, lines)


def _groups(columns: list[int], sizes: list[int], room: int) -> list[list[int]]:
    """Numbers of columns, in order, as many together as there is room for and at least one."""
    groups: list[list[int]] = [[]]
    for column in columns:
        if groups[-1] and sum(sizes[one] for one in groups[-1]) + sizes[column] > room:
            groups.append([])
        groups[-1].append(column)
    return groups


def _grid(table: Table, kept: list[int], heads: list[Text], lines: list[list[Text]]) -> Grid:
    """Some columns of a table; a text that is wider than the terminal goes on below itself."""
    grid = Grid(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, GAP - 1, 0, 0))
    for column in kept:
        left = table.columns[column].is_name
        grid.add_column(heads[column], justify="left" if left else "right", overflow="fold")
    for number, line in enumerate(lines):
        if number in table.breaks and number:
            grid.add_section()
        grid.add_row(*(line[column] for column in kept))
    return grid


def _text(entry: Entry) -> Text:
    style = " ".join(["bold"] * entry.bold + ["underline"] * entry.underline)
    return Text(shown(entry.value), style) + Text(raised(letters(entry.footnotes)))
