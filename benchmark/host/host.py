"""A method as a run has it, wherever its code is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from benchmark.method.base import Method
from benchmark.rows.packed import pack, unpack

TOO_EARLY = "a constructor may not ask as far as a mark; ask in setup() or step()"
Scalars = Mapping[str, float]  # logged numbers; NaN where one was none


class GaveUp(Exception):
    """The run is to stop, and its method does not come to the end of a step."""


@dataclass(frozen=True)
class Snapshot:
    """A student's weights, and the numbers that its method has logged."""

    weights: Mapping[str, Tensor]
    scalars: Scalars


class Host(ABC):
    """Where the code of one method runs.

    Every action raises ``MethodFailure`` where the method fails, and ``BudgetExhausted`` where it
    asks for more than is left and lets that end the action. ``GaveUp`` ends the run as it is.
    """

    changes_when_delivered = False  # the method has a way of its own to deliver
    cpu_seconds = 0.0  # of a process of its own, so far
    peak_memory_mb = 0.0  # likewise

    @abstractmethod
    def start(self) -> None:
        """Wait until its code can run. The time is the suite's, not the method's."""

    @abstractmethod
    def build(self) -> None:
        """Construct the method and set it up."""

    @abstractmethod
    def step(self, number: int, wants_logged: bool) -> tuple[bool, Scalars]:
        """Let it do round ``number``: whether it goes on, and the numbers that it logged."""

    @abstractmethod
    def deliver(self) -> Mapping[str, Tensor]:
        """The weights of the student that it delivers."""

    @abstractmethod
    def student(self) -> Snapshot:
        """Its student as it is now, also in the middle of an action."""

    @abstractmethod
    def state(self) -> dict[str, Any]:
        """Its state, for ``load`` of any host."""

    @abstractmethod
    def load(self, state: Mapping[str, Any]) -> None:
        """Go on from a state, after ``build``."""

    @abstractmethod
    def notes(self) -> list[str]:
        """Its notes, as they may stand in a row."""

    @abstractmethod
    def close(self) -> None:
        """End it."""


def packed(method: Method) -> Tensor:
    """The state of a method as bytes, uint8: whoever keeps it need not understand it."""
    content = pack({"method": method.state_dict(), "scalars": Method.logged(method)})
    return torch.from_numpy(np.frombuffer(content, np.uint8).copy())


def of_state(state: Mapping[str, Any]) -> Tensor:
    """The bytes of a method in a saved state; in the first states it stood open."""
    if isinstance(state["method"], Tensor):
        return state["method"]
    content = pack({"method": state["method"], "scalars": state["scalars"]})
    return torch.from_numpy(np.frombuffer(content, np.uint8).copy())


def restore(method: Method, content: Tensor) -> None:
    """Put bytes of ``packed`` into a method that was set up."""
    state = unpack(content.numpy().tobytes())
    method.load_state_dict(state["method"])
    method.log(**state["scalars"])
    Method.newly_logged(method)  # these are no news
