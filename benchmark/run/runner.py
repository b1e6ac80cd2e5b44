"""Running one cell: the loop, the method's turns, its delivery, and the row."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from benchmark import env
from benchmark.errors import BenchError
from benchmark.files import StoreError
from benchmark.host.failure import MethodFailure
from benchmark.host.host import GaveUp, Host, Snapshot
from benchmark.host.levels import Isolation
from benchmark.method import BudgetExhausted
from benchmark.method import engine as engines
from benchmark.nets import health
from benchmark.oracle import Observer, guard
from benchmark.rows.row import Row
from benchmark.rows.store import Store
from benchmark.run import backed, buying, copied, room
from benchmark.run.buying import Wish
from benchmark.run.cells import Cell
from benchmark.run.guarded import Guarded
from benchmark.run.hosting import Hosting
from benchmark.run.learning import Learning
from benchmark.run.points import Examiner, Marks, marks
from benchmark.run.record import Record
from benchmark.run.row import Planned, now, row_of
from benchmark.run.setting import Setting
from benchmark.run.states import Checkpoint, End
from benchmark.run.watch import Control

Result = TypeVar("Result")


@dataclass
class Run:
    """One cell in progress."""

    cell: Cell
    setting: Setting
    store: Store
    control: Control
    graphs: bool = True  # where the device has them
    wish: Wish = Wish()
    isolation: Isolation = Isolation()

    def __post_init__(self) -> None:
        device = self.setting.spec.device
        self.cell = self.cell.fresh(self.isolation.level)
        self.planned = Planned.of(self.cell, self.setting)
        self.spec = replace(self.setting.spec, access=self.cell.access)
        self.record = Record(device, now(), self.isolation.level)
        self.engine = engines.start(self.cell.arithmetic, self.graphs, device, self.record.visits)
        self.checkpoint = Checkpoint(
            self.store,
            self.planned.id,
            self.cell.entry.source_sha,
            self.engine.amp,
            self.control.on_trouble,
        )
        self.host: Host | None = None  # until it is opened
        self.failure: MethodFailure | None = None  # at a mark

    def execute(self) -> Row | None:
        """Run to the end and write the row; None when stopped, to go on from its saved state."""
        self.setting.check_contract()
        state = self.checkpoint.find()
        opening = buying.Opening(self.store, self.cell, self.wish, self.control)
        self.journal = opening.opened(buying.form_of(self.planned.id, self.cell, self.spec), state)
        self.checkpoint.journal = self.journal
        try:
            images = self.cell.budget, *self.spec.shape
            with backed.opened(self.store, self.planned.id, images, state) as backing:
                self.checkpoint.backing = backing
                self.spec = replace(self.spec, backing=backing)
                return self._executed(state)
        finally:
            self.journal.close()

    def _executed(self, state: dict[str, Any] | None) -> Row | None:
        env.forget_peak_memory(self.spec.device)
        host = self._opened(Marks(marks(self.cell.budget), self._on_mark))
        error = None
        try:
            with guard.contained():
                if not self._loop(host, state):
                    return None
                self._deliver(host)
        except MethodFailure as failure:
            error = (self.failure or failure).text
        except GaveUp as problem:
            self.control.on_trouble(f"{problem}; {self.checkpoint.left()}")
            return None
        finally:
            host.close()
        own = env.peak_memory_mb(self.spec.device)
        self.record.peak_memory_mb = None if own is None else own + host.peak_memory_mb
        if error is None and not self._learn():
            return None
        return self._written(error)

    def _learn(self) -> bool:
        """Train the reference student, where there is to be one; False where it was stopped."""
        if not self.wish.reference or self.journal.images is None:
            return True
        parts = (self.cell, self.setting, self.store, self.control, self.record, self.end)
        found = Learning(self.planned.id, *parts).learn(self.journal)
        self.record.reference = found or {}
        return found is not None

    def _written(self, error: str | None) -> Row:
        """Write the row and return it; the state is dropped only then."""
        notes = [] if self.host is None else self.host.notes()
        row = row_of(self.planned, self.record, self.engine, notes, error)
        if error is not None:
            row = self.store.write(row)
            self.journal.close_images()
            self.checkpoint.drop_unsaved()
            return row
        sample = self.record.account.sample.kept() | self.record.logged.kept()
        try:
            student = self.examiner.judged.state_dict()
            row = self.store.write(row, {"sample": sample, "student": student})
        except StoreError as problem:
            raise self.end.after_row(problem) from None
        self.journal.close_images()
        self.checkpoint.drop(keep_bought=self.wish.file)
        return row

    def _loop(self, host: Host, state: dict[str, Any] | None) -> bool:
        """Steps until the method or the caller ends them; True when the method has ended."""
        record = self.record
        try:
            host.start()
            self._method_does(host.build)
            self._check_room()
            if state is not None:
                self.checkpoint.resume(state, record, host)
            self.control.watch.begin(record.seen)
            saved = time.monotonic()
            while not record.ended and self._step(host):
                self.control.watch.report()
                stop = self.control.should_stop()
                if stop or time.monotonic() - saved > self.control.save_every:
                    self.checkpoint.save(record, host, stopping=stop)
                    saved = time.monotonic()
                if stop:
                    return False
        except BudgetExhausted:
            record.flags.append("stopped-by-refusal")
        return True

    def _step(self, host: Host) -> bool:
        """One round, and the numbers that the method logged in it; False where it was the last."""
        record, wanted = self.record, self.record.logged.wants(self.record.steps + 1)
        going_on, scalars = self._method_does(lambda: host.step(record.steps, wanted))
        if going_on:
            record.steps += 1
            if scalars:
                self._enter(dict(scalars))
        return going_on

    def _enter(self, scalars: dict[str, float]) -> None:
        try:
            self.record.logged.enter(self.record.steps, scalars)
        except ValueError as problem:
            raise MethodFailure(problem) from None

    def _check_room(self) -> None:
        """Raise ``StoreError`` where the run does not fit on the disk."""
        weights, sample = self.examiner.judged.state_dict(), self.record.account.sample
        size = room.needed(weights, sample.state_dict(), self.cell.budget, self.journal.left)
        room.check(self.store.states, size, self.cell.budget, self.cell.student)

    def _opened(self, observer: Observer) -> Host:
        """The method's host; from then on there is who judges its student, and its end."""
        setting, cell = self.setting, self.cell
        judged = setting.build_student(cell.student, cell.seed, cell.own)
        self.examiner = Examiner(judged, cell.student, setting.judge, self.record)
        self.host = self.hosting().open(observer, self.journal)
        self.end = End(self.checkpoint, self.record, self.host, cell.budget)
        return self.host

    def hosting(self) -> Hosting:
        """Who opens the host."""
        parts = (self.cell, self.setting, self.spec, self.record, self.engine)
        told = (self.control.stopping_for, self.control.on_trouble)
        return Hosting(*parts, self.graphs, self.isolation, *told)

    @property
    def _host(self) -> Host:
        assert self.host is not None, "nobody asks a method before it has a host"
        return self.host

    def _method_does(self, action: Callable[[], Result]) -> Result:
        """Let the method act, on its own time."""
        host, before = self._host, self._host.cpu_seconds
        self.record.clock.start()
        try:
            result = action()
            if self.failure:  # even if the method has caught it
                raise self.failure
            return result
        finally:
            self.record.clock.stop()
            self.record.clock.cpu_seconds += host.cpu_seconds - before
            # Even if the method has caught it.
            if problem := self.checkpoint.problem:
                raise problem from None
            if self.journal.stopped:
                raise GaveUp(self.journal.stopped) from None

    def _deliver(self, host: Host) -> None:
        """The official numbers, from the weights of what the method delivers."""
        if host.changes_when_delivered:
            self.end.deliver_begins()
        try:
            weights = self._method_does(host.deliver)
        except BudgetExhausted as refusal:
            raise MethodFailure(refusal) from None
        scalars = host.student().scalars
        self._examine(self.cell.budget, self.record.account.spent, Snapshot(weights, scalars))
        initial = self.setting.build_student(self.cell.student, self.cell.seed, self.cell.own)
        self.record.untrained = health.same_parameters(initial, self.examiner.judged)
        self.record.copied = self._is_teacher()
        users = Guarded(self.cell, self.setting).users_accuracy
        self.record.defended_accuracy = self.record.clock.outside(users)

    def _is_teacher(self) -> bool | None:
        """Whether the student has weights or answers of its teacher; None where nobody can tell."""
        student, agreement = self.examiner.judged, self.record.curve[-1].agreement
        try:
            found = copied.of_teacher(self.setting, student, self.cell.student, agreement)
        except BenchError:  # its file was replaced since; what was paid for is not lost for that
            return None
        return bool(found)

    def _on_mark(self, mark: int, spent: int) -> None:
        """Judge the student as it is now, before the oracle serves a call that passes ``mark``."""
        try:
            self._examine(mark, spent, self._host.student())
        except MethodFailure as failure:  # the method gets it as an error of the oracle
            self.failure = failure
            raise

    def _examine(self, mark: int, spent: int, seen: Snapshot) -> None:
        self.record.clock.outside(lambda: self.examiner.examine(mark, spent, seen))
        self.control.watch.report()
