"""A search space as a method's file declares it, checked. Nothing heavy is imported here.

``space`` of a method has for each of its forms ("" is the default) fields of its ``Config``:
``(low, high)`` is a range that is searched by ratio, as rates and counts of steps are, a list holds
choices. The forms of all methods have as many fields, so that as many trials search as much.
"""

from __future__ import annotations

import math
from typing import Any

from benchmark.errors import BenchError
from benchmark.run import outlines

Space = dict[str, Any]
DIGITS = 3  # significant ones of a value that is tried: more is no finding


def form_of(label: str, spaces: dict[str, Space]) -> Space:
    """The space of ``name`` or ``name:variant`` among those of its method.

    Raises ``BenchError`` for a form without one, and for one that makes no sense.
    """
    name, variant = outlines.split(label)
    if variant not in spaces:
        forms = [f"{name}:{one}" if one else name for one in spaces]
        have = f"of {name} there is one for {', '.join(forms)}" if forms else with_space()
        raise BenchError(f"{label} has no search space (`space` in the method's file); {have}")
    found = spaces[variant]
    wrong = [f"{field}: {_shown(where)}" for field, where in found.items() if not _sound(where)]
    if wrong or not found:
        raise BenchError(
            f"the search space of {label} is malformed ({'; '.join(wrong) or 'it is empty'}): give "
            "(low, high) with 0 < low < high, or a list of two choices or more"
        )
    return found


def with_space() -> str:
    """Which methods of the suite have one, in words."""
    there = [name for name in outlines.names() if (found := outlines.find(name)) and found.space]
    return f"the methods with one are {', '.join(there)}"


def described(space: Space) -> dict[str, str]:
    """Each field with where it is searched, for a page."""
    return {field: _shown(where) for field, where in space.items()}


def rounded(value: Any) -> Any:
    """A value to be tried, a float with ``DIGITS`` significant digits."""
    return float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value


def _sound(where: Any) -> bool:
    if isinstance(where, list):
        return len(where) > 1
    numbers = isinstance(where, tuple) and all(type(one) in (int, float) for one in where)
    return numbers and len(where) == 2 and 0 < where[0] < where[1] < math.inf


def _shown(where: Any) -> str:
    if _sound(where) and isinstance(where, tuple):
        return f"{where[0]:g} to {where[1]:g}"
    return " or ".join(map(str, where)) if isinstance(where, list) else repr(where)
