"""Parsing the texts that a person types: budgets, seeds, durations, lists, ``--set``."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from fractions import Fraction
from typing import Any

from benchmark.errors import BenchError

UNITS = {"": 1, "k": 1_000, "m": 1_000_000}
BUDGET = r"(\d+(?:_\d+)*(?:\.\d+)?)([kKmM]?|[eE]\+?\d{1,4})"
LONGEST = 60  # letters of a typed text that an error repeats
BYTES = {"M": 10**6, "G": 10**9}
SECONDS = {"s": 1, "m": 60, "h": 3600}
PERIODS = SECONDS | {"d": 86_400}  # of a rate
MOST_QUERIES = 1_000_000_000  # the account of a run holds 12 bytes for each
MOST_SEEDS = 1_000  # of one range: a slip of the pen should not fill the memory


def items(text: str, is_one: Callable[[str], bool] | None = None) -> list[str]:
    """The entries of a comma-separated list, without empty ones and blanks around them.

    The longest text that ``is_one`` accepts is one entry, with its commas and blanks.
    """
    parts, found = text.split(","), []
    while parts:
        entry = parts[0].strip() if is_one is None else _longest(parts, is_one)
        found += [entry] if entry else []
        parts = parts[entry.count(",") + 1 :]
    if not found:
        raise BenchError(f"{text!r} is an empty list")
    return found


def is_file(text: str) -> bool:
    """Whether a file has this name, or the name without a method's variant (``:NAME``)."""
    names = (text, re.sub(r":[^,:/]+$", "", text))
    return any(os.path.isfile(os.path.expanduser(name)) for name in names)


def _longest(parts: list[str], is_one: Callable[[str], bool]) -> str:
    for count in range(len(parts), 0, -1):
        whole = ",".join(parts[:count])
        for entry in (whole, whole.strip()):
            if is_one(entry):
                return entry
    return parts[0].strip()


def budget(text: str) -> int:
    """Images: ``250``, ``5_000``, ``25k``, ``1.5M``, ``1e4``; commas separate budgets."""
    match = re.fullmatch(BUDGET, text.strip()) if len(text) <= LONGEST else None
    count = Fraction(match[1].replace("_", "")) * _size(match[2]) if match else Fraction(0)
    if count > MOST_QUERIES:
        raise BenchError(f"{shown(text)} is more than {MOST_QUERIES:,} queries, the most of a run")
    if count < 1 or count.denominator > 1:
        how = "write a whole number as 5000, 25k or 1.5M"
        raise BenchError(f"{shown(text)} is no query budget; {how}")
    return int(count)


def _size(unit: str) -> int:
    """The factor of a unit: of none, of a letter, or of an exponent as ``e4``."""
    return 10 ** int(unit[1:]) if unit[:1] in ("e", "E") else UNITS[unit.lower()]


def shown(text: str) -> str:
    """A typed text in quotation marks, not longer than a line."""
    return repr(text if len(text) <= LONGEST else f"{text[:LONGEST]}...")


def seeds(text: str) -> list[int]:
    """``0,1,2`` or ``0-4`` or both mixed; each once, in order."""
    found: list[int] = []
    for part in items(text):
        match = re.fullmatch(r"(\d{1,18})(?:-(\d{1,18}))?", part)
        if not match or (match[2] and int(match[2]) < int(match[1])):
            raise BenchError(f"{shown(part)} is no seed; write 0 or 0,1,2 or 0-4")
        first, last = int(match[1]), int(match[2] or match[1])
        if last - first >= MOST_SEEDS:
            raise BenchError(f"{part!r} is {last - first + 1:,} seeds, more than {MOST_SEEDS:,}")
        found += range(first, last + 1)
    return list(dict.fromkeys(found))


def per_cents(text: str) -> list[float]:
    """``50,80,90``: numbers above 0 and at most 100, each once, in order of size."""
    found = set()
    for part in items(text):
        match = re.fullmatch(r"\d+(?:\.\d+)?", part)
        if not match or not 0 < float(part) <= 100:
            raise BenchError(f"{shown(part)} is no accuracy in %; write 50 or 50,80,90")
        found.add(float(part))
    return sorted(found)


def numbers(text: str) -> list[float]:
    """``0.485,0.456,0.406``: numbers, one or several."""
    for part in items(text):
        if not re.fullmatch(r"-?\d+(?:\.\d+)?", part):
            raise BenchError(f"{shown(part)} is no number; write 0.5 or 0.5,0.5,0.5")
    return [float(part) for part in items(text)]


def duration(text: str) -> float:
    """Seconds in ``90s``, ``9m``, ``1.5h``."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([smh])", text.strip())
    if not match:
        raise BenchError(f"{shown(text)} is no duration; write 90s, 9m or 1.5h")
    return float(match[1]) * SECONDS[match[2]]


def price(text: str) -> float:
    """Dollars for 1,000 queries in ``1.00/1000``, ``0.50/1k``, ``0.001/1``."""
    dollars, _, count = text.strip().partition("/")
    queries = _queries(count) if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", dollars) else 0
    if not queries or not float(dollars):
        raise BenchError(f"{shown(text)} is no price; write dollars/queries, as 1.00/1000 or 2/1k")
    return float(Fraction(dollars) * 1000 / queries)


def rate(text: str) -> float:
    """Queries a second in ``100/s``, ``600/m``, ``5k/h``, ``10k/d``."""
    count, _, unit = text.strip().rpartition("/")
    queries = _queries(count) if unit in PERIODS else 0
    if not queries:
        raise BenchError(
            f"{shown(text)} is no rate; write queries/period with s, m, h or d: 100/s, 5k/h"
        )
    return queries / PERIODS[unit]


def _queries(text: str) -> int:
    """As ``budget``; 0 for what is none."""
    try:
        return budget(text)
    except BenchError:
        return 0


def size(text: str) -> int:
    """Bytes in ``500MB``, ``4GB``."""
    match = re.fullmatch(r"(\d{1,9}(?:\.\d{1,9})?)([MG])B", text.strip())
    if not match or float(match[1]) == 0:
        raise BenchError(f"{shown(text)} is no size; write 500MB or 4GB")
    return int(float(match[1]) * BYTES[match[2]])


def scale(text: str) -> float:
    """The share of the budgets of a rehearsal: above 0, at most 1."""
    match = re.fullmatch(r"\d+(?:\.\d+)?|\.\d+", text.strip())
    if not match or not 0 < float(match[0]) <= 1:
        raise BenchError(
            f"{shown(text)} is no share of a budget; write a number above 0, at most 1"
        )
    return float(match[0])


Override = tuple[str, str, str]  # method, field of its Config, value


def override(text: str) -> Override:
    """``ideal.batch=100``; any text is a value."""
    match = re.fullmatch(r"([^.=]+)\.([^.=]+)=(.*)", text)
    if not match:
        raise BenchError(f"{shown(text)}: write METHOD.FIELD=VALUE, as ideal.batch=100")
    return match[1], match[2], match[3]


def merged(overrides: Iterable[Override]) -> dict[str, dict[str, Any]]:
    """Overrides by method, then by field; the later of two for one field counts."""
    found: dict[str, dict[str, Any]] = {}
    for method, field, value in overrides:
        found.setdefault(method, {})[field] = value
    return found


def jobs(text: str) -> int | str:
    """A number of runs at once, or ``auto``."""
    if text == "auto" or (text.isdecimal() and int(text) > 0):
        return text if text == "auto" else int(text)
    raise BenchError(f"{text!r} is no number of runs at once; give 1 or more, or auto")


def short(count: int) -> str:
    """25000 as ``25k``, 1500000 as ``1.5M``, 512 as ``512``; ``budget`` reads it back."""
    for unit, size in (("M", 1_000_000), ("k", 1_000)):
        if count >= size and count % (size // 1000) == 0:
            return f"{Decimal(count) / size:f}{unit}"
    return str(count)


def spoken(seconds: float) -> str:
    """Seconds in the largest unit of which there are two: ``40 s``, ``12 min``, ``3.5 h``."""
    units = (("days", 86_400), ("h", 3600), ("min", 60), ("s", 1))
    unit, size = next((u for u in units if seconds >= 2 * u[1]), units[-1])
    count = seconds / size
    return f"{count:.1f} {unit}" if count < 10 else f"{count:,.0f} {unit}"
