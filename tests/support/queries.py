"""Images to ask an oracle, and all that can be reached from it."""

from __future__ import annotations

import gc
import types

import torch


def images(count: int, value: float | None = None) -> torch.Tensor:
    return torch.rand(count, 1, 8, 8) if value is None else torch.full((count, 1, 8, 8), value)


def reachable(start: object) -> list[object]:
    """Every object that the garbage collector can walk to, modules, types and frames aside."""
    seen, queue = {}, [start]
    while queue:
        thing = queue.pop()
        if id(thing) in seen or isinstance(thing, (types.ModuleType, type, types.FrameType)):
            continue
        seen[id(thing)] = thing
        if isinstance(thing, dict) and "__builtins__" in thing:
            continue  # the globals of a module; the next test looks at those of the oracle
        queue += gc.get_referents(thing)
    return list(seen.values())
