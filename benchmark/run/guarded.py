"""The teacher of a cell as its oracle asks it: a network, behind the cell's defence."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from benchmark.defences.memory import Memory
from benchmark.defences.spelling import parse
from benchmark.defences.users import Told, cost_to_users
from benchmark.defences.wrappers import defended
from benchmark.errors import BenchError
from benchmark.oracle.answering import Answerer, Network
from benchmark.run.cells import Cell
from benchmark.run.setting import Setting
from teachers import cards, shelf
from teachers.resolving import TeacherRef


def memory_of(cell: Cell) -> Memory | None:
    """An empty memory for a defence that needs one, else None."""
    return Memory() if parse(cell.defence).remember else None


@dataclass(frozen=True)
class Guarded:
    """Makes the answerer of a cell, and measures what its defence costs honest users."""

    cell: Cell
    setting: Setting

    def behind(self, teacher: Answerer, memory: Memory | None) -> Answerer:
        """A teacher behind the defence. The caller keeps it in a box that is emptied."""
        return defended(
            teacher,
            self.cell.defence,
            self.cell.seed,
            self.setting.spec.classes,
            memory,
            self._member,
        )

    def users_accuracy(self) -> float | None:
        """The accuracy in % of what honest users are told on the test set; None undefended.

        The teacher's own answers to the test images are the judge's.
        """
        if not self.cell.defence:
            return None
        judge, spec = self.setting.judge, self.setting.spec
        of_teacher = Told(judge.teacher_labels.to(spec.device))
        return cost_to_users(
            self.cell.defence,
            of_teacher,
            judge.images,
            judge.labels,
            self.cell.seed,
            spec.classes,
            self._labels_alone,
        )

    @property
    def _tells(self) -> bool:
        return self.cell.access != "hard-label"

    def _member(self, architecture: str, sha: str) -> Network:
        """A further teacher of an ensemble, of these data. Raises ``BenchError`` without one."""
        folder, data = self.setting.places.teachers, self.setting.data
        own = (data.train_digest, data.test_digest)
        of_data = [
            card
            for card in shelf.catalogue(folder)
            if "error" not in card and cards.digests(card) == own
        ]
        for card in of_data:
            if card["architecture"] == architecture and card["sha256"].startswith(sha):
                member = TeacherRef(Path(card["file"]), card["sha256"], card)
                return Network(member.load(self.setting.spec.device).module, self._tells)
        known = sorted({f"{card['architecture']}@{card['sha256'][:8]}" for card in of_data})
        raise BenchError(
            f"--defence {self.cell.defence}: there is no teacher {architecture}@{sha} of "
            f"{self.setting.dataset} in {folder}; there are: {', '.join(known) or 'none'}"
        )

    def _labels_alone(self, architecture: str, sha: str) -> Network:
        return Network(self._member(architecture, sha).module)
