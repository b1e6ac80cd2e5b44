"""A printed number and a footnote on some: what they are made of, and the checks of their files.

``published`` holds the suite's own. A fault is a ``BenchError`` with file, line and column.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any

from benchmark.errors import BenchError
from benchmark.rows.form import Form, read

ACCESSES = ("hard-label", "score", "white-box", "real-data")
METRICS = {
    "accuracy": "of the student on the test set",
    "accuracy-above": "a lower bound of it, where the source says 'over'",
    "standard-error": "of the accuracy in the line before",
    "improvement": "of the accuracy over the best baseline, in points, as printed",
    "teacher-accuracy": "of the teacher on the test set",
    "synthetic-accuracy": "of the student on the synthetic images",
}


@dataclass(frozen=True)
class Number:
    """One printed number. Its fields are the columns of the file, in their order."""

    source: str
    table: str
    row: str  # panel, condition or method as printed
    dataset: str
    teacher: str  # "" where not stated
    student: str
    method: str
    access: str  # what the method may ask for: one of ACCESSES
    budget: int | None  # queries; None: not limited or not stated
    metric: str  # a key of METRICS
    value: float  # per cent, or points
    note: str

    @property
    def inferred(self) -> bool:
        """Whether a column holds what the source does not state."""
        return "inferred" in self.note

    @property
    def form(self) -> Form | None:
        """The method by name, variant and fields; None where the number is of no method."""
        return read(self.method) if self.method else None

    @property
    def key(self) -> tuple:
        """The setting: data set, teacher, student, the method's form, access, budget."""
        place = (self.dataset, self.teacher, self.student)
        return (*place, self.form, self.access, self.budget)

    def fits(self, wanted: dict[str, tuple]) -> bool:
        """Whether each of some columns has one of the values allowed for it."""
        return all(getattr(self, column) in values for column, values in wanted.items())


@dataclass(frozen=True)
class Footnote:
    """A remark on every number that fits one of ``cells``: column to the values it may have."""

    name: str
    text: str
    cells: tuple[dict[str, tuple], ...]

    def concerns(self, number: Number) -> bool:
        """Whether the remark is on this number."""
        return any(number.fits(wanted) for wanted in self.cells)


COLUMNS = tuple(field.name for field in fields(Number))
OPTIONAL = ("teacher", "student", "method", "access", "budget", "note")  # may be empty
TEXT = (r"\S(.*\S)?", "a text")
NAME = (r"(other:)?[a-z0-9][a-z0-9.-]*", "a lower-case name, as resnet18 or other:lenet5")
FORMS = {  # column to a pattern and what it stands for
    "table": TEXT,
    "row": TEXT,
    "dataset": NAME,
    "teacher": NAME,
    "student": NAME,
    "method": (
        NAME[0] + r"(:[a-z0-9-]+)?( \([a-z_0-9]+=[a-z0-9.-]+\))?",
        "a label, as ideal, ideal:no-ce or ideal (generator_steps=3)",
    ),
    "access": ("|".join(ACCESSES), f"one of {', '.join(ACCESSES)}"),
    "budget": (r"[1-9][0-9]*", "a whole number of queries, as 25000"),
    "metric": ("|".join(METRICS), f"one of {', '.join(METRICS)}"),
    "value": (r"[0-9]{1,2}(\.[0-9]+)?|100(\.0+)?", "a number from 0 to 100, as 96.32"),
    "note": TEXT,
}


def check_columns(wanted: Iterable[str], where: str) -> None:
    """Refuse what is no column of the numbers."""
    for column in wanted:
        if column not in COLUMNS:
            raise BenchError(f"{where}: {column!r} is no column; there are {', '.join(COLUMNS)}")


def parse_numbers(text: str, file: str, sources: Iterable[str]) -> list[Number]:
    """The numbers of a CSV text, in its order. ``sources`` are the sources there are."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    found: list[Number] = []
    lines: dict[tuple, int] = {}
    try:
        for cells in reader:
            where = f"{file}, line {reader.line_num}"
            if reader.line_num == 1:
                if cells != list(COLUMNS):
                    raise BenchError(f"{where}: the columns must be {','.join(COLUMNS)}")
                continue
            number = _number(cells, where, sources)
            identity = (number.source, number.table, number.row, number.metric, *number.key)
            first = lines.setdefault(identity, reader.line_num)
            if first != reader.line_num:
                raise BenchError(f"{where}: the same cell of the same table is in line {first}")
            found.append(number)
    except csv.Error as problem:
        raise BenchError(f"{file}, line {reader.line_num}: no CSV: {problem}") from None
    if not found:
        raise BenchError(f"{file}: there is no number in it")
    return found


def _number(cells: list[str], where: str, sources: Iterable[str]) -> Number:
    if len(cells) != len(COLUMNS):
        raise BenchError(f"{where}: {len(cells)} cells instead of {len(COLUMNS)}")
    line: dict[str, Any] = dict(zip(COLUMNS, cells, strict=True))
    if line["source"] not in sources:
        known = ", ".join(sources)
        raise BenchError(f"{where}, column source: {line['source']!r} is none of {known}")
    for column, (pattern, meaning) in FORMS.items():
        text = line[column]
        if not re.fullmatch(pattern, text) and not (text == "" and column in OPTIONAL):
            raise BenchError(f"{where}, column {column}: {text!r} is not {meaning}")
    teacher = line["metric"] == "teacher-accuracy"
    for column in ("teacher",) if teacher else ("method",):
        if not line[column]:
            raise BenchError(f"{where}, column {column}: empty, but {line['metric']} needs one")
    for column in ("student", "method", "access", "budget") if teacher else ():
        if line[column]:
            raise BenchError(f"{where}, column {column}: must be empty for a teacher-accuracy")
    line["budget"] = int(line["budget"]) if line["budget"] else None
    return Number(**line | {"value": float(line["value"])})


def parse_footnotes(items: Any, file: str, known: Iterable[Number]) -> list[Footnote]:
    """The footnotes of parsed JSON, in its order; what fits no number of ``known`` is refused."""
    found: dict[str, Footnote] = {}
    for position, item in enumerate(items, start=1):
        where = f"{file}, footnote {position}"
        if not isinstance(item, dict) or item.keys() != {"name", "text", "cells"}:
            raise BenchError(f"{where}: must have name, text and cells, and nothing else")
        where += f" ({item['name']})"
        if item["name"] in found:
            raise BenchError(f"{where}: there is another one of that name")
        if not item["cells"] or not all(item["cells"]):
            raise BenchError(f"{where}: cells must say which numbers it concerns")
        cells = tuple(_selector(wanted, where, known) for wanted in item["cells"])
        found[item["name"]] = Footnote(item["name"], item["text"], cells)
    return list(found.values())


def _selector(wanted: dict[str, Any], where: str, known: Iterable[Number]) -> dict[str, tuple]:
    """Column to allowed values. A value that no number has beside the others is a slip."""
    check_columns(wanted, where)
    selector = {c: tuple(v) if isinstance(v, list) else (v,) for c, v in wanted.items()}
    fitting = [number for number in known if number.fits(selector)]
    for column, values in selector.items():
        unused = set(values) - {getattr(number, column) for number in fitting}
        if unused:
            raise BenchError(f"{where}: no number fits {column} {sorted(unused, key=str)[0]!r}")
    return selector
