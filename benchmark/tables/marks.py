"""Footnotes of a table: numbered as they come, set where they say most with the fewest marks."""

from __future__ import annotations

from dataclasses import dataclass, field

from benchmark.papers import published
from benchmark.papers.presets import PresetMethod
from benchmark.papers.printed import Footnote, Number
from benchmark.tables.layout import Layout

Cell = tuple[int, int]  # block and column


@dataclass
class Footnotes:
    """Texts by number, from 1; an equal text keeps its number."""

    texts: list[str] = field(default_factory=list)

    def number(self, text: str) -> int:
        """The number of a text, a new one if there is none."""
        if text not in self.texts:
            self.texts.append(text)
        return self.texts.index(text) + 1


@dataclass
class Marks:
    """Where the paper's footnotes stand: at columns, blocks, cells; or, of all, in ``general``."""

    columns: dict[int, tuple[int, ...]] = field(default_factory=dict)
    blocks: dict[int, tuple[int, ...]] = field(default_factory=dict)
    cells: dict[Cell, tuple[int, ...]] = field(default_factory=dict)
    general: list[str] = field(default_factory=list)


def lift(layout: Layout, printed: dict[Cell, Number], notes: Footnotes) -> Marks:
    """The footnotes that concern printed numbers.

    One that concerns every method's number gets no mark, one that concerns all of a column or row
    a mark there, else each cell has it.
    """
    marks = Marks()
    results = {at for at in printed if isinstance(_item(layout, at), PresetMethod)}
    for footnote, left in _concerned(printed):
        if results <= left:
            marks.general.append(f"The paper's numbers: {footnote.text}")
            continue
        number = notes.number(footnote.text)
        for axis, place in ((1, marks.columns), (0, marks.blocks)):
            for index in sorted({at[axis] for at in left}):
                whole = {at for at in results if at[axis] == index}
                if len(whole) > 1 and whole <= left:
                    place[index] = (*place.get(index, ()), number)
                    left = {at for at in left if at[axis] != index}
        for at in sorted(left):
            marks.cells[at] = (*marks.cells.get(at, ()), number)
    return marks


def _concerned(printed: dict[Cell, Number]) -> list[tuple[Footnote, set[Cell]]]:
    """Each footnote that concerns a number with its cells, from left to right."""
    found = []
    for footnote in published.footnotes():
        cells = {at for at, number in printed.items() if footnote.concerns(number)}
        found += [(footnote, cells)] if cells else []
    return sorted(found, key=lambda pair: min((column, row) for row, column in pair[1]))


def _item(layout: Layout, at: Cell) -> object:
    return layout.blocks[at[0]].cells[at[1]][1]
