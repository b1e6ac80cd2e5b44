"""Text of a sheet's tables: Markdown, LaTeX, CSV in long form, an HTML fragment."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmark.tables.table import Sheet

FORMATS = ("md", "latex", "csv", "html")


def render(sheet: Sheet, form: str, **look: object) -> str:
    """The sheet in one of ``FORMATS``, with a line break at its end. ``look`` is LaTeX's."""
    return importlib.import_module(f"benchmark.tables.render.{form}").render(sheet, **look)


def letter(number: int) -> str:
    """The sign of a footnote: a, b ... z, aa, ab ..."""
    first, last = divmod(number - 1, 26)
    return (letter(first) if first else "") + chr(ord("a") + last)


def letters(numbers: tuple[int, ...]) -> str:
    """The signs of one entry, as ``a,c``."""
    return ",".join(letter(number) for number in numbers)
