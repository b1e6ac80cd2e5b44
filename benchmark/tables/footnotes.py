"""Footnotes of a table: numbered as they come, set where they say most with the fewest signs."""

from __future__ import annotations

from dataclasses import dataclass, field

from benchmark.papers import published
from benchmark.papers.presets import PresetMethod
from benchmark.papers.printed import Footnote, Number
from benchmark.tables.layout import Layout

At = tuple[int, int]  # block and column


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
class Set:
    """Where the paper's footnotes stand: at columns, blocks, entries; of all, in ``general``."""

    columns: dict[int, tuple[int, ...]] = field(default_factory=dict)
    blocks: dict[int, tuple[int, ...]] = field(default_factory=dict)
    entries: dict[At, tuple[int, ...]] = field(default_factory=dict)
    general: list[str] = field(default_factory=list)


def lift(layout: Layout, printed: dict[At, Number], notes: Footnotes) -> Set:
    """The footnotes that concern printed numbers.

    One that concerns every method's number gets no sign, one that concerns all of a column or row
    a sign there, else each entry has it.
    """
    found = Set()
    results = {at for at in printed if isinstance(_item(layout, at), PresetMethod)}
    for footnote, left in _concerned(printed):
        if results <= left:
            found.general.append(f"The paper's numbers: {footnote.text}")
            continue
        number = notes.number(footnote.text)
        for axis, signs in ((1, found.columns), (0, found.blocks)):
            for index in sorted({at[axis] for at in left}):
                whole = {at for at in results if at[axis] == index}
                if len(whole) > 1 and whole <= left:
                    signs[index] = (*signs.get(index, ()), number)
                    left = {at for at in left if at[axis] != index}
        for at in sorted(left):
            found.entries[at] = (*found.entries.get(at, ()), number)
    return found


def _concerned(printed: dict[At, Number]) -> list[tuple[Footnote, set[At]]]:
    """Each footnote that concerns a number with its entries, from left to right."""
    found = []
    for footnote in published.footnotes():
        there = {at for at, number in printed.items() if footnote.concerns(number)}
        found += [(footnote, there)] if there else []
    return sorted(found, key=lambda pair: min((column, row) for row, column in pair[1]))


def _item(layout: Layout, at: At) -> object:
    found = layout.blocks[at[0]].entries[at[1]]
    return found[1] if found else None
