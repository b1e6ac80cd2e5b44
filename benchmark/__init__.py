"""An honest benchmark of data-free, hard-label, query-budgeted distillation.

The package is the suite: the metered oracle, the runs, the rows, the tables. It knows no method by
name; methods live in ``methods/``, one file each, and teachers in ``teachers/``.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from benchmark.own import claim
from benchmark.version import __version__

if TYPE_CHECKING:
    from benchmark.api import make_table, metered, read_curves, read_rows, run_cells
    from benchmark.errors import BenchError
    from benchmark.method import Method, param

claim("methods", "teachers")

MODULES = {
    "run_cells": "api",
    "read_rows": "api",
    "read_curves": "api",
    "make_table": "api",
    "metered": "api",
    "Method": "method",
    "param": "method",
    "BenchError": "errors",
}

__all__ = [
    "BenchError",
    "Method",
    "__version__",
    "make_table",
    "metered",
    "param",
    "read_curves",
    "read_rows",
    "run_cells",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is used: torch takes seconds, and most commands do without."""
    if name not in MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"benchmark.{MODULES[name]}"), name)
