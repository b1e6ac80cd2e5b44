"""Running one cell: the loop, the method's turns, its delivery, and the row."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from torch import nn

from benchmark import env
from benchmark.files import StoreError
from benchmark.method import BudgetExhausted, Method, Oracle
from benchmark.method import engine as engines
from benchmark.nets import health
from benchmark.oracle import guard, open_oracle
from benchmark.rows.row import Row
from benchmark.rows.store import Store
from benchmark.run import buying, room
from benchmark.run.buying import Wish
from benchmark.run.cells import Cell
from benchmark.run.failure import MethodFailure
from benchmark.run.learning import Learning
from benchmark.run.points import Examiner, Marks, marks
from benchmark.run.record import Record
from benchmark.run.row import Planned, now, row_of
from benchmark.run.setting import Setting
from benchmark.run.states import Checkpoint, End
from benchmark.run.watch import Control


@dataclass
class Run:
    """One cell in progress."""

    cell: Cell
    setting: Setting
    store: Store
    control: Control
    graphs: bool = True  # where the device has them
    wish: Wish = Wish()

    def __post_init__(self) -> None:
        device = self.setting.spec.device
        self.planned = Planned.of(self.cell, self.setting)
        self.spec = replace(self.setting.spec, access=self.cell.access)
        self.record = Record(device, now())
        self.engine = engines.start(self.cell.arithmetic, self.graphs, device, self.record.visits)
        self.checkpoint = Checkpoint(
            self.store,
            self.planned.id,
            self.cell.entry.source_sha,
            self.engine.amp,
            self.control.on_trouble,
        )
        self._built: Method | None = None
        self.failure: MethodFailure | None = None  # at a mark

    @property
    def method(self) -> Method:
        """The method, from when it is built."""
        assert self._built is not None, "nothing asks for the method before it is built"
        return self._built

    def execute(self) -> Row | None:
        """Run to the end and write the row; None when stopped, with the state saved."""
        state = self.checkpoint.find()
        form = buying.form_of(self.planned.id, self.cell, self.spec)
        self.bought = buying.opened(self.store, form, self.wish, state, self.control)
        self.checkpoint.bought = self.bought
        try:
            return self._executed(state)
        finally:
            self._close_bought()

    def _close_bought(self) -> None:
        if self.bought:
            self.bought.close()

    def _executed(self, state: dict[str, Any] | None) -> Row | None:
        env.forget_peak_memory(self.spec.device)
        box = [self.setting.load_teacher()]  # emptied by the oracle: nobody else keeps a teacher
        oracle, self.record.account, close = open_oracle(
            self.spec,
            self.cell.budget,
            box,
            self.cell.precision,
            Marks(marks(self.cell.budget), self._on_mark),
            self.bought,
        )
        error = None
        try:
            with guard.contained():
                if not self._loop(oracle, state):
                    return None
                self._deliver()
        except MethodFailure as failure:
            error = (self.failure or failure).text
        finally:
            close()
        self.record.peak_memory_mb = env.peak_memory_mb(self.spec.device)
        if error is None and not self._learn():
            return None
        return self._written(error)

    def _learn(self) -> bool:
        """Train the reference student, where there is to be one; False where it was stopped."""
        if not self.wish.reference or self.bought is None:
            return True
        parts = (self.cell, self.setting, self.store, self.control, self.record, self.end)
        found = Learning(self.planned.id, *parts).learn(self.bought)
        self.record.reference = found or {}
        return found is not None

    def _written(self, error: str | None) -> Row:
        """Write the row and return it; the state is dropped only then."""
        notes = [] if self._built is None else Method.notes(self._built)
        row = row_of(self.planned, self.record, self.engine, notes, error)
        if error is not None:
            row = self.store.write(row)
            self._close_bought()  # an open file cannot be removed everywhere
            self.checkpoint.drop_unsaved()
            return row
        sample = self.record.account.sample.kept() | self.record.logged.kept()
        try:
            student = self.examiner.judged.state_dict()
            row = self.store.write(row, {"sample": sample, "student": student})
        except StoreError as problem:
            raise self.end.after_row(problem) from None
        self._close_bought()
        self.checkpoint.drop(keep_bought=self.wish.file)
        return row

    def _loop(self, oracle: Oracle, state: dict[str, Any] | None) -> bool:
        """Steps until the method or the caller ends them; True when the method has ended."""
        record = self.record
        try:
            self._build(oracle)
            self._check_room()
            if state is not None:
                self.checkpoint.resume(state, record, self.method)
            self.control.watch.begin(record.seen)
            saved = time.monotonic()
            while not record.ended and self._step():
                record.steps += 1
                self._note_logged()
                self.control.watch.report()
                stop = self.control.should_stop()
                if stop or time.monotonic() - saved > self.control.save_every:
                    self.checkpoint.save(record, self.method, stopping=stop)
                    saved = time.monotonic()
                if stop:
                    return False
        except BudgetExhausted:
            record.flags.append("stopped-by-refusal")
        return True

    def _check_room(self) -> None:
        """Raise ``StoreError`` where the run does not fit on the disk."""
        weights, sample = self.examiner.judged.state_dict(), self.record.account.sample
        left = self.bought.left if self.bought else 0
        size = room.needed(weights, sample.state_dict(), self.cell.budget, left)
        room.check(self.store.states, size, self.cell.budget, self.cell.student)

    def _note_logged(self) -> None:
        logged, steps = self.record.logged, self.record.steps
        if not logged.wants(steps):
            return
        try:
            scalars = Method.newly_logged(self.method)
        except Exception as problem:
            raise MethodFailure(problem) from None
        if scalars:
            logged.enter(steps, scalars)

    def _step(self) -> bool:
        going_on = self._method_does(self.record.steps, self.method.step)
        if not isinstance(going_on, bool):
            text = f"step() returned {going_on!r}; return True to go on, False to stop"
            raise MethodFailure(TypeError(text))
        return going_on

    def _build(self, oracle: Oracle) -> None:
        setting, cell = self.setting, self.cell
        judged = setting.build_student(cell.student, cell.seed)
        self.examiner = Examiner(judged, cell.student, setting.judge, self.record)
        student = setting.build_student(cell.student, cell.seed)
        student.register_forward_pre_hook(self.record.visits.student)
        student.register_forward_hook(engines.float32_logits)
        parts = (self.spec, cell.config, oracle, student)
        self._built = self._method_does("construct", lambda: cell.entry.method(*parts))
        self.end = End(self.checkpoint, self.record, self.method, cell.budget)
        self.method.engine = self.engine
        self.method.teacher = self._white_box()
        self.record.real_images, self.method.images = setting.real_images(cell)
        self._method_does("setup", self.method.setup)

    def _white_box(self) -> nn.Module | None:
        """The method's own teacher, which counts the images it sees; the oracle has another."""
        if self.cell.access != "white-box":
            return None
        teacher = self.setting.load_teacher().eval().requires_grad_(False)
        teacher.register_forward_pre_hook(self.record.visits.teacher)
        return teacher

    def _method_does(self, stage: int | str, action: Callable[[], Any]) -> Any:
        """Let the method act, on its own clock and from a seed that depends on nothing before."""
        env.seed_all(self.cell.seed, self.cell.entry.name, stage)
        self.record.clock.start()
        try:
            with self.engine.autocast():
                result = action()
            if self.failure:  # even if the method has caught it
                raise self.failure
            return result
        except BudgetExhausted:
            raise
        except (Exception, SystemExit) as problem:
            raise MethodFailure(problem) from None
        finally:
            self.record.clock.stop()
            if self.bought and self.bought.problem:  # even if the method has caught it
                raise self.checkpoint.after_full_disk() from None

    def _deliver(self) -> None:
        """The official numbers, from the weights of the student that the method delivers."""
        if type(self.method).deliver is not Method.deliver:  # it may change the student
            self.end.deliver_begins()
        try:
            student = self._method_does("deliver", self.method.deliver)
        except BudgetExhausted as refusal:
            raise MethodFailure(refusal) from None
        self._examine(self.cell.budget, self.record.account.spent, student)
        initial = self.setting.build_student(self.cell.student, self.cell.seed)
        self.record.untrained = health.same_parameters(initial, self.examiner.judged)

    def _on_mark(self, mark: int, spent: int) -> None:
        """Judge the student as it is now, before the oracle serves a call that passes ``mark``."""
        try:
            if self._built is None:
                text = "a constructor may not ask as far as a mark; ask in setup() or step()"
                raise MethodFailure(RuntimeError(text))
            self._examine(mark, spent, self._built.student)
        except MethodFailure as failure:  # the method gets it as an error of the oracle
            self.failure = failure
            raise

    def _examine(self, mark: int, spent: int, student: nn.Module) -> None:
        method = self.method
        self.record.clock.outside(lambda: self.examiner.examine(mark, spent, student, method))
        self.control.watch.report()
