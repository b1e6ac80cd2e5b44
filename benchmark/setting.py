"""The setting of a cell: its data set, its verified teacher, and the judge of students."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from benchmark import datasets, env
from benchmark.cells import Cell
from benchmark.datasets.fit import fit
from benchmark.errors import BenchError
from benchmark.evaluate import percent_equal, predict
from benchmark.files import make_folder
from benchmark.oracle import Spec
from teachers import architectures, cards, training
from teachers.names import teacher_path
from teachers.recipe import Recipe

OnEpoch = Callable[[int, int, float], None]


@dataclass(frozen=True)
class Judge:
    """Scores students on the test set; its teacher labels are its own account, not a method's."""

    images: Tensor  # uint8, N x C x H x W, on the device
    labels: Tensor  # int64 N, CPU
    teacher_labels: Tensor  # int64 N, CPU

    def score(self, student: nn.Module) -> tuple[float, float]:
        """(accuracy, agreement with the teacher) in per cent."""
        predicted = predict(student, self.images)
        return percent_equal(predicted, self.labels), percent_equal(predicted, self.teacher_labels)


@dataclass(frozen=True)
class Places:
    """Where data and trained teachers lie."""

    data: Path
    teachers: Path


@dataclass(frozen=True)
class Setting:
    """What several cells share. It holds no teacher: each run loads one, for its oracle alone."""

    dataset: str
    spec: Spec
    test_digest: str
    teacher_file: Path
    card: dict[str, Any]
    teacher_accuracy: float  # measured here, on this test set
    judge: Judge
    data: datasets.Dataset
    places: Places

    def load_teacher(self) -> nn.Module:
        """A fresh teacher on the device; ``open_setting`` has probed it."""
        teacher = cards.load(self.teacher_file, self.spec.device, probed=False)
        if teacher.sha != self.card["sha256"]:  # rows would name the old one
            raise BenchError(
                f"{self.teacher_file} was replaced by another teacher while this command ran; "
                "start it again, and leave the file alone until it has ended"
            )
        return teacher.module.to(memory_format=torch.channels_last)

    def real_images(self, cell: Cell) -> tuple[str, Tensor | None]:
        """The data set whose training images a method gets, and these: uint8, in this shape."""
        kind = cell.entry.method.real_images
        if not kind:
            return "", None
        source = self.data if kind == "own" else self._other(cell)
        return source.name, fit(source.train.images, self.spec.shape).to(self.spec.device)

    def _other(self, cell: Cell) -> datasets.Dataset:
        name = cell.config.dataset
        source = datasets.load(name, self.places.data)
        if source.name == self.dataset:
            label = cell.entry.label
            raise BenchError(f"{label}.dataset must be another data set than the task's, {name}")
        return source

    def build_student(self, architecture: str, seed: int) -> nn.Module:
        """The student with the initial weights that all methods share at a seed."""
        env.seed_all(seed, "student", architecture)
        student = architectures.build(architecture, self.spec.shape, self.spec.classes)
        return student.to(self.spec.device, memory_format=torch.channels_last)


def open_setting(
    cell: Cell, data: datasets.Dataset, places: Places, device: torch.device
) -> Setting:
    """Load what a cell needs. Its teacher must exist (``find_teacher``, ``train_teacher``)."""
    file = find_teacher(cell.teacher, data.name, places.teachers)
    if file is None:
        raise BenchError(f"there is no {cell.teacher} teacher of {data.name}; train it first")
    teacher = cards.load(file, device)
    check_fit(file, teacher.card, data)
    images = data.test.images.to(device)
    judge = Judge(images, data.test.labels, predict(teacher.module, images))
    accuracy = percent_equal(judge.teacher_labels, judge.labels)
    spec = Spec(tuple(data.shape), len(data.classes), device)
    return Setting(
        data.name, spec, data.test.digest, file, teacher.card, accuracy, judge, data, places
    )


def check_fit(file: Path, card: dict[str, Any], data: datasets.Dataset) -> None:
    """Refuse a teacher of other images; one of other data under the same name is found here."""
    if (tuple(card["shape"]), card["classes"]) != (tuple(data.shape), len(data.classes)):
        trained = f"{'x'.join(map(str, card['shape']))} images of {card['classes']} classes"
        raise BenchError(f"{file} is a teacher for {trained}, not for {data.name}")
    if card["dataset"] == data.name and card["test_digest"] != data.test.digest:
        raise BenchError(
            f"{file} was trained on other data called {data.name}; train a teacher for these "
            "data in another --teacher-dir"
        )


def find_teacher(teacher: str, dataset_name: str, folder: Path) -> Path | None:
    """The file of a teacher: given as a path, trained before, or shipped."""
    return teacher_path(teacher) or cards.find(dataset_name, teacher, folder)


def train_teacher(
    data: datasets.Dataset,
    architecture: str,
    folder: Path,
    device: torch.device,
    plan: Recipe,
    seed: int = 0,
    on_epoch: OnEpoch | None = None,
) -> Path:
    """Train by a recipe and save weights and card."""
    make_folder(folder)  # before an hour of training, not after it
    module = training.train(data, architecture, plan, seed, device, on_epoch)
    accuracy = percent_equal(predict(module, data.test.images), data.test.labels)
    return cards.save(module, folder, data, architecture, plan, seed, accuracy)
