"""The one door to matplotlib, which opens no window to draw into."""

from __future__ import annotations

import contextlib
import os
import sys
from types import ModuleType


def matplotlib() -> ModuleType:
    """The module, whatever MPLBACKEND says: pictures go into files. With a name that it does not
    know there its import fails, and fails again at a second try.
    """
    if "matplotlib" in sys.modules or "MPLBACKEND" not in os.environ:
        import matplotlib

        return matplotlib
    backend = os.environ.pop("MPLBACKEND")
    try:
        import matplotlib
    finally:
        os.environ["MPLBACKEND"] = backend
    with contextlib.suppress(ValueError):  # what else draws in this process keeps its backend
        matplotlib.rcParams["backend"] = backend
    return matplotlib
