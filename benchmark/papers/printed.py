"""Printed numbers and footnotes on them, and their files; ``published`` holds the suite's own."""

from __future__ import annotations

import csv
import io
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
    access: str  # the kind of answer that the method may ask for: one of ACCESSES
    budget: int | None  # queries; None: not limited or not stated
    metric: str  # a key of METRICS
    value: float  # per cent, or points
    note: str

    @property
    def inferred(self) -> bool:
        """Whether the source leaves a column unstated."""
        return "inferred" in self.note

    @property
    def form(self) -> Form | None:
        """The method by name, variant and fields; None where the number belongs to no method."""
        return read(self.method) if self.method else None

    @property
    def key(self) -> tuple:
        """The setting: data set, teacher, student, the method's form, access, budget."""
        setting = (self.dataset, self.teacher, self.student)
        return (*setting, self.form, self.access, self.budget)

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
TEXT = (r"\S(.*\S)?", "a text")
NAME = (r"(other:)?[a-z0-9][a-z0-9.-]*", "a lower-case name, as resnet18 or other:lenet5")
FORMS = {  # column to a pattern and its meaning
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
    """Refuse a name that is no column of the numbers."""
    for column in wanted:
        if column not in COLUMNS:
            raise BenchError(f"{where}: {column!r} is no column; there are {', '.join(COLUMNS)}")


def read_numbers(text: str) -> list[Number]:
    """The numbers of a CSV text, in its order. The tests check the form of the suite's own file."""
    lines = csv.DictReader(io.StringIO(text, newline=""))
    return [_number(line) for line in lines]


def _number(line: dict[str, Any]) -> Number:
    budget = int(line["budget"]) if line["budget"] else None
    return Number(**line | {"budget": budget, "value": float(line["value"])})


def read_footnotes(items: list[dict[str, Any]]) -> list[Footnote]:
    """The footnotes of parsed JSON, in its order; checked as ``read_numbers``."""
    return [
        Footnote(one["name"], one["text"], tuple(map(_selector, one["cells"]))) for one in items
    ]


def _selector(wanted: dict[str, Any]) -> dict[str, tuple]:
    """Column to allowed values."""
    return {c: tuple(v) if isinstance(v, list) else (v,) for c, v in wanted.items()}
