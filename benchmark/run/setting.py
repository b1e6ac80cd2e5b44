"""The setting of a cell: its data set, its verified teacher, and the judge of students."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from benchmark import datasets, env
from benchmark.datasets.fit import fit
from benchmark.errors import BenchError
from benchmark.files import check_room, make_folder
from benchmark.nets import architectures, own_network, students
from benchmark.nets.evaluate import percent_equal, predict
from benchmark.nets.health import NotFinite
from benchmark.oracle import Journal, Spec
from benchmark.oracle.answering import Answerer, Network
from benchmark.run.cells import NONE, Cell, Foreign
from teachers import cards, remote, shelf, training
from teachers.names import endpoint_of
from teachers.recipe import Recipe
from teachers.resolving import TeacherRef

OnEpoch = Callable[[int, int, float], None]
MARGIN = 5.0  # points of accuracy by which a teacher must beat a constant answer and chance


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
    """The folders of data and of trained teachers."""

    data: Path
    teachers: Path


@dataclass(frozen=True)
class Setting:
    """Data set, teacher and judge that several cells share. Each run loads its own teacher."""

    dataset: str
    training_id: str  # see Dataset.training_id
    spec: Spec
    test_digest: str
    teacher: TeacherRef
    teacher_accuracy: float  # measured here, on this test set
    judge: Judge
    data: datasets.Dataset
    places: Places
    remote: remote.Remote | None = None  # the teacher, where it is an endpoint

    @property
    def card(self) -> dict[str, Any]:
        """The card of the teacher."""
        return self.teacher.card

    @property
    def teacher_file(self) -> Path:
        """The path of the teacher's file."""
        return self.teacher.path

    @property
    def is_here(self) -> bool:
        """Whether the teacher is a network on this machine, and not an endpoint."""
        return "endpoint" not in self.card

    @property
    def weak(self) -> str:
        """Why the teacher is weak on this test set, "" where it is not."""
        counts = self.judge.labels.bincount(minlength=self.spec.classes).tolist()
        return weakness(self.teacher_accuracy, counts)

    def answerer(
        self,
        access: str,
        budget: int,
        journal: Journal,
        on_trouble: Callable[[str], None],
        stopping: Callable[[], bool],
    ) -> Answerer:
        """Who answers the queries of one run; an endpoint through the run's journal."""
        if self.remote:
            return self.remote.answerer(journal, budget, access, on_trouble, stopping)
        return Network(self.load_teacher(), access != "hard-label")

    def check_contract(self) -> None:
        """Ask an endpoint its canary, once, before the first query. Raises ``BenchError``."""
        if self.remote:
            self.remote.check()

    def close(self) -> None:
        """Let go of the connections to an endpoint."""
        if self.remote:
            self.remote.client.close()

    def load_teacher(self) -> nn.Module:
        """A fresh teacher on the device; ``open_setting`` has probed it."""
        module = self.teacher.load(self.spec.device, probed=False).module
        return module.to(memory_format=torch.channels_last)

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

    def build_student(
        self, name: str, seed: int, own: own_network.Network | None = None
    ) -> nn.Module:
        """The student with the initial weights that all methods share at a seed.

        ``own``: the network of a person's file, of which ``name`` is the label.
        """
        env.seed_all(seed, "student", name)
        student = students.build(name, self.spec.shape, self.spec.classes, own)
        return student.to(self.spec.device).to(memory_format=torch.channels_last)


def foreign(cell: Cell, places: Places) -> Foreign:
    """The other set whose images a method gets, ``NONE`` without one."""
    if cell.entry.method.real_images != "other":
        return NONE
    found = datasets.load(cell.config.dataset, places.data)
    return Foreign(found.name, found.training_id)


def open_setting(
    cell: Cell,
    teacher: TeacherRef,
    data: datasets.Dataset,
    places: Places,
    device: torch.device,
    asks: bool = True,
) -> Setting:
    """Load the setting of a cell, whose ``teacher`` was resolved (and trained) before.

    ``asks``: False where no query will come, so that an endpoint is not asked its canary either.
    """
    check_fit(teacher, data)  # before its weights are read
    images = data.test.images.to(device)
    asked = asks and endpoint_of(cell.teacher)
    behind = remote.opened(cell.teacher, teacher.path, teacher.card) if asked else None
    told = behind.labels if behind else _labels(teacher, data, images, device)
    judge = Judge(images, data.test.labels, told)
    accuracy = percent_equal(judge.teacher_labels, judge.labels)
    spec = Spec(data.shape, len(data.classes), device)
    of = (data.name, data.training_id, spec, data.test.digest, teacher)
    return Setting(*of, accuracy, judge, data, places, behind)


def _labels(
    teacher: TeacherRef, data: datasets.Dataset, images: Tensor, device: torch.device
) -> Tensor:
    """The labels of a verified teacher for test images, int64 N; of an endpoint those kept."""
    if "endpoint" in teacher.card:
        return remote.kept_labels(teacher.path, teacher.card)
    try:
        return predict(teacher.load(device).module, images)
    except NotFinite as problem:
        fault = f"{teacher.path} is no teacher of {data.name}: {problem}"
        raise BenchError(f"{fault}; train it anew") from None


def check_fit(teacher: TeacherRef, data: datasets.Dataset) -> None:
    """Refuse a teacher of other images, and one of other data that only have the name of these."""
    file, card = teacher.path, teacher.card
    if (tuple(card["shape"]), card["classes"]) != (tuple(data.shape), len(data.classes)):
        trained = f"{'x'.join(map(str, card['shape']))} images of {card['classes']} classes"
        raise BenchError(f"{file} is a teacher for {trained}, not for {data.name}")
    own = (data.train_digest, data.test_digest)
    if card["dataset"] == data.name and cards.digests(card) != own:
        split = "training" if card["test_digest"] == data.test_digest else "test"
        raise BenchError(
            f"{file} was trained on other data called {data.name} (another {split} split); leave "
            "--teacher out, or give it an architecture, to have one of these data"
        )


def weakness(accuracy: float, counts: Sequence[int]) -> str:
    """Why a teacher of this accuracy in % hardly beats a constant answer, or "".

    ``counts`` are the test images of each class. It must beat the largest class by ``MARGIN``
    points, or by half of the rest to 100 % where that is less.
    """
    constant, chance = 100 * max(counts) / sum(counts), 100 / len(counts)
    idle = max(constant, chance)
    least = idle + min(MARGIN, (100 - idle) / 2)
    if accuracy >= least:
        return ""
    same = f"the largest class alone gives {constant:.2f} %, chance {chance:.2f} %"
    return f"{accuracy:.2f} % on the test set is less than {least:.2f} % ({same})"


def refuse_weak(file: Path, weak: str) -> None:
    """Raise ``BenchError`` for a teacher that is ``weak``, as ``weakness`` tells it."""
    if weak:
        raise BenchError(
            f"the teacher {file} is weak: {weak}. Students of it show nothing: train a better one "
            "(more epochs, another architecture), or give --allow-weak-teacher, and its rows are "
            "flagged"
        )


def train_teacher(
    data: datasets.Dataset,
    architecture: str,
    folder: Path,
    device: torch.device,
    recipe: Recipe,
    seed: int = 0,
    on_epoch: OnEpoch | None = None,
    name: str = "",
) -> Path:
    """Train by a recipe and save weights and card; ``name``: of a teacher beside the usual one.

    A teacher of these data and that name in ``folder`` is replaced, one of other data never.
    """
    make_folder(folder)  # before an hour of training, not after it
    network = architectures.build(architecture, data.shape, len(data.classes))
    needed = sum(of.numel() * of.element_size() for of in network.state_dict().values())
    check_room(folder, needed, f"a {architecture} teacher of {data.name}")
    module = training.train(data, architecture, recipe, seed, device, on_epoch)
    path = shelf.path_for(folder, data, architecture, name)
    cards.save(module, path, data, architecture, recipe, seed, name)
    return path
