"""``bench run`` from cells to rows: missing teachers, locks, interruption, a line a run.

``needs`` decides what a cell needs; here it is done.
"""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from dataclasses import dataclass, field

import torch

from benchmark import env
from benchmark.files import StoreError, Unsound
from benchmark.host import process
from benchmark.host.levels import Isolation
from benchmark.oracle.journal import WrongJournal
from benchmark.rows.row import Row
from benchmark.rows.store import Store
from benchmark.run import preparing, setting, state_form
from benchmark.run.buying import Wish
from benchmark.run.cells import Cell
from benchmark.run.lines import describe, report
from benchmark.run.needs import Needs
from benchmark.run.pace import Pace, load_of
from benchmark.run.redone import Redone
from benchmark.run.runner import Run
from benchmark.run.setting import Places, Setting
from benchmark.run.watch import SAVE_EVERY, Control, Show

EXIT_OK, EXIT_FAILED, EXIT_STOPPED = 0, 1, 75


@dataclass
class Session:
    """One command that runs a list of cells."""

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
    isolation: Isolation = Isolation()
    deadline: float | None = None  # by ``time.monotonic``
    interrupted: bool = False
    outcomes: Counter = field(default_factory=Counter)
    rows: list[Row] = field(default_factory=list)  # of the cells that have come to an end
    _settings: dict[tuple, Setting] = field(default_factory=dict)
    _said: set[str] = field(default_factory=set)
    _interrupted_at: float = 0.0  # by ``time.monotonic``

    def __post_init__(self) -> None:
        self.needs = Needs(
            self.store, self.places, self.device, self.force, self.allow_weak, self.show
        )

    def run(self, cells: list[Cell]) -> int:
        """Run every cell that has no complete row; returns the exit code.

        75 where cells are left: stopped by the time limit or a signal, or being run by another
        process.
        """
        self.needs.load_and_check(cells)
        self.store.prepare()
        self.needs.begin(cells)
        if self.stop_after is not None:
            self.deadline = time.monotonic() + self.stop_after
        for line in env.missing():
            self.show.say(line)
        self.pace = Pace(self.needs.loads(cells))
        try:
            return self._run(cells)
        finally:
            process.end_prepared()

    def _run(self, cells: list[Cell]) -> int:
        for self.pace.number, cell in enumerate(cells):
            outcome = self._sound_outcome(cell)
            self.outcomes[outcome] += 1
            if outcome == "stopped":
                self.show.say("stopped; the same command goes on from here")
                return EXIT_STOPPED
        return self._exit_code()

    def part(self, cell: Cell, pace: Pace) -> str:
        """Run one cell of a longer command, whose ``pace`` has it as the present run.

        Returns the outcome; its row, if any, is the last of ``rows``.
        """
        self.needs.load_and_check([cell])
        self.pace = pace
        outcome = self._sound_outcome(cell)
        self.outcomes[outcome] += 1
        return outcome

    def _exit_code(self) -> int:
        """The exit code of a command that has come to its last cell."""
        if self.outcomes["locked"]:
            self.show.say("another process runs the rest; the same command goes on later")
            return EXIT_STOPPED
        if self.needs.redone:
            self.needs.redone.clear()
        return EXIT_FAILED if self.outcomes["failed"] or self.outcomes["unsound"] else EXIT_OK

    def _sound_outcome(self, cell: Cell) -> str:
        """``_outcome``; an unsound file of the cell is named, and the other cells still run."""
        try:
            return self._outcome(cell)
        except Unsound as problem:
            return self.unsound(cell, problem)

    def unsound(self, cell: Cell, problem: Unsound) -> str:
        # A journal outlives --force.
        cure = "" if isinstance(problem, WrongJournal) else "; --force runs it anew"
        self.show.warn(f"not run: {describe(cell)}: {problem}{cure}")
        return "unsound"

    def _outcome(self, cell: Cell) -> str:
        """Run a cell, unless it has its row or time is up.

        A command that has run nothing yet makes one step, so that repeating it comes to an end.
        """
        identity = self.needs.known_id(cell)
        if identity and (row := self.needs.complete(cell, identity)):
            return self._exists(cell, row)
        has_run = self.outcomes.keys() & {"complete", "failed"}
        return "stopped" if has_run and self._should_stop() else self._one(cell)

    def _one(self, cell: Cell) -> str:
        here = self.open_or_train(cell)
        setting.refuse_weak(here.teacher_file, "" if self.allow_weak else here.weak)
        fields = cell.identity(
            here.dataset, here.card, here.training_id, self.needs.images_id(cell)
        )
        identity = fields.run_id
        with self.store.lock(identity) as lock:
            self._say_once(lock.note)
            if not lock.mine:
                self.show.say(
                    f"skipped  {describe(cell)}: another process is running it (it holds "
                    f"{lock.path})"
                )
                return "locked"
            if row := self.needs.complete(cell, identity):  # written since we looked for it
                return self._exists(cell, row)
            self.store.tidy(fields)
            if self.needs.redone:
                self.store.drop_stale_state(identity, state_form.problem)
            row = self._execute(cell, here)
        if row is None:
            return "stopped"
        if self.needs.redone and row.complete:
            self._note_redone(self.needs.redone, identity)
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
            signals = self._stopping_for, self._prepare_next
            control = Control(self._should_stop, watch, self.save_every, self.show.say, *signals)
            how = (self.graphs, self.wish, self.isolation)
            run = Run(cell, here, self.store, control, *how)
            row = run.execute()
        self.pace.end()
        return row

    def open_or_train(self, cell: Cell) -> Setting:
        """The setting of a cell; a missing teacher is trained first."""
        key = (cell.dataset, cell.size, cell.teacher)
        if key not in self._settings:
            data = self.needs.data(cell)
            if setting.find_teacher(cell.teacher, data, self.places.teachers) is None:
                self.show.say(preparing.no_teacher(cell.teacher, data, self.places.teachers))
                file = preparing.train(
                    data, cell.teacher, self.places.teachers, self.device, self.show
                )
                self.show.say(f"teacher saved as {file}")
            self._settings = {key: setting.open_setting(cell, data, self.places, self.device)}
        return self._settings[key]

    def _should_stop(self) -> bool:
        late = self.deadline is not None and time.monotonic() > self.deadline
        return self.interrupted or late

    def _prepare_next(self) -> None:
        """Start the interpreter of the next run while this one ends."""
        if any(number > self.pace.number for number in self.pace.loads):
            process.prepare(self.isolation)

    def _stopping_for(self) -> float:
        """Seconds since a signal asked for a stop."""
        return time.monotonic() - self._interrupted_at if self.interrupted else 0.0

    def _interrupt(self) -> None:
        if self.interrupted:  # a second Ctrl-C does not wait for the step to end
            raise KeyboardInterrupt
        self.interrupted, self._interrupted_at = True, time.monotonic()
        # A full disk behind standard output would end the step that is to be saved.
        with contextlib.suppress(OSError):
            self.show.say("stopping after this step (once more: at once, without saving)")
