"""Whether the content of a file is a sound row: each field is checked by its kind in ``row``.

A field that nobody knows may be there, of a later suite. No text may hold characters that a screen
would obey.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterator
from itertools import chain
from typing import Any, NamedTuple, get_args, get_type_hints

from benchmark.rows.kinds import LARGEST, Kind
from benchmark.rows.row import Point, Row
from benchmark.text import hidden

SCHEMA = 2
TUNING_SEEDS = 100  # seeds from here on choose hyper-parameters and are in no table
DEEPEST = 8
NUMBERS = ("accuracy", "best_accuracy", "agreement")  # of a run that ended well


class Field(NamedTuple):
    """How one field of a row, or of a point of its curve, stands in a file."""

    name: str
    kind: Kind
    required: bool
    empty: bool  # may be null


@functools.cache
def fields_of(of: type) -> tuple[Field, ...]:
    """The fields of ``Row`` or ``Point``, read from their annotations."""
    hints = get_type_hints(of, include_extras=True)
    return tuple(_field(one, hints[one.name]) for one in dataclasses.fields(of))


def _field(one: dataclasses.Field, hint: Any) -> Field:
    empty = type(None) in get_args(hint)
    required = one.default is one.default_factory is dataclasses.MISSING
    return Field(one.name, _kind(hint), required, empty)


def _kind(hint: Any) -> Kind:
    """The kind in an annotation, which may be ``... | None``."""
    return next(of.__metadata__[0] for of in (hint, *get_args(hint)) if hasattr(of, "__metadata__"))


def form(hints: dict[str, Any]) -> tuple[Field, ...]:
    """The fields of a file that is no row, each by its annotation; all of them are required."""
    return tuple(
        Field(name, _kind(hint), True, type(None) in get_args(hint)) for name, hint in hints.items()
    )


def fault(content: Any, fields: tuple[Field, ...]) -> str:
    """As ``problem``, of the content of a file that has these fields, and maybe more."""
    if type(content) is not dict:
        return "holds no JSON object"
    found = chain(_deep(content), _wrong("its", content, fields), _obeyed(content))
    return next(found, "")


def problem(content: Any) -> str:
    """The faults in the form of a row of ``SCHEMA``, as ``its accuracy is 'x', not a number``;
    or nothing.

    Whether its numbers fit each other is not looked at: ``bench audit`` does that.
    """
    if type(content) is not dict:
        return "holds no row"
    return next(_problems(content), "")


def _problems(row: dict[str, Any]) -> Iterator[str]:
    yield from _deep(row)
    yield from _wrong("its", row, fields_of(Row))
    for number, point in enumerate(row["curve"], start=1):
        yield from _wrong(f"in point {number} of its curve", point, fields_of(Point))
    yield from _wrong_end(row)
    yield from _obeyed(row)


def _deep(content: dict[str, Any]) -> Iterator[str]:
    for name in content:
        if not is_flat(content[name]):
            yield f"its {name[:40]} is nested too deeply"


def _obeyed(content: dict[str, Any]) -> Iterator[str]:
    """The texts that a screen would obey."""
    for where, text in _texts(content, ""):
        if found := hidden(text, allowed="\n\t" if where == "error" else ""):
            yield f"its {where[:40] or 'list of fields'} holds the invisible character {found}"


def point_problem(content: Any) -> str:
    """As ``problem``, of a point of a curve."""
    if type(content) is not dict:
        return "holds no point"
    return next(_wrong("its", content, fields_of(Point)), "")


def is_flat(value: Any, depth: int = DEEPEST) -> bool:
    """False for values nested so deeply that a recursion could not end."""
    if not isinstance(value, (dict, list)):
        return True
    inside = value.values() if isinstance(value, dict) else value
    return depth > 0 and all(is_flat(one, depth - 1) for one in inside)


def _wrong_end(row: dict[str, Any]) -> Iterator[str]:
    """The faults of a row by its status: fields that a complete or a failed run must have."""
    if row["status"] == "failed":
        if row["error"] is None:
            yield "its error is null, though the run failed"
        return
    for name in NUMBERS:
        if row[name] is None:
            yield f"its {name} is null, though the run is complete"
    if not row["curve"]:
        yield "its curve has no point, though the run is complete"


def _wrong(where: str, values: dict[str, Any], fields: tuple[Field, ...]) -> Iterator[str]:
    for name, kind, required, empty in fields:
        if name not in values:
            if required:
                yield f"{where} {name} is missing"
        elif not (kind.fits(values[name]) or (empty and values[name] is None)):
            yield f"{where} {name} is {_shown(values[name])}, not {kind.words}"


def _texts(value: Any, where: str) -> Iterator[tuple[str, str]]:
    """Every text in a row, keys too, with the field of the row that it stands in."""
    if isinstance(value, str):
        yield where, value
    elif isinstance(value, dict):
        for key, one in value.items():
            yield where, key
            yield from _texts(one, where or key)
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one, where)


def _shown(value: Any) -> str:
    """A value of any size and kind in few letters."""
    if isinstance(value, (dict, list)):
        return "a list" if isinstance(value, list) else "an object"
    if isinstance(value, int) and not -LARGEST < value < LARGEST:
        return "a number of many digits"
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:39]}…"
