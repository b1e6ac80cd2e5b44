"""A worker: it claims a cell that has no row yet, runs it, gives it back, and takes the next.

``bench run`` is one worker; several of them, on one machine or many, share the work of one list of
cells in one results folder, and nobody tells them who does which. ``needs`` decides what a cell
needs; here it is done: missing teachers, leases, interruption, a line a run.
"""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from dataclasses import dataclass, field

import torch

from benchmark import env
from benchmark.files import StoreError, Unsound
from benchmark.host.levels import Isolation
from benchmark.rows.lease import Lease, TakenOver
from benchmark.rows.row import Row
from benchmark.rows.store import Store
from benchmark.run import setting, state_form
from benchmark.run.buying import Wish
from benchmark.run.cells import Cell
from benchmark.run.lines import describe, exists, locked, report
from benchmark.run.needs import Needs
from benchmark.run.opening import Settings, Stopped
from benchmark.run.pace import Pace, load_of
from benchmark.run.runner import Run
from benchmark.run.setting import Places, Setting
from benchmark.run.team import LOOK_EVERY, Team, comes_back
from benchmark.run.watch import SAVE_EVERY, Control, Show

EXIT_OK, EXIT_FAILED, EXIT_STOPPED = 0, 1, 75
HAS_RUN = {"complete", "failed"}


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
    team: Team = Team()
    deadline: float | None = None  # by ``time.monotonic``
    began: float = 0.0  # by the clock of the results folder
    interrupted: bool = False
    outcomes: Counter = field(default_factory=Counter)
    rows: list[Row] = field(default_factory=list)  # of the cells that have come to an end
    _said: set[str] = field(default_factory=set)
    _interrupted_at: float = 0.0  # by ``time.monotonic``
    pace: Pace = field(default_factory=lambda: Pace({}))

    def __post_init__(self) -> None:
        self.needs = Needs(
            self.store, self.places, self.device, self.force, self.allow_weak, self.show
        )
        self.settings = Settings(self.needs, self._should_stop)

    def run(self, cells: list[Cell]) -> int:
        """Run every cell that has no complete row; returns the exit code.

        75 where cells are left: stopped by the time limit or a signal, or being run by another
        process.
        """
        self.begin(cells)
        try:
            ended = self._rounds(cells)
        finally:
            self.settings.close()
        if not ended:
            self._say_end("stopped; the same command goes on from here")
            return EXIT_STOPPED
        return self._exit_code()

    def begin(self, cells: list[Cell]) -> None:
        """Look at everything that the cells need, and from here on at the time."""
        self.needs.load_and_check(cells)
        self.store.prepare()
        self.began = self.store.now()
        self.needs.begin(cells)
        if self.stop_after is not None:
            self.deadline = time.monotonic() + self.stop_after
        for line in env.missing():
            self.show.say(line)
        self.pace = Pace(self.needs.loads(cells))

    def _rounds(self, cells: list[Cell]) -> bool:
        """Run all cells, and those of others again, which may have died; False where stopped."""
        left = dict(enumerate(cells))
        last = time.monotonic()  # that this worker had something to do
        while left:
            busy, again = {}, False
            for self.pace.number, cell in left.items():
                outcome = self._sound_outcome(cell)
                if outcome == "stopped":
                    return False
                if outcome in ("locked", "again"):
                    busy[self.pace.number] = cell
                    again = again or outcome == "again"
                    continue
                self.outcomes[outcome] += 1
                last = time.monotonic() if outcome in HAS_RUN else last
            idle = len(busy) == len(left) and not again
            left = busy
            if idle and not self._stays(last):
                break
        self.outcomes["locked"] = len(left)
        return True

    def _stays(self, last: float) -> bool:
        """Wait a little for the cells of others; False where that was long enough."""
        if time.monotonic() - last > self.team.patience:
            return False
        time.sleep(LOOK_EVERY)
        return not self._should_stop()

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
            self._say_end("another process runs the rest; the same command goes on later")
            return EXIT_STOPPED
        if self.needs.redone and not self.team.led:
            self.needs.redone.clear()
        return EXIT_FAILED if self.outcomes["failed"] or self.outcomes["unsound"] else EXIT_OK

    def _say_end(self, text: str) -> None:
        if not self.team.led:
            self.show.say(text)

    def _sound_outcome(self, cell: Cell) -> str:
        """``_outcome``; an unsound file of the cell is named, and the other cells still run."""
        try:
            return self._outcome(cell)
        except Unsound as problem:
            return self.unsound(cell, problem)
        except Stopped:
            return "stopped"
        except StoreError as problem:
            if not comes_back(self.store, problem, self.show, self._should_stop):
                raise
            return "again"
        except TakenOver as problem:
            self.show.warn(f"left to another: {describe(cell)}: {problem}")
            return "locked"

    def unsound(self, cell: Cell, problem: Unsound) -> str:
        cure = "; --force runs it anew" if problem.helped_by_force else ""
        return self._end("unsound", f"not run: {describe(cell)}: {problem}{cure}")

    def _end(self, outcome: str, text: str) -> str:
        """Show the outcome of the present cell, and return it."""
        self.show.outcome(self.pace.number, outcome, text)
        return outcome

    def _outcome(self, cell: Cell) -> str:
        """Run a cell, unless it has its row or time is up.

        A command that has run nothing yet makes one step, so that repeating it comes to an end.
        """
        identity = self.needs.known_id(cell)
        if identity and (row := self.needs.complete(cell, identity)):
            return self._exists(cell, row)
        if identity and (row := self.needs.failed_since(identity, self.team.since)):
            self.rows.append(row)
            return self._end("failed", report(cell, row))
        if self.interrupted or (self.outcomes.keys() & HAS_RUN and self._should_stop()):
            return "stopped"
        return self._one(cell)

    def _one(self, cell: Cell) -> str:
        here = self.settings.of(cell)
        setting.refuse_weak(here.teacher_file, "" if self.allow_weak else here.weak)
        fields = cell.identity(here.dataset, here.card, here.training_id, self.needs.foreign(cell))
        identity = fields.run_id
        with self.store.claim(identity) as lease:
            self.settings.tell_once(lease.note)
            if not lease.mine:
                return self._locked(cell, lease)
            if row := self.needs.complete(cell, identity):  # written since we looked for it
                return self._exists(cell, row)
            if self.needs.failed_since(identity, self.team.since):
                return self._outcome(cell)
            self.store.tidy(fields)
            if self.needs.redone:
                self.store.drop_stale_state(identity, state_form.problem)
            row = self._execute(cell, here, lease)
        if row is None:
            return "stopped"
        if self.needs.redone and row.complete and (trouble := self.needs.redone.note(identity)):
            self.show.say(trouble)
        self.rows.append(row)
        self._end(row.status, report(cell, row))
        if self.wish.file and row.complete:
            self.show.say(f"bought   {self.store.bought_path(identity)}")
        return row.status

    def _locked(self, cell: Cell, lease: Lease) -> str:
        text = locked(cell, lease)
        if text not in self._said:
            self._said.add(text)
            self._end("locked", text)
        return "locked"

    def _exists(self, cell: Cell, row: Row) -> str:
        self.rows.append(row)
        return self._end("exists", exists(cell, row))

    def _execute(self, cell: Cell, here: Setting, lease: Lease) -> Row | None:
        self.pace.loads.setdefault(self.pace.number, load_of(cell))  # its row was taken away since
        bar = self.show.run(describe(cell), cell.budget, self.pace, self.interrupt)
        with bar as watch:
            control = Control(
                lambda: lease.lost or self._should_stop(),
                watch,
                self.save_every,
                self.show.say,
                self._stopping_for,
            )
            how = (self.graphs, self.wish, self.isolation)
            row = Run(cell, here, self.store, control, *how).execute()
        self.pace.end()
        return row

    def _should_stop(self) -> bool:
        late = self.deadline is not None and time.monotonic() > self.deadline
        return self.interrupted or late

    def _stopping_for(self) -> float:
        """Seconds since a signal asked for a stop."""
        return time.monotonic() - self._interrupted_at if self.interrupted else 0.0

    def interrupt(self) -> None:
        """Let the present run be saved after its step; once more: raise ``KeyboardInterrupt``."""
        if self.interrupted:  # a second Ctrl-C does not wait for the step to end
            raise KeyboardInterrupt
        self.interrupted, self._interrupted_at = True, time.monotonic()
        # A full disk behind standard output would end the step that is to be saved.
        with contextlib.suppress(OSError):
            self.show.say("stopping after this step (once more: at once, without saving)")
