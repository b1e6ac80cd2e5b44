"""Running one cell: the loop, the clock, the marks, saving, resuming, and the official numbers."""

from __future__ import annotations

import math
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from torch import nn

from benchmark import env
from benchmark.cells import Cell, run_id
from benchmark.clock import Clock, Visits
from benchmark.errors import BenchError
from benchmark.oracle import BudgetExhausted, open_oracle
from benchmark.setting import Setting
from benchmark.store import Row, Store

SAVE_EVERY = 120.0  # seconds between saved states


def marks(budget: int) -> list[int]:
    """Points of the trace in images: 100, 200, 500, 1k ... with 25k and 250k, below the budget."""
    series = [m * 10**e for e in range(2, 8) for m in (1, 2, 5)] + [25_000, 250_000, 2_500_000]
    return sorted(mark for mark in series if mark < budget)


@dataclass
class Control:
    """How the caller watches and stops a run."""

    should_stop: Callable[[], bool] = lambda: False
    on_progress: Callable[[int, float | None], None] = lambda spent, accuracy: None
    save_every: float = SAVE_EVERY


@dataclass
class Run:
    """One cell in progress."""

    cell: Cell
    setting: Setting
    store: Store
    control: Control
    steps: int = 0
    resumes: int = 0
    curve: list[dict[str, Any]] = field(default_factory=list)
    flags: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.identity = self.cell.identity(self.setting.dataset, self.setting.card)
        self.id = run_id(self.identity)
        self.clock = Clock(self.setting.spec.device)
        self.visits = Visits()
        self.started = _now()

    def execute(self) -> Row | None:
        """Run to the end and write the row; None when stopped, with the state saved."""
        box = [self.setting.load_teacher()]
        oracle, self.account, close = open_oracle(
            self.setting.spec,
            self.cell.budget,
            box,
            self.cell.precision,
            marks(self.cell.budget),
            self._on_mark,
        )
        try:
            self._build(oracle)
            finished, error = self._guarded(self._loop)
            if error is None and not finished:
                return None
            return self._finish(error)
        finally:
            close()

    def _build(self, oracle) -> None:
        student = self.setting.build_student(self.cell.student, self.cell.seed)
        self.reference = {name: tensor.shape for name, tensor in student.state_dict().items()}
        student.register_forward_pre_hook(self.visits)
        self.method = self.cell.entry.method(self.setting.spec, self.cell.config, oracle, student)

    def _guarded(self, work: Callable[[], bool]) -> tuple[bool, str | None]:
        """Whatever a method raises becomes text; the store's own errors pass."""
        try:
            return work(), None
        except BudgetExhausted:
            self.flags.append("stopped-by-refusal")
            return True, None
        except MethodFailure as failure:
            return False, failure.text

    def _loop(self) -> bool:
        """Steps until the method or the caller ends them; True when the method has ended."""
        self._method_does("setup", self.method.setup)
        self._resume()
        saved = time.monotonic()
        while self._method_does(self.steps, self.method.step):
            self.steps += 1
            self.control.on_progress(self.account.spent, self._last_accuracy())
            stop = self.control.should_stop()
            if stop or time.monotonic() - saved > self.control.save_every:
                self._save()
                saved = time.monotonic()
            if stop:
                return False
        return True

    def _method_does(self, stage: int | str, action: Callable[[], Any]) -> Any:
        """Let the method act, on its own time and from a seed that depends on nothing before."""
        env.seed_all(self.cell.seed, self.cell.entry.name, stage)
        self.clock.start()
        try:
            return action()
        except BudgetExhausted:
            raise
        except Exception as problem:
            raise MethodFailure(problem) from None
        finally:
            self.clock.stop()

    def _on_mark(self, mark: int, spent: int) -> None:
        """The oracle's hook, before the call that passes ``mark``: the student as it is now."""
        self.clock.outside(lambda: self._add_point(mark, spent, self.method.student))

    def _add_point(self, mark: int, spent: int, student: nn.Module) -> None:
        accuracy, agreement = self.setting.judge.score(student)
        point = {
            "mark": mark,
            "queries": spent,
            "step": self.steps,
            "accuracy": accuracy,
            "agreement": agreement,
            "seconds": round(self.clock.seconds, 3),
            "student_images": self.visits.images,
        }
        scalars = self.method.logged().items()
        point |= {f"method/{k}": v if math.isfinite(v) else None for k, v in scalars}
        self.curve.append(point)
        self.control.on_progress(spent, accuracy)

    def _last_accuracy(self) -> float | None:
        return self.curve[-1]["accuracy"] if self.curve else None

    def _save(self) -> None:
        self.store.save_state(
            self.id,
            {
                "method_sha": self.cell.entry.source_sha,
                "method": self._method_state(),
                "account": self.account.state_dict(),
                "steps": self.steps,
                "resumes": self.resumes,
                "curve": self.curve,
                "seconds": [self.clock.seconds, self.clock.eval_seconds],
                "visits": self.visits.images,
                "started": self.started,
            },
        )

    def _method_state(self) -> dict[str, Any]:
        try:
            return self.method.state_dict()
        except BenchError as problem:  # an attribute that cannot be saved is the method's fault
            raise MethodFailure(problem) from None

    def _resume(self) -> None:
        state = self.store.load_state(self.id)
        if state is None or state["method_sha"] != self.cell.entry.source_sha:
            return  # a run that mixes two versions of a method's file would be no run
        self.method.load_state_dict(state["method"])
        self.account.load_state_dict(state["account"])
        self.steps, self.curve, self.started = state["steps"], state["curve"], state["started"]
        self.resumes = state["resumes"] + 1
        self.clock.seconds, self.clock.eval_seconds = state["seconds"]
        self.visits.images = state["visits"]

    def _finish(self, error: str | None) -> Row:
        if error is None:
            _, error = self._guarded(self._deliver)
        row = self._row(error)
        self.store.write(row)
        if error is None:
            self.store.drop_state(self.id)
        return row

    def _deliver(self) -> bool:
        student = self._method_does("deliver", self.method.deliver)
        shapes = {name: tensor.shape for name, tensor in student.state_dict().items()}
        if shapes != self.reference:
            raise MethodFailure(ValueError("deliver() gave a student of another architecture"))
        self.clock.outside(lambda: self._add_point(self.cell.budget, self.account.spent, student))
        return True

    def _row(self, error: str | None) -> Row:
        account, last = self.account, self.curve[-1] if self.curve else {}
        done = error is None
        if done and account.spent < 0.95 * self.cell.budget:
            self.flags.append("under-used")
        per_class = account.labels[: account.spent].bincount(minlength=self.setting.spec.classes)
        return {
            **self.identity,
            "id": self.id,
            "status": "complete" if done else "failed",
            "queries": account.spent,
            "unique": account.unique(),
            "steps": self.steps,
            "accuracy": last["accuracy"] if done else None,
            "best_accuracy": max(point["accuracy"] for point in self.curve) if done else None,
            "agreement": last["agreement"] if done else None,
            "teacher_accuracy": self.setting.teacher_accuracy,
            "flags": self.flags,
            "error": error,
            "seconds": round(self.clock.seconds, 3),
            "eval_seconds": round(self.clock.eval_seconds, 3),
            "student_images": self.visits.images,
            "peak_memory_mb": env.peak_memory_mb(self.setting.spec.device),
            "resumes": self.resumes,
            **env.provenance(self.setting.spec.device),
            "method_sha": self.cell.entry.source_sha,
            "data_digest": self.setting.test_digest,
            "classes": self.setting.spec.classes,
            "started": self.started,
            "finished": _now(),
            "labels_per_class": per_class.tolist(),
            "labels_digest": account.digest(),
            "curve": self.curve,
        }


class MethodFailure(Exception):
    """A method raised; ``text`` is its traceback with file names but without folders."""

    def __init__(self, problem: Exception) -> None:
        frames = traceback.extract_tb(problem.__traceback__)
        lines = [f"  {Path(f.filename).name}:{f.lineno} in {f.name}: {f.line}" for f in frames]
        self.text = "\n".join([*lines, f"{type(problem).__name__}: {problem}"])
        super().__init__(self.text)


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="seconds")
