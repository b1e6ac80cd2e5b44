"""The process of a method: it builds the method from its source and obeys the suite.

The suite does not trust this module: it runs beside the method's code, which may change
all of it. The suite believes no frame that comes from here beyond its form.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from benchmark import env
from benchmark.backing import Backing
from benchmark.host import source, telling
from benchmark.host.asking import RemoteOracle, room
from benchmark.host.failure import MethodFailure
from benchmark.host.frames import Ended, Frame, FrameError, receive, send
from benchmark.host.host import TOO_EARLY, packed, restore
from benchmark.method import engine as engines
from benchmark.method.base import BudgetExhausted, Method, Spec
from benchmark.method.visits import Visits
from benchmark.nets import own_network, students
from benchmark.nets.own_network import Network
from benchmark.oracle import guard

ACTIONS = ("begin", "load", "step", "deliver", "look", "state")


def main(connection: socket.socket, files: Sequence[int] = ()) -> None:
    """Answer commands until the suite ends it. ``files``: that of the images it keeps, if any."""
    desk: Desk | None = None
    while True:
        frame = receive(connection, (*ACTIONS, *telling.QUESTIONS))
        if frame.kind in telling.QUESTIONS:
            _say(connection, telling.answer(frame))
            continue
        if frame.kind == "begin":
            desk = Desk(connection, frame, files)
        assert desk is not None, "the first command is to begin"
        _say(connection, desk.done(frame))


def _say(connection: socket.socket, frame: Frame) -> None:
    """Send an answer; or that it cannot be sent, where the method has put too much into it."""
    try:
        send(connection, frame)
    except Ended:
        raise
    except (FrameError, TypeError, ValueError) as problem:
        send(connection, Frame("failed", {"text": MethodFailure(problem).text}))


class Desk:
    """One method, and the actions that the suite asks of it."""

    def __init__(self, connection: socket.socket, begin: Frame, files: Sequence[int]) -> None:
        self.given, self.tensors = begin.fields, begin.tensors
        self.connection, self.visits = connection, Visits()
        self.backing = Backing(files[0], lambda: room(connection)) if files else None
        self.began = time.process_time()
        self.device = torch.device(self.given["device"])
        torch.set_num_threads(self.given["threads"])
        env.pick_device(self.device.type)
        self.engine = engines.start(
            self.given["arithmetic"], self.given["graphs"], self.device, self.visits
        )
        self.method: Method | None = None

    def done(self, frame: Frame) -> Frame:
        """Obey a command; the frame that answers it."""
        action: Callable[[Frame], Frame] = getattr(self, f"_{frame.kind}")
        try:
            return action(frame)
        except BudgetExhausted as refusal:
            return self._told("exhausted", {"text": str(refusal)})
        except (Exception, SystemExit) as problem:
            return self._told("failed", {"text": MethodFailure(problem).text})

    def _begin(self, frame: Frame) -> Frame:
        own = own_network.of_fields(self.given["own"])
        student = self._network(self.given["student"], "student.", own)
        student.register_forward_pre_hook(self.visits.student)
        student.register_forward_hook(engines.float32_logits)
        spec = Spec(
            tuple(self.given["shape"]),
            self.given["classes"],
            self.device,
            self.given["access"],
            self.backing,
        )
        oracle = RemoteOracle(
            self.connection, self.given["budget"], spec, self.given["precision"], self._snapshot
        )
        method_class = source.execute(self.given["source"])
        config = telling.config_of(method_class, self.given["config"])
        self.method = self._acts("construct", lambda: method_class(spec, config, oracle, student))
        self.method.engine = self.engine
        self.method.teacher = self._white_box()
        images = self.tensors.get("images")
        self.method.images = None if images is None else images.to(self.device)
        self._acts("setup", self.method.setup)
        return self._told("done")

    def _white_box(self) -> nn.Module | None:
        if not self.given["teacher"]:
            return None
        teacher = self._network(self.given["teacher"], "teacher.").eval().requires_grad_(False)
        teacher.register_forward_pre_hook(self.visits.teacher)
        return teacher

    def _network(self, architecture: str, prefix: str, own: Network | None = None) -> nn.Module:
        shape, classes = tuple(self.given["shape"]), self.given["classes"]
        net = students.build(architecture, shape, classes, own)
        sent = {n.removeprefix(prefix): t for n, t in self.tensors.items() if n.startswith(prefix)}
        net.load_state_dict(sent)
        return net.to(self.device).to(memory_format=torch.channels_last)

    def _load(self, frame: Frame) -> Frame:
        restore(self._own, frame.tensors["state"])
        self.visits.clear()
        self.visits.update(frame.fields["visits"])
        return self._told("done")

    def _step(self, frame: Frame) -> Frame:
        going_on = self._acts(frame.fields["number"], self._own.step)
        if not isinstance(going_on, bool):
            raise TypeError(f"step() returned {going_on!r}; return True to go on, False to stop")
        new = Method.newly_logged(self._own) if frame.fields["log"] else {}
        return self._told("done", {"going_on": going_on, "new": new})

    def _deliver(self, frame: Frame) -> Frame:
        student = self._acts("deliver", self._own.deliver)
        return self._told("student", tensors=guard.weights_of(student))

    def _look(self, frame: Frame) -> Frame:
        return self._snapshot()

    def _state(self, frame: Frame) -> Frame:
        return self._told("state", tensors={"state": packed(self._own)})

    def _snapshot(self) -> Frame:
        """The student as it is now, with the numbers that the method has logged."""
        scalars = Method.logged(self._own) if self.method else {}
        return self._told("student", {"scalars": finite(scalars)}, self._weights())

    def _weights(self) -> dict[str, Tensor]:
        return guard.weights_of(self._own.student)

    def _acts(self, stage: int | str, action: Callable[[], Any]) -> Any:
        """Let the method act, from a seed that depends on nothing before."""
        env.seed_all(self.given["seed"], self.given["name"], stage)
        with self.engine.autocast():
            return action()

    def _told(
        self,
        kind: str,
        fields: Mapping[str, Any] | None = None,
        tensors: Mapping[str, Tensor] | None = None,
    ) -> Frame:
        """An answer, with the counts and times that the suite cannot see from outside."""
        notes = Method.notes(self.method) if self.method else []
        seen = {
            "visits": dict(self.visits),
            "notes": notes,
            "cpu": time.process_time() - self.began,
        }
        seen["memory"] = env.peak_memory_mb(self.device) or 0.0
        said = dict(fields or {})
        if "new" in said:
            said["new"] = finite(said["new"])
        return Frame(kind, said | seen, tensors or {})

    @property
    def _own(self) -> Method:
        if self.method is None:
            raise RuntimeError(TOO_EARLY)
        return self.method


def finite(scalars: Mapping[str, float]) -> dict[str, float | None]:
    """Numbers as JSON has them: None for NaN and infinity."""
    return {name: value if np.isfinite(value) else None for name, value in scalars.items()}
