"""Tables on a terminal: they fit, and nothing of them is lost."""

from __future__ import annotations

import io

from rich.console import Console

from benchmark.tables.render import terminal
from benchmark.tables.table import Sheet, Table, heads, line
from benchmark.tables.values import (
    count,
    mean_of,
)


def test_a_terminal_that_is_too_narrow_gets_several_tables_that_repeat_the_names():
    columns = heads(["method"], ["accuracy", "queries", "seconds"])
    lines = [
        line("ideal|odd", mean_of([90.33]), count(5000), count(28)),
        line("noise", *[None] * 3),
    ]
    sheet = Sheet([Table("A title", ("Facts.",), columns, lines)], ["A note."], ["Said."])
    whole, narrow = drawn(sheet, 80), drawn(sheet, 34)
    assert len(whole) == 4 and len(narrow) == 5, "title, table or two, footnote, note"
    assert whole[0] == "A title\nFacts." and whole[-2:] == ["ᵃ Said.", "A note."]
    assert [part.split()[:3] for part in narrow[1:3]] == [
        ["method", "accuracy", "queries"],
        ["method", "seconds", "─" * 18],
    ]
    assert all("ideal|odd" in part and "noise" in part for part in narrow[1:3])
    assert max(len(of) for part in narrow for of in part.split("\n")) <= 34


def test_a_name_that_is_wider_than_the_terminal_goes_on_below_itself():
    long = "batch * (generator_steps * (directions + 1) + student_steps)"
    table = Table("", (), heads(["method", "queries"], []), [line("dfme", long)])
    (part,) = drawn(Sheet([table], []), 50)
    assert max(map(len, part.split("\n"))) <= 50
    assert [word for word in long.split() if word not in part] == []


def drawn(sheet: Sheet, width: int) -> list[str]:
    """The parts of a sheet as a terminal shows them."""
    console = Console(width=width, file=io.StringIO())
    found = []
    for part in terminal.parts(sheet, width):
        with console.capture() as caught:
            console.print(part)
        found.append("\n".join(of.rstrip() for of in caught.get().rstrip("\n").split("\n")))
    return found
