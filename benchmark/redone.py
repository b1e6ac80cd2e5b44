"""What a ``bench run --force`` has run again, so that after a stop it goes on with the rest."""

from __future__ import annotations

import hashlib
from pathlib import Path

from benchmark.cells import Cell
from benchmark.files import write_atomically


class Redone:
    """The ids that one forced command is done with; kept in a file until all its cells are.

    The file is named after the cells, so that another command, or the same one after a change of a
    method's code, runs everything again.
    """

    def __init__(self, folder: Path, cells: list[Cell]) -> None:
        digest = hashlib.sha256("\n".join(map(repr, cells)).encode()).hexdigest()
        self.path = folder / f"{digest[:12]}.redone"

    def __contains__(self, run_id: str) -> bool:
        return run_id in self._ids()

    def add(self, run_id: str) -> None:
        """Note a run that has its new row."""
        write_atomically(self.path, "\n".join([*self._ids(), run_id]).encode())

    def clear(self) -> None:
        """Forget everything: the next command of these cells runs them all again."""
        self.path.unlink(missing_ok=True)

    def _ids(self) -> list[str]:
        return self.path.read_text().split() if self.path.exists() else []
