"""The form of a saved state: the check that each of its parts passes before anything is made of it.

The suite writes states, but a disk tears them and strangers send them along with their results.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from benchmark.host.levels import LEVELS
from benchmark.method.base import check_names
from benchmark.method.visits import NAMES
from benchmark.rows import older, schema
from benchmark.rows.kinds import LARGEST, NAME, POINTS
from benchmark.run import logged
from benchmark.text import hidden

Check = Callable[[Any], bool]
CLOCK = {"seconds", "cpu_seconds", "eval_seconds"}


def _is_whole(value: Any) -> bool:
    return type(value) is int and 0 <= value < LARGEST


def _is_text(value: Any) -> bool:
    return type(value) is str and len(value) <= NAME and not hidden(value)


def _are(value: Any, fits: Check, most: int) -> bool:
    return type(value) is list and len(value) <= most and all(map(fits, value))


def _are_texts(value: Any) -> bool:
    return _are(value, _is_text, POINTS)


def _is_part(value: Any, parts: dict[str, Check]) -> bool:
    """Whether a value is a dict that has all of these parts in their form."""
    return isinstance(value, dict) and all(
        name in value and fits(value[name]) for name, fits in parts.items()
    )


def _is_tensor(dimensions: int, *dtypes: torch.dtype) -> Check:
    """The check of a tensor's form; one that repeats a small storage has none."""
    return lambda value: (
        type(value) is torch.Tensor
        and value.ndim == dimensions
        and value.dtype in dtypes
        and value.is_contiguous()
    )


def _is_account(value: Any) -> bool:
    sample = {
        "images": _is_tensor(5, torch.uint8),
        "asked": _is_tensor(2, torch.int64),
        "seen": _is_tensor(1, torch.int64),
    }
    parts = {
        "hashes": _is_tensor(1, torch.int64),
        "labels": _is_tensor(1, torch.int32),
        "sample": lambda value: _is_part(value, sample),
    }
    return _is_part(value, parts) and len(value["hashes"]) == len(value["labels"])


def is_clock(value: Any) -> bool:
    """Whether a value has the form of a clock's saved times."""
    return (
        isinstance(value, dict)
        and value.keys() == CLOCK
        and all(type(of) in (int, float) and 0 <= of < LARGEST for of in value.values())
    )


def _is_visits(value: Any) -> bool:
    return isinstance(value, dict) and value.keys() <= NAMES and all(map(_is_whole, value.values()))


def _is_numbers(value: Any) -> bool:
    """Whether a value has the form of logged numbers of one round."""
    if not isinstance(value, dict) or not all(type(of) is float for of in value.values()):
        return False
    try:
        check_names(value)
    except ValueError:
        return False
    return True


def _is_round(value: Any) -> bool:
    return type(value) is list and len(value) == 2 and _is_whole(value[0]) and _is_numbers(value[1])


def _is_logged(value: Any) -> bool:
    parts = {
        "every": lambda every: _is_whole(every) and every > 0,
        "points": lambda points: _are(points, _is_round, logged.LIMIT),
    }
    return _is_part(value, parts)


def _is_curve(value: Any) -> bool:
    return _are(value, lambda point: not schema.point_problem(older.point(point)), POINTS)


def _is_memory(value: Any) -> bool:
    return _is_part(value, {"images": _is_tensor(2, torch.uint8)})


def _is_flag(value: Any) -> bool:
    return type(value) is bool


REQUIRED: dict[str, Check] = {
    "method_sha": _is_text,
    "method": lambda value: isinstance(value, (dict, torch.Tensor)),  # of its host
    "scalars": lambda value: isinstance(value, dict),
    "account": _is_account,
    "steps": _is_whole,
    "resumes": _is_whole,
    "curve": _is_curve,
    "clock": is_clock,
    "visits": _is_visits,
    "started": _is_text,
    "amp": lambda value: _is_flag(value) or _is_text(value),  # a text in earlier suites
    "logged": _is_logged,
    "places": _are_texts,
}
LATER: dict[str, Check] = {  # parts that earlier states lack; "ended" is in the last state alone
    "bought": _is_flag,
    "backed": _is_flag,  # the images that its method keeps lie in a file of their own
    "asked": _is_whole,
    "isolation": lambda value: value in LEVELS,
    "ended": _are_texts,
    "memory": _is_memory,  # of a defence that knows earlier queries
}


def problem(state: Any) -> str:
    """The fault in the form of a state, as ``its account is of another form``; or nothing."""
    if type(state) is not dict:
        return "it holds no state"
    for name, fits in (REQUIRED | LATER).items():
        if name not in state:
            if name in REQUIRED:
                return f"its {name} is missing"
        elif not fits(state[name]):
            return f"its {name} is of another form"
    return ""
