"""A method of somebody else's: described by a process that executes its file, never executed here.

The suite works with a class that stands for it. Questions that only its code can answer go to that
process, in few plain values, and the answers are checked.
"""

from __future__ import annotations

import dataclasses
import json
import weakref
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from benchmark.errors import BenchError
from benchmark.host import description
from benchmark.host.answerer import Answerer, Late, Unanswered
from benchmark.host.description import LARGEST, Description, Strange
from benchmark.host.frames import Frame
from benchmark.host.levels import CONFINED, Isolation
from benchmark.host.process import STARTS
from benchmark.host.source import Source
from benchmark.method.base import Method, Spec

ANSWERS = 20.0  # seconds for a file to be executed, and for an answer
MEMORY = 2**32  # bytes for executing a file and describing its class
LIFTED = "; a confined file imports torch, numpy and what these need, --isolation process more"


@dataclass(eq=False)
class Teller:
    """Answers questions on a method, by a process that executes its source; ``file``: its name."""

    source: Source
    file: str
    level: str
    _open: list[Answerer] = field(default_factory=list)  # one, or none
    _answers: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        weakref.finalize(self, _end, self._open)

    def describe(self) -> Description:
        """The method's class. Raises ``BenchError``."""
        try:
            return description.read(self._ask("describe"))
        except Strange as problem:
            self.close()
            raise BenchError(f"{self.file}: its description is none: {problem}") from None

    def cost(self, of: str, config: Any, spec: Spec) -> int:
        """``round_cost`` or ``least_budget`` of the method."""
        told = [list(spec.shape), spec.classes, str(spec.device), spec.access]
        found = self._ask("cost", of=of, config=dataclasses.asdict(config), spec=told).get("cost")
        if type(found) is not int or not 0 <= found < LARGEST:
            raise BenchError(f"{self.file}: {of} gives {str(found)[:40]!r}, which is no number")
        return found

    def settle(self, config: Any) -> dict[str, Any]:
        """The values of a Config after its own ``__post_init__``."""
        told = self._ask("settle", config=dataclasses.asdict(config))
        try:
            if told.keys() != dataclasses.asdict(config).keys():
                raise Strange("Config has other fields than it had")
            return {name: description.plain(value, name) for name, value in told.items()}
        except Strange as problem:
            raise BenchError(f"{self.file}: {problem}") from None

    def close(self) -> None:
        """End the process; a later question starts another."""
        _end(self._open)

    def _ask(self, kind: str, **more: Any) -> dict[str, Any]:
        key = kind, json.dumps(more, sort_keys=True)
        if key not in self._answers:
            try:
                told = {"source": self.source.fields(), **json.loads(key[1])}
                self._answers[key] = self._told(Frame(kind, told))
            except BaseException:
                self.close()
                raise
        return self._answers[key]

    def _told(self, question: Frame) -> dict[str, Any]:
        """The fields of the answer. Raises ``BenchError``, one line."""
        try:
            if not self._open:
                isolation = Isolation(self.level, memory=MEMORY if self.level == CONFINED else 0)
                self._open.append(Answerer(isolation, self.source.distributions))
                self._open[0].ask(Frame("greet"), STARTS)
            return self._open[0].ask(question, ANSWERS)
        except Unanswered as caught:
            problem = str(caught)
            if isinstance(caught, Late):
                problem += "; importing it may only define"
            elif self.level == CONFINED and "ModuleNotFoundError" in problem:
                problem += LIFTED
        raise BenchError(f"{self.file} cannot be imported: {problem}")


def _end(opened: list[Answerer]) -> None:
    while opened:
        opened.pop().close()


def stand_in(teller: Teller) -> type[Method]:
    """A class with all that the suite needs to know of a method, and none of its code."""
    told = teller.describe()
    body = {**told.facts, "Config": told.config, "described_by": teller}
    for name in {"round_cost", "least_budget"} & {*told.own}:
        body[name] = classmethod(_costing(teller, name))
    if "deliver" in told.own:
        body["deliver"] = _elsewhere
    if "settle" in told.own:
        body["Config"] = _settled(told.config, teller)
    else:
        if not {"round_cost", "least_budget"} & {*told.own}:
            teller.close()  # there is nothing left to ask
    return type(told.name, (Method,), body)


def _costing(teller: Teller, name: str) -> Callable[..., int]:
    return lambda cls, config, spec: teller.cost(name, config, spec)


def _elsewhere(self: Method) -> Any:
    """Its own way to deliver is known where its code is."""
    raise NotImplementedError("this class stands for one that is executed elsewhere")


def _settled(config: type, teller: Teller) -> type:
    """A Config whose values are those that the method's own makes of them."""

    def settle(self: Any) -> None:
        for name, value in teller.settle(self).items():
            object.__setattr__(self, name, value)

    return dataclasses.make_dataclass(
        "Config", [], bases=(config,), namespace={"__post_init__": settle}, frozen=True
    )
