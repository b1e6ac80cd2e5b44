"""Kinds of values: for each the type that code sees, and the check that a file's value passes."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Any, NamedTuple

LARGEST = 2**63  # of any number, so that none overflows where it is printed or averaged
TEXT, NAME = 20_000, 300  # letters
NOTES, POINTS, NAMED = 100, 1000, 1000  # entries
FLOAT32, BFLOAT16 = "float32", "bfloat16"  # number formats of networks


class Kind(NamedTuple):
    """A kind of JSON value: its name in words, and its check."""

    words: str
    fits: Callable[[Any], bool]


def _is_whole(value: Any) -> bool:
    return type(value) is int and 0 <= value < LARGEST


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and -LARGEST < value < LARGEST


def _is_text(value: Any, limit: int = TEXT) -> bool:
    return type(value) is str and len(value) <= limit


def _is_scalar(value: Any) -> bool:
    """A value of a ``Config``; a float of it may be as large as floats are."""
    kinds = (bool, float, type(None))
    return type(value) in kinds or _is_text(value, NAME) or _is_number(value)


def _is_logged(value: Any) -> bool:
    return value is None or type(value) is float or _is_number(value)


def _is_list(value: Any, fits: Callable[[Any], bool], limit: int) -> bool:
    return type(value) is list and len(value) <= limit and all(map(fits, value))


def _is_named(value: Any, fits: Callable[[Any], bool]) -> bool:
    named = type(value) is dict and len(value) <= NAMED
    return named and all(_is_text(name, NAME) and fits(value[name]) for name in value)


def _is_percent(value: Any) -> bool:
    return _is_number(value) and 0 <= value <= 100


def _form(words: str, pattern: str) -> Kind:
    form = re.compile(pattern)
    return Kind(words, lambda value: type(value) is str and bool(form.fullmatch(value)))


def _one_of(*values: str) -> Kind:
    return Kind(" or ".join(values), lambda value: type(value) is str and value in values)


POSITIVE = Kind("a whole number from 1", lambda value: _is_whole(value) and value > 0)
CURVE = Kind("a list of points", lambda value: _is_list(value, lambda p: type(p) is dict, POINTS))

Whole = Annotated[int, Kind("a whole number from 0", _is_whole)]
Positive = Annotated[int, POSITIVE]
AMOUNT = Kind("a number from 0", lambda value: _is_number(value) and value >= 0)
Amount = Annotated[float, AMOUNT]
Share = Annotated[
    float, Kind("above 0, at most 1", lambda value: _is_number(value) and 0 < value <= 1)
]
Percent = Annotated[float, Kind("a number from 0 to 100", _is_percent)]
Boolean = Annotated[bool, Kind("true or false", lambda value: type(value) is bool)]
Word = Annotated[str, Kind("a short text", lambda value: _is_text(value, NAME) and value != "")]
Words = Annotated[str, Kind("a short text", lambda value: _is_text(value, NAME))]  # may be empty
Long = Annotated[str, Kind("a text", _is_text)]
Texts = Annotated[
    tuple[str, ...], Kind("a list of texts", lambda value: _is_list(value, _is_text, NOTES))
]
Wholes = Annotated[
    tuple[int, ...],
    Kind("a list of whole numbers", lambda value: _is_list(value, _is_whole, 2**16)),
]
Settings = Annotated[
    dict[str, Any], Kind("plain values by name", lambda value: _is_named(value, _is_scalar))
]
Logged = Annotated[
    dict[str, float | None], Kind("numbers by name", lambda value: _is_named(value, _is_logged))
]
Percents = Annotated[
    dict[str, float],
    Kind("numbers from 0 to 100 by name", lambda value: _is_named(value, _is_percent)),
]
Amounts = Annotated[
    dict[str, float],
    Kind("numbers from 0 by name", lambda value: _is_named(value, AMOUNT.fits)),
]
Choices = Annotated[
    dict[str, list],
    Kind(
        "lists of plain values by name",
        lambda value: _is_named(value, lambda of: _is_list(of, _is_scalar, NAMED)),
    ),
]
Tables = Annotated[
    dict[str, dict[str, Any]],
    Kind(
        "plain values by two names",
        lambda value: _is_named(value, lambda of: _is_named(of, _is_scalar)),
    ),
]
Id = Annotated[str, _form("letters and digits", "[0-9A-Za-z]{1,64}")]  # it stands in file names
Sha = Annotated[str, _form("a SHA-256 in hexadecimal digits", "[0-9a-f]{64}")]
MaybeSha = Annotated[str, _form("a SHA-256 or an empty text", "([0-9a-f]{64})?")]
Status = Annotated[str, _one_of("complete", "failed")]
Arithmetic = Annotated[str, _one_of(FLOAT32, BFLOAT16)]
