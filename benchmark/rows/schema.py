"""What a row must hold: its fields with their kinds, in one table, checked wherever one is read.

A field that later versions of the suite added may be missing; one that nobody knows may be there,
since fields are added and never renamed. No text may hold characters that a screen would obey.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from benchmark.text import hidden

TUNING_SEEDS = 100  # seeds from here on choose hyper-parameters and are in no table
LARGEST = 2**63  # of any number, so that none overflows where it is printed or averaged
TEXT, NAME = 20_000, 300  # letters
NOTES, DEEPEST = 100, 8
METHOD = "method/"  # names of a curve's points that are the method's own
FLOAT32, BFLOAT16 = "float32", "bfloat16"  # what networks compute in


class Kind(NamedTuple):
    """What a value must be, in words, and whether one is."""

    words: str
    fits: Callable[[Any], bool]


class Field(NamedTuple):
    """One field of a row, or of a point of its curve."""

    name: str
    kind: Kind
    required: bool = True
    empty: bool = False  # may be null


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


def _is_list(value: Any, fits: Callable[[Any], bool], limit: int) -> bool:
    return type(value) is list and len(value) <= limit and all(map(fits, value))


def _is_flat(value: Any, depth: int = DEEPEST) -> bool:
    """False for what a recursion over it could come to no end in."""
    if not isinstance(value, (dict, list)):
        return True
    inside = value.values() if isinstance(value, dict) else value
    return depth > 0 and all(_is_flat(one, depth - 1) for one in inside)


def _is_settings(value: Any) -> bool:
    return type(value) is dict and all(
        _is_text(name, NAME) and _is_scalar(one) for name, one in value.items()
    )


def _form(words: str, pattern: str) -> Kind:
    form = re.compile(pattern)
    return Kind(words, lambda value: type(value) is str and bool(form.fullmatch(value)))


def _one_of(*values: str) -> Kind:
    return Kind(" or ".join(values), lambda value: type(value) is str and value in values)


WHOLE = Kind("a whole number from 0", _is_whole)
POSITIVE = Kind("a whole number from 1", lambda value: _is_whole(value) and value > 0)
NUMBER = Kind("a number", _is_number)
AMOUNT = Kind("a number from 0", lambda value: _is_number(value) and value >= 0)
SHARE = Kind("above 0, at most 1", lambda value: _is_number(value) and 0 < value <= 1)
PERCENT = Kind("a number from 0 to 100", lambda value: _is_number(value) and 0 <= value <= 100)
BOOLEAN = Kind("true or false", lambda value: type(value) is bool)
WORD = Kind("a short text", lambda value: _is_text(value, NAME) and value != "")
WORDS = Kind("a short text", lambda value: _is_text(value, NAME))
LONG = Kind("a text", _is_text)
TEXTS = Kind("a list of texts", lambda value: _is_list(value, _is_text, NOTES))
WHOLES = Kind("a list of whole numbers", lambda value: _is_list(value, _is_whole, 2**16))
SETTINGS = Kind("plain values by name", _is_settings)
POINTS = Kind("a list of points", lambda value: _is_list(value, lambda p: type(p) is dict, 1000))
ID = _form("letters and digits", "[0-9A-Za-z]{1,64}")  # it stands in file names
SHA = _form("a SHA-256 in hexadecimal digits", "[0-9a-f]{64}")
MAYBE_SHA = _form("a SHA-256 or an empty text", "([0-9a-f]{64})?")

FIELDS = (
    Field("schema", POSITIVE),
    Field("id", ID),
    Field("seal", SHA),
    Field("dataset", WORD),
    Field("train_digest", MAYBE_SHA, required=False),
    Field("images_digest", MAYBE_SHA, required=False),
    Field("teacher", WORD),
    Field("teacher_sha", SHA),
    Field("student", WORD),
    Field("method", WORD),
    Field("variant", WORDS),
    Field("overrides", SETTINGS),
    Field("method_version", WHOLE),
    Field("config", SETTINGS),
    Field("budget", POSITIVE),
    Field("seed", WHOLE),
    Field("precision", WORD),
    Field("access", WORD, required=False),
    Field("arithmetic", _one_of(FLOAT32, BFLOAT16), required=False),
    Field("scale", SHARE, required=False),
    Field("status", _one_of("complete", "failed")),
    Field("queries", WHOLE),
    Field("unique", WHOLE),
    Field("steps", WHOLE),
    Field("accuracy", PERCENT, empty=True),
    Field("best_accuracy", PERCENT, empty=True),
    Field("agreement", PERCENT, empty=True),
    Field("teacher_accuracy", PERCENT),
    Field("teacher_shipped", BOOLEAN, required=False),
    Field("floor", BOOLEAN, required=False),
    Field("real_images", WORDS, required=False),
    Field("notes", TEXTS, required=False),
    Field("flags", TEXTS),
    Field("error", LONG, empty=True),
    Field("seconds", AMOUNT),
    Field("cpu_seconds", AMOUNT, required=False),
    Field("eval_seconds", AMOUNT),
    Field("student_images", WHOLE),
    Field("teacher_images", WHOLE, required=False),
    Field("teacher_gradients", WHOLE, required=False),
    Field("reference_accuracy", PERCENT, required=False),
    Field("reference_agreement", PERCENT, required=False),
    Field("reference_images", WHOLE, required=False),
    Field("reference_digest", SHA, required=False),
    Field("reference_seconds", AMOUNT, required=False),
    Field("reference_cpu_seconds", AMOUNT, required=False),
    Field("peak_memory_mb", AMOUNT, empty=True),
    Field("resumes", WHOLE),
    Field("suite", WORD),
    Field("commit", WORDS),
    Field("dirty", BOOLEAN, empty=True),  # null: nobody could tell
    Field("torch", WORD),
    Field("python", WORD),
    Field("device", WORD),
    Field("deterministic", BOOLEAN),
    Field("amp", WORD, required=False),
    Field("graphs", BOOLEAN, required=False),
    Field("method_sha", SHA),
    Field("data_digest", SHA),
    Field("classes", POSITIVE),
    Field("started", WORD),
    Field("finished", WORD),
    Field("labels_per_class", WHOLES),
    Field("labels_digest", SHA),
    Field("curve", POINTS),
    Field("student_sha", SHA, required=False),
    Field("sample_sha", SHA, required=False),
)
POINT = (
    Field("mark", POSITIVE),
    Field("queries", WHOLE),
    Field("step", WHOLE),
    Field("accuracy", PERCENT),
    Field("agreement", PERCENT),
    Field("seconds", AMOUNT),
    Field("student_images", WHOLE),
    Field("labels_digest", SHA, required=False),
)
NUMBERS = ("accuracy", "best_accuracy", "agreement")  # of a run that ended well


def problem(row: Any) -> str:
    """What is wrong with the form of a row, as ``its accuracy is 'x', not a number``; or nothing.

    Whether its numbers fit each other is not looked at: ``bench audit`` does that.
    """
    if type(row) is not dict:
        return "holds no row"
    return next(_problems(row), "")


def _problems(row: dict[str, Any]) -> Iterator[str]:
    yield from (f"its {name[:40]} is nested too deeply" for name in row if not _is_flat(row[name]))
    yield from _wrong("its", row, FIELDS)
    for number, point in enumerate(row["curve"], start=1):
        yield from _wrong_point(f"in point {number} of its curve", point)
    yield from _wrong_end(row)
    for where, text in _texts(row, ""):
        if found := hidden(text, allowed="\n\t" if where == "error" else ""):
            yield f"its {where or 'list of fields'} holds the invisible character {found}"


def _wrong_point(place: str, point: dict[str, Any]) -> Iterator[str]:
    yield from _wrong(place, point, POINT)
    for name, value in point.items():
        known = value is None or type(value) is float or _is_number(value)
        if name.startswith(METHOD) and not known:
            yield f"{place} {name[:40]} is {_shown(value)}, not a number"


def _wrong_end(row: dict[str, Any]) -> Iterator[str]:
    """What a run that ended well must have, and what one that failed."""
    if row["status"] == "failed":
        if row["error"] is None:
            yield "its error is null, though the run failed"
        return
    for name in NUMBERS:
        if row[name] is None:
            yield f"its {name} is null, though the run is complete"
    if not row["curve"]:
        yield "its curve has no point, though the run is complete"


def _wrong(place: str, values: dict[str, Any], fields: tuple[Field, ...]) -> Iterator[str]:
    for name, kind, required, empty in fields:
        if name not in values:
            if required:
                yield f"{place} {name} is missing"
        elif not (kind.fits(values[name]) or (empty and values[name] is None)):
            yield f"{place} {name} is {_shown(values[name])}, not {kind.words}"


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
