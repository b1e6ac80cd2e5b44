"""The interface that a file in ``methods/`` implements, and all it may import.

A method is an object with ``setup()`` and ``step() -> bool``; one step is one round of its paper's
outer loop. The runner owns the loop, the seeds, the clock, the evaluation and the saving.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from benchmark.method.base import Method, hot, param
    from benchmark.oracle import BudgetExhausted, Oracle, QueryRefused, Spec

__all__ = ["BudgetExhausted", "Method", "Oracle", "QueryRefused", "Spec", "hot", "param"]


def __getattr__(name: str) -> Any:
    """Import a name when it is used: a Config is checked without torch, which takes seconds."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module("benchmark.method.base"), name)
