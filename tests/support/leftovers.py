"""The state of modules and their classes, as text: two looks differ where a run left something."""

from __future__ import annotations

import hashlib
import sys
import types
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch

GROUPS = (list, tuple, set, frozenset)
PLAIN = (bool, int, float, complex, str, bytes, type(None))


def look(modules: list[str]) -> dict[str, str]:
    """Every value that is reachable from the globals of these modules, by where it is found."""
    found: dict[str, str] = {}
    for name in modules:
        seen: dict[int, Any] = {}
        for place, text in _walk(name, vars(sys.modules[name]), set(modules), seen):
            found[place] = text
    return found


def differences(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """The places whose values differ, are new or are gone."""
    return sorted(p for p in before.keys() | after.keys() if before.get(p) != after.get(p))


def _walk(
    place: str, value: Any, modules: set[str], seen: dict[int, Any]
) -> Iterator[tuple[str, str]]:
    if isinstance(value, PLAIN):
        yield place, repr(value)
        return
    if id(value) in seen:
        return
    seen[id(value)] = value  # kept, so that no other object gets this id
    if isinstance(value, (torch.Tensor, np.ndarray)):
        array = value.detach().cpu().numpy() if isinstance(value, torch.Tensor) else value
        yield place, f"{array.shape} {hashlib.sha256(array.tobytes()).hexdigest()}"
        return
    yield place, f"{type(value).__name__} {_short(value)}"
    for name, part in _parts(value, modules):
        yield from _walk(f"{place}.{name}", part, modules, seen)


def _short(value: Any) -> str:
    """A text that differs between two states of an object without visible parts."""
    if hasattr(value, "cache_info"):
        return str(value.cache_info())
    if isinstance(value, torch.Generator):
        return hashlib.sha256(value.get_state().numpy().tobytes()).hexdigest()
    whole = hasattr(value, "__dict__") or isinstance(value, (*GROUPS, Mapping))
    return "" if whole else repr(value)


def _parts(value: Any, modules: set[str]) -> Iterator[tuple[str, Any]]:
    if isinstance(value, types.ModuleType):
        return  # another module is looked at under its own name, or is no method's
    if isinstance(value, type) and value.__module__ not in modules:
        return
    if isinstance(value, Mapping):
        hidden = ("__builtins__", "__spec__", "__loader__", "__cached__", "__warningregistry__")
        yield from ((repr(k), part) for k, part in value.items() if k not in hidden)
    elif isinstance(value, (list, tuple)):
        yield from ((str(number), part) for number, part in enumerate(value))
    elif isinstance(value, (set, frozenset)):
        yield from ((repr(part), part) for part in value)
    for name in ("__defaults__", "__kwdefaults__", "__func__", "fget", "fset", "func", "args"):
        if (part := getattr(value, name, None)) is not None and not isinstance(value, type):
            yield name, part
    for number, cell in enumerate(getattr(value, "__closure__", None) or ()):
        yield f"closure{number}", cell.cell_contents
    own = dict(vars(value)) if hasattr(value, "__dict__") else {}
    if isinstance(value, type) and issubclass(value, torch.optim.Optimizer):
        own.pop("step", None)  # torch wraps it when the first optimiser of a class is made
    yield from own.items()
