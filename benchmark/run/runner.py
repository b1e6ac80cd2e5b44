"""Running one cell: the loop, the clock, the marks, saving, resuming, and the official numbers."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import nn

from benchmark import env
from benchmark.files import StoreError
from benchmark.method import Method, engine
from benchmark.method.visits import Visits
from benchmark.nets import health
from benchmark.nets.health import Soundness
from benchmark.oracle import BudgetExhausted, Oracle, guard, open_oracle
from benchmark.rows.store import Row, Store
from benchmark.run import buying, room, states
from benchmark.run.buying import Numbers, Wish
from benchmark.run.cells import Cell, run_id
from benchmark.run.clock import Clock
from benchmark.run.failure import MethodFailure
from benchmark.run.logged import Logged
from benchmark.run.points import point
from benchmark.run.row import now, row_of
from benchmark.run.setting import Setting, images_id
from benchmark.run.watch import Seen, Watch

SAVE_EVERY = 120.0  # seconds between saved states


def marks(budget: int) -> list[int]:
    """Points of the trace in images: 100, 200, 500, 1k ... with 25k and 250k, below the budget."""
    series = [m * 10**e for e in range(2, 8) for m in (1, 2, 5)] + [25_000, 250_000, 2_500_000]
    return sorted(mark for mark in series if mark < budget)


@dataclass
class Control:
    """How the caller watches and stops a run."""

    should_stop: Callable[[], bool] = lambda: False
    watch: Watch = field(default_factory=Watch)
    save_every: float = SAVE_EVERY
    on_trouble: Callable[[str], None] = lambda text: None  # that the run outlives


@dataclass
class Run:
    """One cell in progress."""

    cell: Cell
    setting: Setting
    store: Store
    control: Control
    graphs: bool = True  # where the device has them
    wish: Wish = Wish()
    steps: int = 0
    resumes: int = 0
    curve: list[dict[str, Any]] = field(default_factory=list)
    flags: list[str] = field(default_factory=list)
    real_images: str = ""  # the data set whose images the method got
    places: list[str] = field(default_factory=list)  # devices and torch versions it ran on

    def __post_init__(self) -> None:
        here = self.setting
        images = images_id(self.cell, here.places)
        self.identity = self.cell.identity(here.dataset, here.card, here.training_id, images)
        self.id = run_id(self.identity)
        self.clock = Clock(self.setting.spec.device)
        self.visits = Visits()
        self.logged = Logged()
        self.spec = replace(self.setting.spec, access=self.cell.access)
        device = self.setting.spec.device
        self.engine = engine.start(self.cell.arithmetic, self.graphs, device, self.visits)
        self.started = now()
        self.places = [f"{env.device_name(self.clock.device)}, torch {torch.__version__}"]
        self.soundness = Soundness()
        self.saved_once = self.ended = False  # ended: the method has nothing left to do
        self.untrained = False
        self.failure: MethodFailure | None = None  # at a mark
        self.before_delivery: bytes | None = None  # a state
        self.reference: Numbers = {}
        self.peak_memory_mb: float | None = None

    @property
    def notes(self) -> list[str]:
        """What the method noted about this run."""
        return Method.notes(self.method) if hasattr(self, "method") else []

    def execute(self) -> Row | None:
        """Run to the end and write the row; None when stopped, with the state saved."""
        state = states.find(self)
        self.bought = buying.opened(self, state)
        try:
            return self._executed(state)
        finally:
            self._close_bought()

    def _close_bought(self) -> None:
        if self.bought:
            self.bought.close()

    def _executed(self, state: dict[str, Any] | None) -> Row | None:
        env.forget_peak_memory(self.setting.spec.device)
        box = [self.setting.load_teacher()]  # emptied by the oracle: nobody else keeps a teacher
        points = marks(self.cell.budget)
        oracle, self.account, close = open_oracle(
            self.spec, self.cell.budget, box, self.cell.precision, points, self._on_mark,
            self.bought,
        )  # fmt: skip
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
        self.peak_memory_mb = env.peak_memory_mb(self.setting.spec.device)
        found = buying.learn(self) if error is None else {}
        if found is None:
            return None
        self.reference = found
        return self._written(error)

    def _written(self, error: str | None) -> Row:
        """The row, once it is on the disk; till then the state is kept."""
        row = row_of(self, error)
        if error is not None:
            self.store.write(row)
            self._close_bought()  # an open file cannot be removed everywhere
            states.drop_unsaved(self)
            return row
        sample = self.account.sample.kept() | self.logged.kept()
        try:
            self.store.write(row, {"sample": sample, "student": self.judged.state_dict()})
        except StoreError as problem:
            raise states.keep_end(self, problem) from None
        self._close_bought()
        self.store.drop_state(self.id, keep_bought=self.wish.file)
        return row

    def _loop(self, oracle: Oracle, state: dict[str, Any] | None) -> bool:
        """Steps until the method or the caller ends them; True when the method has ended."""
        try:
            self._build(oracle)
            room.check(self)
            if state is not None:
                states.resume(self, state)
            self.control.watch.begin(self._seen)
            saved = time.monotonic()
            while not self.ended and self._step():
                self.steps += 1
                self._note_logged()
                self.control.watch.report()
                stop = self.control.should_stop()
                if stop or time.monotonic() - saved > self.control.save_every:
                    states.save(self, stopping=stop)
                    saved = time.monotonic()
                if stop:
                    return False
        except BudgetExhausted:
            self.flags.append("stopped-by-refusal")
        return True

    def _note_logged(self) -> None:
        if not self.logged.wants(self.steps):
            return
        try:
            scalars = Method.newly_logged(self.method)
        except Exception as problem:
            raise MethodFailure(problem) from None
        if scalars:
            self.logged.enter(self.steps, scalars)

    def _step(self) -> bool:
        going_on = self._method_does(self.steps, self.method.step)
        if not isinstance(going_on, bool):
            what = f"step() returned {going_on!r}; return True to go on, False to stop"
            raise MethodFailure(TypeError(what))
        return going_on

    def _build(self, oracle: Oracle) -> None:
        # The judged copy gets the student's weights, nothing else of it: hooks and patches of a
        # method neither see the test images nor answer in the student's place.
        self.judged = self.setting.build_student(self.cell.student, self.cell.seed)
        student = self.setting.build_student(self.cell.student, self.cell.seed)
        student.register_forward_pre_hook(self.visits.student)
        student.register_forward_hook(engine.float32_logits)
        parts = (self.spec, self.cell.config, oracle, student)
        self.method = self._method_does("construct", lambda: self.cell.entry.method(*parts))
        self.method.engine = self.engine
        self.method.teacher = self._white_box()
        self.real_images, self.method.images = self.setting.real_images(self.cell)
        self._method_does("setup", self.method.setup)

    def _white_box(self) -> nn.Module | None:
        """A teacher of the method's own, which counts what it is shown; the oracle has another."""
        if self.cell.access != "white-box":
            return None
        teacher = self.setting.load_teacher().eval().requires_grad_(False)
        teacher.register_forward_pre_hook(self.visits.teacher)
        return teacher

    def _method_does(self, stage: int | str, action: Callable[[], Any]) -> Any:
        """Let the method act, on its own time and from a seed that depends on nothing before."""
        env.seed_all(self.cell.seed, self.cell.entry.name, stage)
        self.clock.start()
        try:
            with self.engine.autocast():
                result = action()
            if self.failure:  # whatever the method made of it
                raise self.failure
            return result
        except BudgetExhausted:
            raise
        except (Exception, SystemExit) as problem:
            raise MethodFailure(problem) from None
        finally:
            self.clock.stop()
            if self.bought and self.bought.problem:  # whatever the method made of it
                raise states.after_full_disk(self) from None

    def _deliver(self) -> None:
        """The official numbers, from the weights of what the method delivers."""
        if type(self.method).deliver is not Method.deliver:  # it may change what it delivers
            with contextlib.suppress(MethodFailure):
                self.before_delivery = states.packed(self, check=False, ended=self.flags)
        try:
            student = self._method_does("deliver", self.method.deliver)
        except BudgetExhausted as refusal:
            raise MethodFailure(refusal) from None
        budget, spent = self.cell.budget, self.account.spent
        self.clock.outside(lambda: self._add_point(budget, spent, student))
        initial = self.setting.build_student(self.cell.student, self.cell.seed)
        self.untrained = health.same_parameters(initial, self.judged)

    def _on_mark(self, mark: int, spent: int) -> None:
        """The oracle's hook, before the call that passes ``mark``: the student as it is now."""
        try:
            self.clock.outside(lambda: self._add_point(mark, spent, self.method.student))
        except MethodFailure as failure:  # the method gets it as an error of the oracle
            self.failure = failure
            raise

    def _add_point(self, mark: int, spent: int, student: nn.Module) -> None:
        self.curve.append(point(self, mark, spent, student))
        self.control.watch.report()

    def _seen(self) -> Seen:
        last = self.curve[-1] if self.curve else {"accuracy": None, "mark": 0}
        return Seen(self.account.spent, self.steps, last["accuracy"], last["mark"])
