"""The rows that a person asks for, and the error where there are none. No torch is imported."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from benchmark import parse
from benchmark.errors import NoRows
from benchmark.rows.schema import TUNING_SEEDS

if TYPE_CHECKING:
    from benchmark.rows.row import Row

MOST_LISTED = 8  # values in an error that has a guess to offer


@dataclass(frozen=True)
class Wanted:
    """The values that rows must have; empty and None: any.

    ``dataset``, ``methods``, ``teacher`` and ``student`` are comma-separated texts: some names hold
    commas, so only the rows tell where one ends. A teacher is wanted as titles call it: by its
    architecture, which is the usual one's, with its name, or with the start of its SHA-256.
    """

    dataset: str | None = None
    methods: str | None = None  # name or name:variant
    budget: Collection[int] = field(default=())
    seeds: Collection[int] = field(default=())
    teacher: str | None = None
    student: str | None = None


@dataclass(frozen=True)
class Filter:
    """A criterion by which rows are chosen."""

    name: str  # of the field in ``Wanted``
    values_of: Callable[[Row], tuple]  # by each of which a row is found; errors list the first
    words: str  # before a value in an error
    show: Callable[[Any], str] = str


def _by(field_name: str) -> Callable[[Row], tuple]:
    """The value of one field."""
    value = attrgetter(field_name)
    return lambda row: (value(row),)


def _teachers(row: Row) -> tuple[str, ...]:
    """What a row's teacher is called; its bare name, too, where it has one."""
    digest = f"{row.teacher} {row.teacher_sha[:8]}"
    return (row.teacher_label, digest, *([row.teacher_name] if row.teacher_name else []))


FILTERS = (
    Filter("dataset", _by("dataset"), "of"),
    Filter("teacher", _teachers, "of the teacher"),
    Filter("student", _by("student"), "of the student"),
    Filter("budget", _by("budget"), "with a budget of", parse.short),
    Filter("methods", _by("plain_label"), "of the method"),
    Filter("seeds", _by("seed"), "of seed"),
)


def narrow(rows: list[Row], wanted: Wanted, tuning: bool = False) -> list[Row]:
    """The rows that are wanted.

    A value that no row has beside the others is an error with the closest ones that there are.
    ``tuning``: whether the rows are of tuning seeds.
    """
    said = ""
    for one in FILTERS:
        asked = getattr(wanted, one.name)
        if not asked:
            continue
        there = {value for row in rows for value in one.values_of(row)}
        values = parse.items(asked, there.__contains__) if isinstance(asked, str) else list(asked)
        for value in values:
            if value not in there:
                of = f"{said} {one.words} {one.show(value)}{of_tuning(tuning)}"
                listed = {one.values_of(row)[0] for row in rows}
                raise NoRows(f"there are no rows{of}{_instead(one, value, listed)}")
        rows = [row for row in rows if not set(values).isdisjoint(one.values_of(row))]
        said += f" {one.words} {', '.join(map(one.show, values))}"
    return rows


def of_tuning(tuning: bool) -> str:
    """Words behind "rows" where they are those of tuning seeds."""
    return f" of tuning seeds ({TUNING_SEEDS} and above)" if tuning else ""


def _instead(one: Filter, value: Any, there: Iterable[Any]) -> str:
    """The values that there are instead; of many, those that look like it."""
    if one.name == "seeds" and value >= TUNING_SEEDS > max(there):
        return f"; seeds from {TUNING_SEEDS} on are tuning seeds, which need --tuning"
    known = [one.show(other) for other in sorted(there)]
    like = one.show(value)
    close = difflib.get_close_matches(like, known, cutoff=0.6) if one.name != "seeds" else []
    guess = f"; did you mean {' or '.join(close)}?" if close else ""
    listed = f"; there are those of {', '.join(known)}"
    return guess if close and len(known) > MOST_LISTED else listed + guess
