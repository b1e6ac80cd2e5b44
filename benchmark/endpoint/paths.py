"""Places in JSON, written with dots: ``outputs.0.data``, and ``predictions.*.label`` for each."""

from __future__ import annotations

from typing import Any


def put(tree: Any, path: str, value: Any) -> Any:
    """``tree``, with the value at a place that it has already; ``LookupError`` where it has none.

    The tree itself is changed.
    """
    *above, last = path.split(".")
    inner = tree
    for step in above:
        inner = inner[_step(inner, step)]
    inner[_step(inner, last)] = value
    return tree


def get(tree: Any, path: str) -> Any:
    """What stands at a place; ``LookupError`` where nothing does. The path "" is the whole."""
    steps = path.split(".") if path else []
    for done, step in enumerate(steps):
        if step == "*":
            if not isinstance(tree, list):
                raise LookupError(path)
            return [get(one, ".".join(steps[done + 1 :])) for one in tree]
        tree = tree[_step(tree, step)]
    return tree


def _step(tree: Any, step: str) -> Any:
    """The key or index that one step of a path is; ``LookupError`` where the tree lacks it."""
    if isinstance(tree, dict) and step in tree:
        return step
    if isinstance(tree, list) and step.isdecimal() and int(step) < len(tree):
        return int(step)
    raise LookupError(step)
