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
from benchmark.tables.table import Document, Entry, Table
from benchmark.tables.values import shown

GAP = 2  # blanks between two columns, one of them from the box


def parts(document: Document, width: int) -> Iterator[RenderableType]:
    """Tables, footnotes and notes, for lines of ``width`` columns; between two an empty line."""
    for table in document.tables:
        if head := _head(table):
            yield head
        yield from _grids(table, width)
    for number, text in enumerate(document.footnotes, start=1):
        yield Text(f"{raised(letter(number))} {text}")
    yield from map(Text, document.notes)


def _head(table: Table) -> Text:
    """Title and facts, a line each."""
    facts = "".join(part if isinstance(part, str) else shown(part) for part in table.facts)
    said = [Text(table.title, "bold"), Text(facts)]
    return Text("\n").join(one for one in said if one.plain)


def _grids(table: Table, width: int) -> Iterator[Grid]:
    heads = [Text(one.head + raised(letters(one.footnotes))) for one in table.columns]
    lines = [[_text(entry) for entry in line] for line in table.lines]
    sizes = [
        max(cell_len(line[place].plain) for line in (heads, *lines)) + GAP
        for place in range(len(heads))
    ]
    names = [place for place, one in enumerate(table.columns) if one.is_name]
    numbers = [place for place in range(len(heads)) if place not in names]
    if sum(sizes[n] for n in names) + max((sizes[n] for n in numbers), default=0) > width + GAP:
        names, numbers = names[:1], sorted({*names[1:], *numbers})
    room = width + GAP - sum(sizes[place] for place in names)
    for group in _groups(numbers, sizes, room):
        yield _grid(table, sorted({*names, *group}), heads, lines)


def _groups(places: list[int], sizes: list[int], room: int) -> list[list[int]]:
    """Places of columns, in order, as many together as there is room for and at least one."""
    groups: list[list[int]] = [[]]
    for place in places:
        if groups[-1] and sum(sizes[one] for one in groups[-1]) + sizes[place] > room:
            groups.append([])
        groups[-1].append(place)
    return groups


def _grid(table: Table, kept: list[int], heads: list[Text], lines: list[list[Text]]) -> Grid:
    """Some columns of a table; a text that is wider than the terminal goes on below itself."""
    grid = Grid(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, GAP - 1, 0, 0))
    for place in kept:
        left = table.columns[place].is_name
        grid.add_column(heads[place], justify="left" if left else "right", overflow="fold")
    for number, line in enumerate(lines):
        if number in table.breaks and number:
            grid.add_section()
        grid.add_row(*(line[place] for place in kept))
    return grid


def _text(entry: Entry) -> Text:
    style = " ".join(["bold"] * entry.bold + ["underline"] * entry.underline)
    return Text(shown(entry.value), style) + Text(raised(letters(entry.footnotes)))
