"""Types of options: each reads a text that a person typed, and its error names the option."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from benchmark import parse
from benchmark.errors import BenchError


class Read(click.ParamType):
    """A value that a function of ``benchmark.parse`` reads."""

    def __init__(self, name: str, read: Callable[[str], Any]) -> None:
        self.name, self._read = name, read

    def convert(
        self, value: Any, parameter: click.Parameter | None, context: click.Context | None
    ) -> Any:
        """The value; anything but a text was read before, as a default may be."""
        if not isinstance(value, str):
            return value
        try:
            return self._read(value)
        except BenchError as problem:
            self.fail(str(problem), parameter, context)


class UserPath(click.Path):
    """A path whose ``~`` is the home folder, in environment variables too."""

    def convert(
        self, value: Any, parameter: click.Parameter | None, context: click.Context | None
    ) -> Path:
        """The path; a home folder that does not exist is wrong usage."""
        path = Path(os.fsdecode(super().convert(value, parameter, context)))
        try:
            return path.expanduser()
        except RuntimeError:
            self.fail(f"there is no home folder for {str(path)!r}; write the path out.", parameter)


class Finite(click.FloatRange):
    """A number in a range; refuses ``nan`` and ``inf``, which ``FloatRange`` lets pass."""

    def convert(
        self, value: Any, parameter: click.Parameter | None, context: click.Context | None
    ) -> float:
        """The number."""
        number = super().convert(value, parameter, context)
        if not math.isfinite(number):
            self.fail(f"{value!r} is not a finite number.", parameter, context)
        return number


def listed(text: str) -> list[str]:
    """A comma-separated list; a file is one entry, commas in its name included."""
    return parse.items(text, parse.is_file)


def budgets(text: str) -> list[int]:
    """Budgets in images."""
    return [parse.budget(part) for part in parse.items(text)]


def defences(text: str) -> list[str]:
    """Defences in the one form of their text, "" for ``none``; commas or blanks separate them."""
    from benchmark.defences.spelling import parse as read

    typed = parse.items(",".join(text.split()))
    return list(dict.fromkeys("" if one == "none" else read(one).text for one in typed))


PATH = UserPath(path_type=Path)
BUDGET = Read("budget", parse.budget)
BUDGETS = Read("budgets", budgets)
DEFENCES = Read("defences", defences)
SEEDS = Read("seeds", parse.seeds)
DURATION = Read("duration", parse.duration)
NUMBERS = Read("numbers", parse.numbers)
SHARE = Read("share", parse.scale)
SIZE = Read("size", parse.size)
PRICE = Read("price", parse.price)
RATE = Read("rate", parse.rate)
PER_CENTS = Read("per cents", parse.per_cents)
JOBS = Read("jobs", parse.jobs)
LIST = Read("list", listed)
OVERRIDE = Read("method.field=value", parse.override)
