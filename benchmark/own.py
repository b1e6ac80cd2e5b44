"""The suite's own ``methods`` and ``teachers``, not others of these names on Python's path.

A user's project often has a folder ``methods``, and Python finds it first where it lies in the
working folder or in PYTHONPATH.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.machinery
import importlib.util
import sys
from pathlib import Path

ROOT = Path(__file__).absolute().parent.parent


PACKAGES = ("benchmark", "methods", "teachers")


@functools.cache
def digest() -> str:
    """Sixteen hex digits over all code of the suite, by which two machines compare theirs."""
    found = hashlib.sha256()
    for package in PACKAGES:
        for file in sorted((ROOT / package).rglob("*.py")):
            found.update(f"{file.relative_to(ROOT).as_posix()}\0".encode())
            found.update(hashlib.sha256(file.read_bytes()).digest())
    return found.hexdigest()[:16]


def claim(*names: str) -> None:
    """Import these packages from beside this one.

    Raises ``ImportError`` where this process has imported another package of that name.
    """
    for name in names:
        there = sys.modules.get(name)
        if there is None:
            spec = importlib.machinery.PathFinder.find_spec(name, [str(ROOT)])
            assert spec is not None and spec.loader is not None, f"{name} lies beside benchmark"
            sys.modules[name] = module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
        elif not any(_same(path, ROOT / name) for path in _paths(there)):
            raise ImportError(
                f"this process has imported another package called {name}, from "
                f"{', '.join(_paths(there)) or 'nowhere'}; import benchmark first or rename it"
            )


def _paths(module: object) -> list[str]:
    return list(getattr(module, "__path__", [getattr(module, "__file__", None) or ""]))


def _same(path: str, folder: Path) -> bool:
    return Path(path).exists() and folder.samefile(path)
