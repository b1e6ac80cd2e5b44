"""The installed command: runs the ``benchmark`` beside this file, whatever else is called so.

Its own name is one that no other project has; ``python -m benchmark`` is the same from a checkout.
"""

import importlib.machinery
import importlib.util
import sys
from pathlib import Path

if "benchmark" not in sys.modules:
    _SPEC = importlib.machinery.PathFinder.find_spec("benchmark", [str(Path(__file__).parent)])
    assert _SPEC is not None and _SPEC.loader is not None, "benchmark lies beside this file"
    sys.modules["benchmark"] = importlib.util.module_from_spec(_SPEC)
    _SPEC.loader.exec_module(sys.modules["benchmark"])


def main() -> None:
    """The ``bench`` command."""
    from benchmark.cli.main import main as command

    command()
