"""Numbers that papers print, with footnotes on wrong or unclear ones: ``lookup`` gives IDEAL's.

Both are package data. ``data/published.csv`` has one number a line: IDEAL's tables and the numbers
its figures and text state, then re-runs and checks by others, each under its own source.
``data/footnotes.json`` names the sources and ties remarks to the numbers they concern.

Names are this suite's, ``other:NAME`` where it has no such network or method. Networks go by the
source's word (its VGG-16 is ``vgg16`` whatever its code builds). A setting in a method's name,
``ideal (generator_steps=3)``, names a field that the source varied, as the suite's tables write it.
A field is empty where a source does not state it; a ``note`` with "inferred" names those that are
filled in all the same, and why. Values are in per cent.
"""

from __future__ import annotations

import functools
from importlib.resources import files
from typing import Any

from benchmark.papers.printed import (
    Footnote,
    Number,
    check_columns,
    read_footnotes,
    read_numbers,
)
from benchmark.reading import strict_json
from benchmark.rows.form import Form, read

PAPER = "ideal-paper"
NUMBERS, FOOTNOTES = "data/published.csv", "data/footnotes.json"


def lookup(
    dataset: str, teacher: str, student: str, method: Form | str, access: str, budget: int
) -> float | None:
    """The accuracy in % that the IDEAL paper prints for a setting, or None.

    ``method``: a form, or its text as ``published.csv`` writes it. Inferred settings count as
    printed; ``printed`` gives the whole number, with its note and for its footnotes.
    """
    number = printed(dataset, teacher, student, method, access, budget)
    return number.value if number else None


def printed(
    dataset: str, teacher: str, student: str, method: Form | str, access: str, budget: int
) -> Number | None:
    """The number behind ``lookup``; where several tables print one, that of the first."""
    of = read(method) if isinstance(method, str) else method
    return _cells().get((dataset, teacher, student, of, access, budget))


def select(**wanted: Any) -> list[Number]:
    """All numbers with these values, in the file's order: ``select(table="Table 2")``."""
    check_columns(wanted, "select")
    return list(_selected(tuple(sorted(wanted.items()))))


def footnotes_of(number: Number) -> list[Footnote]:
    """The remarks that concern a number."""
    return [footnote for footnote in footnotes() if footnote.concerns(number)]


@functools.cache
def sources() -> dict[str, str]:
    """Each source and where it can be read."""
    return _remarks()["sources"]


@functools.cache
def numbers() -> tuple[Number, ...]:
    """Every number of the file."""
    return tuple(read_numbers(_text(NUMBERS)))


@functools.cache
def footnotes() -> tuple[Footnote, ...]:
    """Every remark of the file."""
    return tuple(read_footnotes(_remarks()["footnotes"]))


@functools.cache
def _selected(wanted: tuple[tuple[str, Any], ...]) -> tuple[Number, ...]:
    selector = {column: (value,) for column, value in wanted}
    return tuple(number for number in numbers() if number.fits(selector))


@functools.cache
def _cells() -> dict[tuple, Number]:
    """The paper's accuracies by setting."""
    ours = (n for n in numbers() if (n.source, n.metric) == (PAPER, "accuracy"))
    return {number.key: number for number in reversed([*ours])}  # the first of a key stays


@functools.cache
def _remarks() -> dict[str, Any]:
    return strict_json(_text(FOOTNOTES).encode())


def _text(name: str) -> str:
    return files("benchmark").joinpath(name).read_text(encoding="utf-8")
