"""A method in the suite's own process: for debugging, and for profiles."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from benchmark import env
from benchmark.host.failure import MethodFailure
from benchmark.host.host import (
    TOO_EARLY,
    Host,
    Scalars,
    Snapshot,
    of_state,
    packed,
    restore,
)
from benchmark.method import BudgetExhausted, Method, Oracle, Spec
from benchmark.method import engine as engines
from benchmark.method.engine import Engine
from benchmark.oracle import guard


@dataclass
class Given:
    """All that a method is built from."""

    method: type[Method]
    name: str  # of the method, for its seeds
    seed: int
    spec: Spec
    config: Any
    student: nn.Module
    teacher: nn.Module | None  # white-box access
    images: Tensor | None  # uint8 N x C x H x W


class Inside(Host):
    """A method beside the suite. Its oracle is served by a thread."""

    def __init__(
        self, given: Given, oracle: Oracle, close_oracle: Callable[[], None], engine: Engine
    ) -> None:
        self.given, self.oracle, self.engine = given, oracle, engine
        self.close_oracle = close_oracle
        self.changes_when_delivered = given.method.deliver is not Method.deliver
        self._method: Method | None = None
        visits = engine.visits
        given.student.register_forward_pre_hook(visits.student)
        given.student.register_forward_hook(engines.float32_logits)
        if given.teacher is not None:
            given.teacher.register_forward_pre_hook(visits.teacher)

    @property
    def method(self) -> Method:
        """The method. ``MethodFailure`` while it is being constructed."""
        if self._method is None:
            raise MethodFailure(RuntimeError(TOO_EARLY))
        return self._method

    def start(self) -> None:
        """It can run at once."""

    def build(self) -> None:
        given = self.given
        parts = (given.spec, given.config, self.oracle, given.student)
        self._method = self._does("construct", lambda: given.method(*parts))
        self._method.engine = self.engine
        self._method.teacher, self._method.images = given.teacher, given.images
        self._does("setup", self._method.setup)

    def step(self, number: int, wants_logged: bool) -> tuple[bool, Scalars]:
        going_on = self._does(number, self.method.step)
        if not isinstance(going_on, bool):
            text = f"step() returned {going_on!r}; return True to go on, False to stop"
            raise MethodFailure(TypeError(text))
        if not wants_logged:
            return going_on, {}
        return going_on, self._read(lambda: Method.newly_logged(self.method))

    def deliver(self) -> Mapping[str, Tensor]:
        return self._weights(self._does("deliver", self.method.deliver))

    def student(self) -> Snapshot:
        weights = self._weights(self.method.student)
        return Snapshot(weights, self._read(lambda: Method.logged(self.method)))

    def state(self) -> dict[str, Any]:
        return {"method": self._read(lambda: packed(self.method)), "scalars": {}}

    def load(self, state: Mapping[str, Any]) -> None:
        self._read(lambda: restore(self.method, of_state(state)))

    def notes(self) -> list[str]:
        return [] if self._method is None else Method.notes(self._method)

    def close(self) -> None:
        self.close_oracle()

    def _weights(self, student: nn.Module) -> dict[str, Tensor]:
        return self._read(lambda: guard.weights_of(student))

    def _does(self, stage: int | str, action: Callable[[], Any]) -> Any:
        """Let the method act, from a seed that depends on nothing before."""
        env.seed_all(self.given.seed, self.given.name, stage)
        try:
            with self.engine.autocast():
                return action()
        except BudgetExhausted:
            raise
        except (Exception, SystemExit) as problem:
            raise MethodFailure(problem) from None

    def _read(self, action: Callable[[], Any]) -> Any:
        try:
            return action()
        except Exception as problem:
            raise MethodFailure(problem) from None
