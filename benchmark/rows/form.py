"""A method as it was run: its name, its variant, and the fields of its Config that were set.

Rows, presets, papers and claims are joined by this, never by a text for readers.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

TEXT = re.compile(r"(?P<method>[^: (]+)(?::(?P<variant>[^ (]+))?(?: \((?P<fields>[^()]+)\))?")


class Form(NamedTuple):
    """Equal forms are the same method with the same variant and the same fields."""

    method: str
    variant: str = ""
    overrides: tuple[tuple[str, str], ...] = ()  # field and value, in order of their names

    @property
    def label(self) -> str:
        """``name`` or ``name:variant``, as ``--methods`` takes it."""
        return f"{self.method}:{self.variant}" if self.variant else self.method


def form(method: str, variant: str = "", overrides: Mapping[str, Any] | None = None) -> Form:
    """A form of values as a row has them: ``True`` and ``true`` are one."""
    fields = ((name, str(value).lower()) for name, value in (overrides or {}).items())
    return Form(method, variant, tuple(sorted(fields)))


@functools.cache
def read(text: str) -> Form:
    """A form as data files write it: ``ideal:no-ce`` or ``ideal (generator_steps=3)``.

    ``ValueError`` where the text is none.
    """
    found = TEXT.fullmatch(text)
    if not found:
        raise ValueError(f"{text!r} is no method; write name, name:variant or name (field=value)")
    pairs = (part.partition("=") for part in (found["fields"] or "").split(", ") if part)
    return form(found["method"], found["variant"] or "", {name: value for name, _, value in pairs})
