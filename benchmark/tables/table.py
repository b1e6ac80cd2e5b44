"""A table of values with its sentences: every format makes its own text of these."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from benchmark.tables.values import Value, missing

Record = Mapping[str, Value]  # the values of one thing measured, by column of a CSV
Sentence = tuple[Value, ...]  # prose with values in it


@dataclass(frozen=True)
class Entry:
    """One entry of a table: a value, its emphasis, and the numbers of its footnotes, from 1."""

    value: Value
    bold: bool = False
    underline: bool = False
    footnotes: tuple[int, ...] = ()


@dataclass(frozen=True)
class Column:
    """The head of a column. Names are set to the left, numbers to the right."""

    head: str
    is_name: bool = False
    footnotes: tuple[int, ...] = ()


@dataclass(frozen=True)
class Table:
    """A table. ``records`` are its values in long form, for a CSV; some no column shows."""

    title: str
    facts: Sentence
    columns: tuple[Column, ...]
    lines: list[tuple[Entry, ...]]
    breaks: frozenset[int] = frozenset()  # lines before which a new block begins
    records: list[Record] = field(default_factory=list)
    part: str = ""  # ends the title: tells it from other tables of its setting

    def without_empty_columns(self) -> Table:
        """The table without columns of numbers that have no value in any line."""
        kept = [
            index
            for index, column in enumerate(self.columns)
            if column.is_name or not all(missing(line[index].value) for line in self.lines)
        ]
        lines = [tuple(line[index] for index in kept) for line in self.lines]
        return replace(self, columns=tuple(self.columns[index] for index in kept), lines=lines)


@dataclass(frozen=True)
class Sheet:
    """Tables with their notes and footnotes; ``render`` makes text of them."""

    tables: list[Table]
    notes: list[str]
    footnotes: list[str] = field(default_factory=list)  # number n is footnotes[n - 1]

    def shortened(self) -> Sheet:
        """With the first sentence of each note; the last, on where numbers come from, is whole."""
        firsts = [re.split(r"(?<=\.)\s", note, maxsplit=1)[0] for note in self.notes[:-1]]
        return replace(self, notes=[*firsts, *self.notes[-1:]])


def heads(names: Sequence[str], numbers: Sequence[str]) -> tuple[Column, ...]:
    """Columns of names, then columns of numbers."""
    return (*(Column(head, True) for head in names), *(Column(head) for head in numbers))


def line(*values: Value) -> tuple[Entry, ...]:
    """A line of plain entries."""
    return tuple(map(Entry, values))
