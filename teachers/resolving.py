"""The teacher behind a name or a path, resolved once: whoever works with it then works with these
very weights, or is told that the file was replaced.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import torch

from benchmark.datasets import Dataset
from benchmark.errors import BenchError
from teachers import cards, imported, remote, shelf
from teachers.cards import Teacher
from teachers.names import endpoint_of, teacher_path


@dataclass(frozen=True)
class TeacherRef:
    """A teacher as it was when it was resolved; equal are those of one file and one identity."""

    path: Path
    sha: str  # SHA-256 of its weights; of an endpoint that of its canary
    card: dict = field(compare=False, repr=False)  # as it was read with the identity

    @classmethod
    def of(cls, path: Path) -> TeacherRef:
        """The teacher in a file, by the card beside it. Raises ``BenchError``."""
        card = cards.read_card(path)
        return cls(Path(path), card["sha256"], card)

    def load(self, device: torch.device | str = "cpu", probed: bool = True) -> Teacher:
        """The network, from one read of the file, whose bytes must have the identity ``sha``.

        ``probed``: see ``cards.load``. Raises ``BenchError``, also where another teacher lies there
        by now.
        """
        try:
            return cards.load(self.path, device, probed, self.card)
        except BenchError:
            self.check()
            raise

    def check(self) -> None:
        """Raise ``BenchError`` where another teacher, or none, lies there by now."""
        if cards.read_card(self.path)["sha256"] != self.sha:
            raise BenchError(
                f"{self.path} was replaced by another teacher while this command ran; start it "
                "again, and leave the file alone until it has ended"
            )


def resolve(asked: str, data: Dataset, folder: Path) -> TeacherRef | None:
    """A teacher given as a path, or as an architecture: one of exactly these data, trained here or
    shipped. None where it is yet to be trained, or an endpoint yet to be measured.

    A model's own file is imported, once. Raises ``BenchError``.
    """
    path = _path(asked, data, folder)
    return None if path is None else TeacherRef.of(path)


def _path(asked: str, data: Dataset, folder: Path) -> Path | None:
    given = teacher_path(asked)
    if endpoint_of(asked):
        return remote.find(asked, data, folder)
    if given is None:
        return shelf.find(data, asked, folder)
    return imported.find_or_import(asked, data, folder) or given
