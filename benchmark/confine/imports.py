"""For Python's imports, a file that a confined process may not read is not installed.

Libraries import others where they are there (torch: tqdm), and expect an ``ImportError`` where they
are not. A package that is listed and cannot be read would be a ``PermissionError`` instead. They
also ask for a folder for temporary files, and for torch's compiler one for what it compiles, when
they are imported: they get the name of one, and nothing can be written there.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterable, Sequence
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType

NOWHERE = "/"  # it is there, as those who ask expect


class ReadableFinder:
    """As ``PathFinder``, but it finds nothing where the file cannot be read.

    ``readable``: resolved paths below which files will be readable, though more may be so far.
    """

    def __init__(self, readable: Iterable[Path]) -> None:
        self.readable = frozenset(map(str, readable))

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The module's spec, or None, as the import system asks for it."""
        found = PathFinder.find_spec(name, path, target)
        if found is None or not found.has_location:
            return found
        return found if self._can_be_read(str(found.origin)) else None

    def _can_be_read(self, name: str) -> bool:
        try:
            with open(name, "rb"):
                real = os.path.realpath(name)
        except PermissionError:
            return False
        return any(str(one) in self.readable for one in (Path(real), *Path(real).parents))


def adapt(readable: Iterable[Path]) -> None:
    """Let imports of this process go by ``ReadableFinder``, and write nothing, from now on."""
    finder = ReadableFinder(readable)
    sys.meta_path[:] = [
        finder if one is PathFinder or isinstance(one, ReadableFinder) else one
        for one in sys.meta_path
    ]
    sys.dont_write_bytecode = True
    tempfile.tempdir = NOWHERE
    os.environ["TORCHINDUCTOR_CACHE_DIR"] = NOWHERE
