"""The final students of the largest budget: where each is right, and what it gives an attacker."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from benchmark.exposure import transfer
from benchmark.exposure.transfer import Transfer
from benchmark.files import StoreError
from benchmark.nets.evaluate import predict
from benchmark.nets.own_network import Network
from benchmark.rows.row import Row
from benchmark.rows.store import Store
from benchmark.run.setting import Setting


@dataclass(frozen=True)
class Student:
    """One kept student. ``classes``: its accuracy in % on the test images of each class."""

    row: Row
    classes: tuple[float | None, ...]
    transfer: Transfer | None
    missing: str = ""  # why nothing could be measured


class Examiner:
    """Measures kept students of one setting. The teacher's answers are the evaluator's account.

    An endpoint is not asked: each image that an attack moves would have to be paid for. ``own``:
    the network of a person's file, where the students are of one.
    """

    def __init__(self, setting: Setting, store: Store, own: Network | None = None) -> None:
        self.setting, self.store, self.own = setting, store, own
        self.judge = setting.judge
        attacked = transfer.chosen(self.judge.labels, self.judge.teacher_labels)
        self.attacked = len(attacked)
        self._images = self.judge.images[attacked.to(self.judge.images.device)]
        self._labels = self.judge.labels[attacked]
        self.eps = transfer.eps_for(setting.spec.shape)
        self._teacher = setting.load_teacher() if setting.is_here else None

    def of(self, row: Row) -> Student:
        """The student of a complete row."""
        try:
            weights = self.store.student(row)
        except StoreError as problem:
            return Student(row, (), None, str(problem))
        network = self.setting.build_student(row.student, row.seed, self.own)
        network.load_state_dict(weights)
        attacks = None
        if self._teacher is not None:
            attacks = transfer.transfer(
                network, self._teacher, self._images, self._labels, self.eps
            )
        return Student(row, self.classes(predict(network, self.judge.images)), attacks)

    def noise(self) -> float | None:
        """The share, in %, of attacked images that the teacher loses to random signs."""
        if self._teacher is None or not len(self._images):
            return None
        moved = transfer.noise(self._images, self.eps)
        return transfer.errors(self._teacher, moved, self._labels)

    def teacher_classes(self) -> tuple[float | None, ...]:
        """The teacher's accuracy in % on the test images of each class."""
        return self.classes(self.judge.teacher_labels)

    def classes(self, predicted: Tensor) -> tuple[float | None, ...]:
        """The accuracy in % of predictions, by class; None for a class without test images."""
        return by_class(predicted, self.judge.labels, self.setting.spec.classes)


def by_class(predicted: Tensor, labels: Tensor, classes: int) -> tuple[float | None, ...]:
    """Accuracy in % on each class's images: int64 N twice; None where a class has none."""
    all_ = torch.bincount(labels, minlength=classes).tolist()
    right = torch.bincount(labels[predicted == labels], minlength=classes).tolist()
    return tuple(100 * one / of if of else None for one, of in zip(right, all_, strict=True))
