"""The cells that ``bench run --force`` has run again, so that after a stop it does the rest."""

from __future__ import annotations

import contextlib
import hashlib
from pathlib import Path

from benchmark.files import StoreError, why, write_atomically
from benchmark.run.cells import Cell


class Redone:
    """The ids of the rows that one forced command has made; kept until it has all.

    An id is an empty file in a folder: several workers can note theirs at once. The folder is named
    after the cells: another command, or the same one after a change of a method's code, runs
    everything again.
    """

    def __init__(self, folder: Path, cells: list[Cell]) -> None:
        digest = hashlib.sha256("\n".join(map(repr, cells)).encode()).hexdigest()
        self.path = folder / f"{digest[:12]}.again"

    def __contains__(self, run_id: str) -> bool:
        return (self.path / run_id).exists()

    def add(self, run_id: str) -> None:
        """Note a run whose new row is written. Raises ``StoreError``."""
        try:
            self.path.mkdir(exist_ok=True)
        except OSError as problem:
            raise StoreError(f"cannot make {self.path}: {why(problem)}") from None
        write_atomically(self.path / run_id, b"")

    def note(self, run_id: str) -> str:
        """As ``add``; an error comes in words, as the row is there all the same."""
        try:
            self.add(run_id)
        except StoreError as problem:
            return f"{problem}; repeated with --force, this command runs that cell again"
        return ""

    def clear(self) -> None:
        """Forget everything: the next command of these cells runs them all again."""
        with contextlib.suppress(OSError):
            for file in self.path.iterdir():
                file.unlink()
            self.path.rmdir()
