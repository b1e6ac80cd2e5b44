"""``bench run`` from cells to rows: missing teachers, locks, interruption, a line a run."""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from dataclasses import dataclass, field, replace

import torch

from benchmark import datasets, env
from benchmark.errors import BenchError
from benchmark.files import StoreError, Unsound
from benchmark.oracle import Spec
from benchmark.rows.row import USUAL, Row
from benchmark.rows.store import Store
from benchmark.run import preparing, setting, states
from benchmark.run.buying import Wish
from benchmark.run.cells import Cell, check_budget
from benchmark.run.lines import describe, report
from benchmark.run.pace import Load, Pace, load_of
from benchmark.run.redone import Redone
from benchmark.run.runner import Run
from benchmark.run.setting import Places, Setting
from benchmark.run.watch import SAVE_EVERY, Control, Show
from teachers import cards

EXIT_OK, EXIT_FAILED, EXIT_STOPPED = 0, 1, 75


@dataclass
class Session:
    """Everything a list of cells is run with."""

    store: Store
    places: Places
    device: torch.device
    force: bool = False
    stop_after: float | None = None  # seconds
    save_every: float = SAVE_EVERY
    graphs: bool = True  # hot steps become graphs, where the device has them
    allow_weak: bool = False  # teachers that hardly beat a constant answer
    wish: Wish = Wish()
    show: Show = field(default_factory=Show)
    deadline: float | None = None  # by ``time.monotonic``
    interrupted: bool = False
    outcomes: Counter = field(default_factory=Counter)
    rows: list[Row] = field(default_factory=list)  # of the cells that have come to an end
    _settings: dict[tuple, Setting] = field(default_factory=dict)
    _datasets: dict[tuple, datasets.Dataset] = field(default_factory=dict)
    _redone: Redone | None = None  # with ``force``
    _said: set[str] = field(default_factory=set)
    _images: dict[str, str] = field(default_factory=dict)

    def run(self, cells: list[Cell]) -> int:
        """Run every cell that has no complete row; returns the exit code.

        75 where cells are left: stopped by the time limit or a signal, or being run by another
        process.
        """
        self.load_and_check(cells)
        self.store.prepare()
        self.begin(cells)
        if self.stop_after is not None:
            self.deadline = time.monotonic() + self.stop_after
        for line in env.missing():
            self.show.say(line)
        self.pace = Pace(self._loads(cells))
        for self.pace.number, cell in enumerate(cells):
            outcome = self._sound_outcome(cell)
            self.outcomes[outcome] += 1
            if outcome == "stopped":
                self.show.say("stopped, state saved; the same command goes on from here")
                return EXIT_STOPPED
        return self._exit_code()

    def part(self, cell: Cell, pace: Pace) -> str:
        """Run one cell of a longer command, whose ``pace`` has it as the present run.

        Returns what came of it; a row is the last of ``rows``.
        """
        self.load_and_check([cell])
        self.pace = pace
        outcome = self._sound_outcome(cell)
        self.outcomes[outcome] += 1
        return outcome

    def begin(self, cells: list[Cell]) -> None:
        """Look up what a stopped command of these cells has redone already; with ``force``."""
        self._redone = Redone(self.store.states, cells) if self.force else None

    def _loads(self, cells: list[Cell]) -> dict[int, Load]:
        """The cells that have no complete row, by their place among all."""
        found = {}
        for number, cell in enumerate(cells):
            with contextlib.suppress(Unsound):  # it is not run
                identity = self.known_id(cell)
                if identity is None or not self.complete(cell, identity):
                    found[number] = load_of(cell)
        return found

    def _exit_code(self) -> int:
        """What a command ends with that has come to its last cell."""
        if self.outcomes["locked"]:
            self.show.say("another process runs what is left; the same command goes on later")
            return EXIT_STOPPED
        if self._redone:
            self._redone.clear()
        return EXIT_FAILED if self.outcomes["failed"] or self.outcomes["unsound"] else EXIT_OK

    def load_and_check(self, cells: list[Cell]) -> None:
        """Load the data of the cells, downloading what is missing, and refuse what no run could be
        made of, before anything is trained or asked.
        """
        for cell in cells:
            data = self.data(cell)
            spec = Spec(data.shape, len(data.classes), self.device, cell.access)
            check_budget(cell, spec)
            self._refuse_weak(cell, data)
            if cell.entry.method.real_images == "other":
                datasets.load(cell.config.dataset, self.places.data)

    def _refuse_weak(self, cell: Cell, data: datasets.Dataset) -> None:
        """Refuse a teacher whose card says that it is weak, for a run that is yet to be done."""
        file = setting.find_teacher(cell.teacher, data, self.places.teachers)
        if file is None or self.allow_weak:
            return
        card = cards.read_card(file)
        if cards.digests(card) != (data.train_digest, data.test_digest):
            return  # yet to be trained, or to be measured on these data
        if weak := setting.weakness(card["accuracy"], data.facts("test").counts):
            with contextlib.suppress(Unsound):  # that file is named where the cell is not run
                identity = self.known_id(cell)
                row = self.store.find(identity) if identity else None
                if self.force or not row or not row.complete:
                    setting.refuse_weak(file, weak)

    def known_id(self, cell: Cell) -> str | None:
        """The id of a cell's row; None where the teacher, which decides it, is yet to be trained.

        The teacher's card is enough for it: no network is loaded and no test image labelled.
        """
        data = self.data(cell)
        file = setting.find_teacher(cell.teacher, data, self.places.teachers)
        if file is None:
            return None
        images = self._images_id(cell)
        return cell.identity(data.name, cards.read_card(file), data.training_id, images).run_id

    def _images_id(self, cell: Cell) -> str:
        """``setting.images_id``; to look at a set of many files takes seconds."""
        if cell.entry.method.real_images != "other":
            return ""
        name = cell.config.dataset
        if name not in self._images:
            self._images[name] = setting.images_id(cell, self.places)
        return self._images[name]

    def complete(self, cell: Cell, identity: str) -> Row | None:
        """The row that makes a run unnecessary."""
        if self._redone and identity not in self._redone:
            return None
        row, data = self._row(cell, identity), self.data(cell)
        if row and row.data_digest != data.test_digest:
            raise self._other_test_set(cell, identity)
        return row if row and row.complete else None

    def _row(self, cell: Cell, identity: str) -> Row | None:
        """The row of a cell. One from before arithmetic was in the id has that of the usual one."""
        row, usual = self.store.find(identity), USUAL["arithmetic"]
        if row is None and cell.arithmetic != usual:
            known = self.known_id(replace(cell, arithmetic=usual))
            older = self.store.find(known) if known else None
            return older if older and older.arithmetic == cell.arithmetic else None
        if row and row.arithmetic != cell.arithmetic:
            raise Unsound(
                f"{self.store.runs} holds the row {identity} of it in {row.arithmetic}, from "
                f"before that was a part of the id; give rows in {cell.arithmetic} a folder of "
                "their own with --results"
            )
        return row

    def _other_test_set(self, cell: Cell, identity: str) -> BenchError:
        data = self.data(cell)
        file = setting.find_teacher(cell.teacher, data, self.places.teachers)
        if file is not None:
            setting.check_fit(
                file, cards.read_card(file), data
            )  # the nearer cause, where it is one
        return BenchError(
            f"{self.store.runs} holds the row {identity} of this very run, but measured on another "
            f"test set called {data.name}; give these data a folder of rows of their own with "
            "--results"
        )

    def _sound_outcome(self, cell: Cell) -> str:
        """``_outcome``; a file of the cell that is unsound is named, and no other cell minds."""
        try:
            return self._outcome(cell)
        except Unsound as problem:
            return self.unsound(cell, problem)

    def unsound(self, cell: Cell, problem: Unsound) -> str:
        self.show.warn(f"not run: {describe(cell)}: {problem}; --force runs it anew")
        return "unsound"

    def _outcome(self, cell: Cell) -> str:
        """Do what a cell needs. One that has its row is done, however late it is.

        A command that has run nothing yet makes one step, so that repeating it comes to an end.
        """
        identity = self.known_id(cell)
        if identity and (row := self.complete(cell, identity)):
            return self._exists(cell, row)
        has_run = self.outcomes.keys() & {"complete", "failed"}
        return "stopped" if has_run and self._should_stop() else self._one(cell)

    def _one(self, cell: Cell) -> str:
        here = self.open_or_train(cell)
        setting.refuse_weak(here.teacher_file, "" if self.allow_weak else here.weak)
        fields = cell.identity(here.dataset, here.card, here.training_id, self._images_id(cell))
        identity = fields.run_id
        with self.store.lock(identity) as lock:
            self._say_once(lock.note)
            if not lock.mine:
                self.show.say(
                    f"skipped  {describe(cell)}: another process is running it (it holds "
                    f"{lock.path})"
                )
                return "locked"
            if row := self.complete(cell, identity):  # written since we looked for it
                return self._exists(cell, row)
            self.store.tidy(fields)
            if self._redone:
                self.store.drop_stale_state(identity, states.KEYS)
            row = self._execute(cell, here)
        if row is None:
            return "stopped"
        if self._redone and row.complete:
            self._note_redone(self._redone, identity)
        self.rows.append(row)
        self.show.say(report(cell, row))
        if self.wish.file and row.complete:
            self.show.say(f"bought   {self.store.bought_path(identity)}")
        return row.status

    def _note_redone(self, redone: Redone, identity: str) -> None:
        try:
            redone.add(identity)
        except StoreError as problem:  # the row is there; after a stop it would be made once more
            self.show.say(f"{problem}; repeated with --force, this command runs that cell again")

    def _say_once(self, note: str) -> None:
        if note and note not in self._said:
            self._said.add(note)
            self.show.say(note)

    def _exists(self, cell: Cell, row: Row) -> str:
        self.rows.append(row)
        other = not cell.entry.is_of(row.method_sha)
        note = "  [by other code: raise the method's version, or --force]" if other else ""
        self.show.say(f"exists   {describe(cell)}  {row.accuracy:.2f} %{note}")
        return "exists"

    def _execute(self, cell: Cell, here: Setting) -> Row | None:
        self.pace.loads.setdefault(self.pace.number, load_of(cell))  # its row was taken away since
        bar = self.show.run(describe(cell), cell.budget, self.pace, self._interrupt)
        with bar as watch:
            control = Control(self._should_stop, watch, self.save_every, self.show.say)
            run = Run(cell.fresh(), here, self.store, control, self.graphs, self.wish)
            row = run.execute()
        self.pace.end()
        return row

    def open_or_train(self, cell: Cell) -> Setting:
        """The setting of a cell; a missing teacher is trained first."""
        key = (cell.dataset, cell.size, cell.teacher)
        if key not in self._settings:
            data = self.data(cell)
            if setting.find_teacher(cell.teacher, data, self.places.teachers) is None:
                self.show.say(preparing.no_teacher(cell.teacher, data, self.places.teachers))
                file = preparing.train(
                    data, cell.teacher, self.places.teachers, self.device, self.show
                )
                self.show.say(f"teacher saved as {file}")
            self._settings = {key: setting.open_setting(cell, data, self.places, self.device)}
        return self._settings[key]

    def data(self, cell: Cell) -> datasets.Dataset:
        """The data set of a cell; the last one is kept, since listing an archive takes seconds."""
        key = (cell.dataset, cell.size)
        if key not in self._datasets:
            self._datasets = {
                key: preparing.load(cell.dataset, self.places.data, cell.size, self.show)
            }
        return self._datasets[key]

    def _should_stop(self) -> bool:
        late = self.deadline is not None and time.monotonic() > self.deadline
        return self.interrupted or late

    def _interrupt(self) -> None:
        if self.interrupted:  # a second Ctrl-C does not wait for the step to end
            raise KeyboardInterrupt
        self.interrupted = True
        # A full disk behind standard output would end the step that is to be saved.
        with contextlib.suppress(OSError):
            self.show.say("stopping after this step (once more: at once, without saving)")
