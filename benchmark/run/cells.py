"""Cells: one method, data set, teacher, student, budget and seed, and the id of its row."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field, fields, replace
from typing import Any, NamedTuple

from benchmark.defences.spelling import parse
from benchmark.errors import BenchError, unknown
from benchmark.method import config as configs
from benchmark.nets import architectures, own_network
from benchmark.nets.names import check_student, is_trainable, own_parts
from benchmark.nets.own_network import Network
from benchmark.oracle import Spec
from benchmark.rows.kinds import FLOAT32
from benchmark.rows.row import Identity
from benchmark.run.registry import Entry
from benchmark.run.tasks import task_for
from teachers.names import endpoint_of

Student = tuple[str, Network | None]  # its name in rows, and its own file, if it has one
NO_GENERATOR = "no generator: it runs as it is where others get one"


class Foreign(NamedTuple):
    """The other set whose images a method gets: its name in rows, and ``Dataset.training_id``."""

    name: str = ""
    id: str = ""


NONE = Foreign()


@dataclass(frozen=True)
class Cell:
    """One run, fully resolved but for the teacher's file."""

    dataset: str
    size: int | None  # pixels, only for folder sets that are resized
    teacher: str  # architecture, or the path of a teacher file
    student: str
    entry: Entry
    config: Any
    overrides: dict[str, Any]  # from --set, shown beside the method's name
    budget: int
    seed: int
    precision: str
    access: str = "hard-label"
    scale: float = 1.0  # below 1 the budget is that share of a preset's: a rehearsal
    arithmetic: str = FLOAT32  # of the networks; see ``engine.arithmetic``
    defence: str = ""  # of the teacher, in the one form of its text
    # On options for all methods that do not apply to this one; the run is the same.
    notes: tuple[str, ...] = field(default=(), compare=False)
    own: Network | None = field(default=None, repr=False)  # the student's, of a person's own file

    def identity(
        self,
        dataset_name: str,
        card: dict[str, Any],
        training_id: str = "",
        foreign: Foreign = NONE,
    ) -> Identity:
        """The fields of the row that decide its id. ``card`` is the teacher's.

        ``training_id``: see ``Dataset``. The path of a ``foreign`` set is no part of them.
        """

        def named(fields: dict[str, Any]) -> dict[str, Any]:
            return {**fields, "dataset": foreign.name} if "dataset" in fields else fields

        config, shown = configs.identity(self.config), self.overrides
        if foreign.name:
            config, shown = named(config), named(shown)
        return Identity(
            dataset=dataset_name,
            train_digest=training_id,
            images_digest=foreign.id,
            teacher=card["architecture"],
            teacher_sha=card["sha256"],
            student=self.student,
            student_source=self.own.sha256 if self.own else "",
            method=self.entry.name,
            variant=self.entry.variant,
            overrides=shown,
            method_version=self.entry.method.version,
            config=config,
            budget=self.budget,
            seed=self.seed,
            precision=self.precision,
            access=self.access,
            scale=self.scale,
            arithmetic=self.arithmetic,
            defence=self.defence,
        )

    def fresh(self, level: str) -> Cell:
        """This cell for one run at a level of isolation: see ``Entry.fresh``."""
        entry = self.entry.fresh(level)
        if entry is self.entry:
            return self
        values = {f.name: getattr(self.config, f.name) for f in fields(self.config) if f.init}
        return replace(self, entry=entry, config=entry.method.Config(**values))


@dataclass(frozen=True)
class Request:
    """The parts of a grid of cells; None and empty mean the task's defaults."""

    entries: list[Entry]
    datasets: list[str]
    seeds: list[int]
    budgets: list[int] = field(default_factory=list)
    teachers: list[str] = field(default_factory=list)
    students: list[str] = field(default_factory=list)
    overrides: dict[str, dict[str, Any]] = field(default_factory=dict)
    precision: str = "uint8"
    access: str = ""  # "": each method's own default
    size: int | None = None
    batch: int | None = None  # None: the data set's usual one
    generator: str = ""  # for all methods that have one; "": each its own
    defences: list[str] = field(default_factory=list)  # of the teacher, each for cells of its own


def expand(request: Request) -> list[Cell]:
    """All cells of a request, data set by data set, with every Config checked first."""
    named = {entry.name for entry in request.entries} | {e.label for e in request.entries}
    for name in request.overrides:
        if name not in named:
            raise unknown("method in --set", name, named)
    _check_access(request)
    _check_defences(request)
    _check_generator(request)
    for architecture in filter(is_trainable, request.teachers):
        architectures.check(architecture)
    students = [_student(text) for text in request.students]
    return [cell for name in request.datasets for cell in _of_dataset(request, name, students)]


def _student(text: str) -> Student:
    """The student behind an architecture or ``FILE.py:Class``, whose file is read once."""
    check_student(text)
    if own_parts(text) is None:
        architectures.check(text)
        return text, None
    own = own_network.read(text)
    return own.label, own


def _of_dataset(request: Request, dataset: str, students: list[Student]) -> Iterator[Cell]:
    """The cells of one data set, in the order of its grid."""
    task = task_for(dataset)
    defaults = task.config_defaults | ({"batch": request.batch} if request.batch else {})
    grid = itertools.product(
        request.teachers or [task.teacher],
        students or [(task.student, None)],
        request.budgets or [task.budget],
        request.defences or [""],
        request.entries,
        request.seeds,
    )
    for teacher, (student, own), budget, defence, entry, seed in grid:
        asked = {
            **_protocol(request, entry),
            **request.overrides.get(entry.name, {}),
            **request.overrides.get(entry.label, {}),
        }
        config, shown = _resolve(entry, asked, defaults | entry.defaults(request.precision))
        yield Cell(
            dataset,
            request.size,
            teacher,
            student,
            entry,
            config,
            shown,
            budget,
            seed,
            request.precision,
            request.access or entry.method.access[0],
            defence=defence,
            notes=remarks(entry, bool(request.generator)),
            own=own,
        )


def _resolve(
    entry: Entry, asked: dict[str, Any], defaults: dict[str, Any]
) -> tuple[Any, dict[str, Any]]:
    """The Config, and those of the ``asked`` fields that change its usual values."""

    def resolved(*layers: dict[str, Any]) -> Any:
        return configs.resolve(entry.method, entry.label, entry.overrides, *layers, task=defaults)

    usual, config = resolved(), resolved(asked)
    values = {name: getattr(config, name) for name in asked}
    return config, {name: v for name, v in values.items() if v != getattr(usual, name)}


def _check_access(request: Request) -> None:
    """Refuse an access that a method cannot work with, naming those it can."""
    refused = [e for e in request.entries if request.access not in ("", *e.method.access)]
    if refused:
        lists = "; ".join(f"{e.label}: {', '.join(e.method.access)}" for e in refused)
        raise BenchError(f"--access {request.access} is not for these methods ({lists})")


def _check_defences(request: Request) -> None:
    """Refuse a defence of an endpoint, and one of labels where probabilities are told too."""
    for teacher in filter(endpoint_of, request.teachers):
        if any(request.defences):
            raise BenchError(
                f"--defence is for teachers on this machine: {teacher} answers behind the defences "
                "of its owner; leave it out"
            )
    told = [e for e in request.entries if (request.access or e.method.access[0]) != "hard-label"]
    for text in request.defences:
        if told and parse(text).change_labels:
            labels = ", ".join(entry.label for entry in told)
            raise BenchError(
                f"--defence {text} changes labels alone, and the teacher tells these methods "
                f"probabilities ({labels}); leave them out, or give --access hard-label"
            )


def _protocol(request: Request, entry: Entry) -> dict[str, Any]:
    """The fields of a method that an option for all methods sets."""
    asked = request.generator and entry.has("generator")
    return {"generator": request.generator} if asked else {}


def remarks(entry: Entry, generator: bool) -> tuple[str, ...]:
    """The notes in the row of a method without a generator, where all others get the same one."""
    return (NO_GENERATOR,) if generator and not entry.has("generator") else ()


def _check_generator(request: Request) -> None:
    """Refuse ``--generator`` where no method has one."""
    if request.generator and not any(entry.has("generator") for entry in request.entries):
        labels = ", ".join(entry.label for entry in request.entries)
        raise BenchError(
            f"--generator {request.generator}: no method of these has a generator ({labels})"
        )


def check_budget(cell: Cell, spec: Spec) -> None:
    """Refuse a budget that the method cannot work with, and say which it can."""
    method, config, label = cell.entry.method, cell.config, cell.entry.label
    batch, least = getattr(config, "batch", 0), method.least_budget(config, spec)
    if batch > cell.budget:
        text = f"{label}.batch must be at most the budget, {cell.budget:,}, not {batch:,}"
        raise BenchError(f"{text}; --set {cell.entry.name}.batch={cell.budget} makes it smaller")
    if least > cell.budget:
        text = f"{label} works with a budget of {least:,} or more, not with {cell.budget:,}"
        raise BenchError(f"{text}; see the queries of a round: `bench list methods {label}`")
