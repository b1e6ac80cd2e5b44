"""The needs of a list of cells: data that are here, a teacher, and a row or none yet.

Nothing is run and no teacher is trained; ``session`` does that.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field, replace

import torch

from benchmark import datasets
from benchmark.endpoint import read
from benchmark.errors import BenchError
from benchmark.files import Unsound
from benchmark.nets import students
from benchmark.oracle import Spec
from benchmark.rows.row import USUAL, Row
from benchmark.rows.store import Store
from benchmark.run import preparing, setting
from benchmark.run.cells import NONE, Cell, Foreign, check_budget
from benchmark.run.pace import Load, load_of
from benchmark.run.redone import Redone
from benchmark.run.setting import Places
from benchmark.run.watch import Show
from teachers import cards, remote
from teachers.names import endpoint_of, teacher_path
from teachers.resolving import TeacherRef, resolve


@dataclass
class Needs:
    """Looks up the data, the teacher and the row of each cell of a command."""

    store: Store
    places: Places
    device: torch.device
    force: bool  # only rows that this command has written make a run unnecessary
    allow_weak: bool  # teachers that hardly beat a constant answer
    show: Show
    redone: Redone | None = None  # with ``force``
    _datasets: dict[tuple, datasets.Dataset] = field(default_factory=dict)
    _teachers: dict[tuple, TeacherRef] = field(default_factory=dict)
    _foreign: dict[str, Foreign] = field(default_factory=dict)
    _students: set[tuple] = field(default_factory=set)  # those of own files that were checked
    _imports: set[str] = field(default_factory=set)  # models that were told of

    def load_and_check(self, cells: list[Cell]) -> None:
        """Load the data of the cells, downloading missing sets, and refuse cells that cannot run,
        before anything is trained or asked.
        """
        for cell in cells:
            data = self.data(cell)
            spec = Spec(data.shape, len(data.classes), self.device, cell.access)
            check_budget(cell, spec)
            self._refuse_endpoint(cell, data)
            self._check_student(cell, spec)
            self._say_import(cell)
            self._refuse_weak(cell, data)
            self._refuse_access(cell)
            if cell.entry.method.real_images == "other":
                datasets.load(cell.config.dataset, self.places.data)

    def _check_student(self, cell: Cell, spec: Spec) -> None:
        """Refuse a network of a person's own file that can be no student of these images."""
        key = (cell.own, spec.shape, spec.classes)
        if cell.own and key not in self._students:
            students.check(cell.own, spec.shape, spec.classes)
            self._students.add(key)

    def begin(self, cells: list[Cell]) -> None:
        """With ``force``: look up the cells that a stopped command has run again already."""
        self.redone = Redone(self.store.states, cells) if self.force else None

    def loads(self, cells: list[Cell]) -> dict[int, Load]:
        """The cells that have no complete row, by their position among all."""
        found = {}
        with self.store.at_a_glance():
            for number, cell in enumerate(cells):
                with contextlib.suppress(Unsound):  # it is not run
                    identity = self.known_id(cell)
                    if identity is None or not self.complete(cell, identity):
                        found[number] = load_of(cell)
        return found

    def _refuse_weak(self, cell: Cell, data: datasets.Dataset) -> None:
        """Refuse a teacher whose card says that it is weak, for a run that is yet to be done."""
        teacher = self.teacher(cell)
        if teacher is None or self.allow_weak:
            return
        if cards.digests(teacher.card) != (data.train_digest, data.test_digest):
            return  # yet to be trained, or to be measured on these data
        if weak := setting.weakness(teacher.card["accuracy"], data.facts("test").counts):
            with contextlib.suppress(Unsound):  # that file is named where the cell is not run
                identity = self.known_id(cell)
                row = self.store.find(identity) if identity else None
                if self.force or not row or not row.complete:
                    setting.refuse_weak(teacher.path, weak)

    def _refuse_endpoint(self, cell: Cell, data: datasets.Dataset) -> None:
        """Refuse an endpoint that cannot serve a cell, before it is asked anything."""
        if (file := endpoint_of(cell.teacher)) is None:
            return
        endpoint = read(file)
        remote.check_fits(endpoint, file, data)
        if cell.precision != "uint8":
            raise BenchError("an endpoint takes 8-bit images: leave --precision out")

    def _say_import(self, cell: Cell) -> None:
        """Import a model's own file, which a plan needs too, and say once what it has become."""
        teacher, given = self.teacher(cell), teacher_path(cell.teacher)
        if endpoint_of(cell.teacher) or teacher is None or given is None:
            return
        if teacher.path != given and cell.teacher not in self._imports:
            self._imports.add(cell.teacher)
            self.show.say(f"imported {cell.teacher}: {teacher.path}")

    def _refuse_access(self, cell: Cell) -> None:
        """Refuse what a model in a foreign form cannot show: nobody sees its inside."""
        if cell.access != "white-box":
            return
        teacher = self.teacher(cell)
        if endpoint_of(cell.teacher) or (teacher and "imported" in teacher.card):
            kind = "an endpoint" if endpoint_of(cell.teacher) else "imported"
            raise BenchError(
                f"{cell.entry.label} needs white-box access; {cell.teacher} is {kind} and only "
                "answers"
            )

    def known_id(self, cell: Cell) -> str | None:
        """The id of a cell's row; None where the teacher, which decides it, is yet to be trained.

        The teacher's card is enough for it: no network is loaded and no test image labelled.
        """
        data, teacher = self.data(cell), self.teacher(cell)
        if teacher is None:
            return None
        foreign = self.foreign(cell)
        return cell.identity(data.name, teacher.card, data.training_id, foreign).run_id

    def foreign(self, cell: Cell) -> Foreign:
        """``setting.foreign``, kept: looking at a set of many files takes seconds."""
        if cell.entry.method.real_images != "other":
            return NONE
        name = cell.config.dataset
        if name not in self._foreign:
            self._foreign[name] = setting.foreign(cell, self.places)
        return self._foreign[name]

    def complete(self, cell: Cell, identity: str) -> Row | None:
        """The row that makes a run unnecessary."""
        if self.redone and identity not in self.redone:
            return None
        row, data = self._row(cell, identity), self.data(cell)
        if row and row.data_digest != data.test_digest:
            raise self._other_test_set(cell, identity)
        return row if row and row.complete else None

    def failed_since(self, identity: str, since: float | None) -> Row | None:
        """The row of a run that failed at that time or later, by the clock of the results folder.

        Workers of one command leave it; the next command tries the run again.
        """
        row = self.store.find(identity) if since is not None else None
        if row is None or row.complete or since is None:
            return None
        return row if self.store.written(row) >= since else None

    def _row(self, cell: Cell, identity: str) -> Row | None:
        """The row of a cell. A row older than arithmetic in ids has the id of the usual one."""
        row, usual = self.store.find(identity), USUAL["arithmetic"]
        if row is None and cell.arithmetic != usual:
            known = self.known_id(replace(cell, arithmetic=usual))
            older = self.store.find(known) if known else None
            return older if older and older.arithmetic == cell.arithmetic else None
        if row and row.arithmetic != cell.arithmetic:
            raise Unsound(
                f"{self.store.runs} holds the row {identity} of this run in {row.arithmetic}, "
                f"older than arithmetic in ids; give rows in {cell.arithmetic} a folder of their "
                "own with --results"
            )
        return row

    def _other_test_set(self, cell: Cell, identity: str) -> BenchError:
        data, teacher = self.data(cell), self.teacher(cell)
        if teacher is not None:  # the nearer cause, where it is one
            setting.check_fit(teacher, data)
        return BenchError(
            f"{self.store.runs} holds the row {identity} of this very run, but measured on another "
            f"test set called {data.name}; give these data a folder of rows of their own with "
            "--results"
        )

    def teacher(self, cell: Cell) -> TeacherRef | None:
        """The teacher of a cell, resolved once: all runs of a command have the same one.

        None where it is yet to be trained or measured.
        """
        key = (cell.dataset, cell.size, cell.teacher)
        if key not in self._teachers:
            found = resolve(cell.teacher, self.data(cell), self.places.teachers)
            if found is None:
                return None
            self._teachers[key] = found
        return self._teachers[key]

    def data(self, cell: Cell) -> datasets.Dataset:
        """The data set of a cell, the last one kept: listing an archive takes seconds."""
        key = (cell.dataset, cell.size)
        if key not in self._datasets:
            self._datasets = {
                key: preparing.load(cell.dataset, self.places.data, cell.size, self.show)
            }
        return self._datasets[key]
