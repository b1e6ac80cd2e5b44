"""torch's compiler, imported when something uses it.

Each optimiser of torch imports the whole compiler: 800 modules and more than a second, in every
process of a run. It calls two of its functions, and they do nothing where no code is compiled.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from types import ModuleType
from typing import Any

NAME = "torch._dynamo"


class OnDemand(ModuleType):
    """Stands for the compiler until somebody asks for anything but what optimisers call."""

    def graph_break(self) -> None:
        """Do nothing, as the compiler's own does outside compiled code."""

    def disable(
        self, function: Any = None, *given: Any, wrapping: bool = True, **named: Any
    ) -> Any:
        """``function`` itself, for torch's own use, which no compiler sees; else the compiler's."""
        if function is not None and not wrapping:
            return function
        return self._whole().disable(function, *given, wrapping=wrapping, **named)

    def __getattr__(self, name: str) -> Any:
        # Others look for dunder names in every module; __path__ is that of an import of a part.
        if name.startswith("__") and name != "__path__":
            raise AttributeError(f"module {NAME!r} is not imported yet and has no {name!r}")
        return getattr(self._whole(), name)

    def _whole(self) -> ModuleType:
        if sys.modules.get(NAME) is self:
            del sys.modules[NAME]
        return importlib.import_module(NAME)


def on_demand() -> None:
    """Let no optimiser import the compiler; one that has been imported stays.

    Should a release of torch call more of it, the compiler is imported as ever.
    """
    import torch

    if NAME in sys.modules:
        return
    spec = importlib.util.find_spec(NAME)
    if spec is None:  # a release without it
        return
    standing = OnDemand(NAME)
    standing.__spec__, standing.__file__ = spec, spec.origin
    sys.modules[NAME] = standing
    setattr(torch, NAME.rpartition(".")[2], standing)  # the import of the whole one replaces it
