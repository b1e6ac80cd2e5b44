"""The cells that ``bench run --force`` has run again, so that after a stop it does the rest."""

from __future__ import annotations

import contextlib
import hashlib
from pathlib import Path

from benchmark.files import MB, write_atomically
from benchmark.reading import read_file
from benchmark.run.cells import Cell

LIMIT = MB  # bytes of the ids of one command


class Redone:
    """The ids of the rows that one forced command has made; kept in a file until it has all.

    The file is named after the cells: another command, or the same one after a change of a
    method's code, runs everything again.
    """

    def __init__(self, folder: Path, cells: list[Cell]) -> None:
        digest = hashlib.sha256("\n".join(map(repr, cells)).encode()).hexdigest()
        self.path = folder / f"{digest[:12]}.redone"

    def __contains__(self, run_id: str) -> bool:
        return run_id in self._ids()

    def add(self, run_id: str) -> None:
        """Note a run whose new row is written."""
        write_atomically(self.path, "\n".join([*self._ids(), run_id]).encode())

    def clear(self) -> None:
        """Forget everything: the next command of these cells runs them all again."""
        with contextlib.suppress(OSError):
            self.path.unlink()

    def _ids(self) -> list[str]:
        with contextlib.suppress(FileNotFoundError):
            return read_file(self.path, LIMIT).decode(errors="replace").split()
        return []
