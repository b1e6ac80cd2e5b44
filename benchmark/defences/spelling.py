"""The text of defences: ``flip:0.1+rate:100/s``, read strictly and written in one form.

Parts are joined by ``+`` and work in the order of the text; a list of several defences has commas.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from benchmark.errors import BenchError, unknown

NUMBER = r"\d{1,9}(?:\.\d{1,9})?|\.\d{1,9}"
SECONDS = {"s": 1, "min": 60, "h": 3600}
MEMBER = re.compile(r"([a-z0-9][a-z0-9_.-]{0,60})@([0-9a-f]{8,64})")
LONGEST = 300  # letters; a field of a row holds no more


@dataclass(frozen=True)
class Part:
    """One defence: its name, and its value as it was read."""

    name: str
    value: str  # in the one form that it is written in
    number: float = 0.0  # flips: probability; near-duplicates: distance; rate: queries an hour
    members: tuple[tuple[str, str], ...] = ()  # ensemble: architecture, begin of a SHA-256

    @property
    def text(self) -> str:
        """The part as it is written."""
        return f"{self.name}:{self.value}"


@dataclass(frozen=True)
class Defences:
    """Defences that work together, the first nearest to the teacher."""

    parts: tuple[Part, ...] = ()

    @property
    def text(self) -> str:
        """The one form of the text, which stands in rows; "" for none."""
        return "+".join(part.text for part in self.parts)

    @property
    def change_labels(self) -> bool:
        """Whether a label may become another class, which says nothing of probabilities."""
        return any(part.name in ("flip", "refuse-near") for part in self.parts)

    @property
    def remember(self) -> bool:
        """Whether they need the images of earlier queries."""
        return any(part.name == "refuse-near" for part in self.parts)

    @property
    def members(self) -> tuple[tuple[str, str], ...]:
        """The further teachers of an ensemble: architecture and begin of a SHA-256."""
        return tuple(member for part in self.parts for member in part.members)

    def hours(self, queries: int) -> float:
        """Hours that so many queries take under the slowest rate; 0 without one."""
        return max(
            (queries / part.number for part in self.parts if part.name == "rate"), default=0.0
        )


def parse(text: str) -> Defences:
    """Defences from their text, "" for none. Raises ``BenchError`` for any other text."""
    if not text.strip():
        return Defences()
    parts = tuple(_part(one.strip()) for one in text.split("+"))
    names = [part.name for part in parts]
    for name in names:
        if names.count(name) > 1:
            raise BenchError(f"the defence {name} stands twice in {_shown(text)}; give it once")
    found = Defences(parts)
    if len(found.text) > LONGEST:
        raise BenchError(f"{_shown(text)} has more than {LONGEST} letters")
    return found


def _part(text: str) -> Part:
    name, colon, value = text.partition(":")
    if name not in READ:
        raise unknown("defence", name[:60], READ, f"Write one as {EXAMPLES}.")
    if not colon:
        raise BenchError(f"the defence {name} needs a value: write {HOW[name]}")
    return READ[name](value.strip())


def _flip(value: str) -> Part:
    chance = _number("flip", value)
    if not 0 < chance < 1:
        raise _wrong("flip", value)
    return Part("flip", _written(chance), float(chance))


def _refuse_near(value: str) -> Part:
    distance = _number("refuse-near", value)
    if distance <= 0:
        raise _wrong("refuse-near", value)
    return Part("refuse-near", _written(distance), float(distance))


def _rate(value: str) -> Part:
    count, slash, unit = value.partition("/")
    if not slash or unit not in SECONDS:
        raise _wrong("rate", value)
    queries = _number("rate", count, value)
    if queries <= 0:
        raise _wrong("rate", value)
    return Part("rate", f"{_written(queries)}/{unit}", float(queries * 3600 / SECONDS[unit]))


def _ensemble(value: str) -> Part:
    found = [MEMBER.fullmatch(one) for one in value.split(":")]
    members = tuple((one[1], one[2]) for one in found if one)
    if len(members) < len(found) or len(set(members)) < len(members):
        raise _wrong("ensemble", value)
    return Part("ensemble", value, members=members)


READ: dict[str, Callable[[str], Part]] = {
    "ensemble": _ensemble,
    "flip": _flip,
    "rate": _rate,
    "refuse-near": _refuse_near,
}
HOW = {
    "ensemble": "ensemble:ARCHITECTURE@SHA:..., each further teacher once, with the first 8 or "
    "more digits of its file's SHA-256 as `bench teacher list` shows it",
    "flip": "flip:P with a probability P between 0 and 1, as flip:0.1",
    "rate": "rate:N/s, rate:N/min or rate:N/h, as rate:100/s",
    "refuse-near": "refuse-near:D with a distance D above 0, as refuse-near:1.5",
}
EXAMPLES = "flip:0.1, refuse-near:1.5, rate:100/s or flip:0.1+rate:100/s"


def _number(name: str, digits: str, value: str | None = None) -> Fraction:
    if not re.fullmatch(NUMBER, digits):
        raise _wrong(name, digits if value is None else value)
    return Fraction(digits)


def _written(number: Fraction) -> str:
    """A decimal number without needless zeros; ``0.10`` and ``.1`` are one run."""
    whole, rest = divmod(number, 1)
    digits = f"{int(rest * 10**9):09d}".rstrip("0")
    return f"{whole}.{digits}" if digits else str(whole)


def _wrong(name: str, value: str) -> BenchError:
    return BenchError(f"{_shown(f'{name}:{value}')} is no defence; write {HOW[name]}")


def _shown(text: str) -> str:
    return repr(text if len(text) <= 60 else f"{text[:60]}...")
