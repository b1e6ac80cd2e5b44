"""A method in a process of its own, from the suite's side.

Nothing that comes from there is believed beyond its form. The teacher, the count, the test images
and the clock stay here.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor

from benchmark import text
from benchmark.host import answers, process
from benchmark.host.failure import MethodFailure
from benchmark.host.frames import Ended, Frame, FrameError, receive, send
from benchmark.host.host import Host, Scalars, Snapshot, of_state
from benchmark.host.inside import Given
from benchmark.host.levels import Isolation
from benchmark.method.base import NOTES, Method
from benchmark.method.visits import Visits
from benchmark.oracle import BudgetExhausted, QueryRefused
from benchmark.oracle.serving import Serving
from benchmark.reading import read_source

Read = TypeVar("Read")
LEAVES = 5.0  # seconds for a process to end by itself


@dataclass(frozen=True)
class Asked:
    """How the process of a method is to compute, and where its code comes from."""

    file: Path  # of the method
    student: str  # architecture
    teacher: str  # architecture; built where the method is given one
    budget: int
    precision: str
    arithmetic: str
    graphs: bool


class Remote(Host):
    """A method in its own interpreter, confined or not."""

    def __init__(
        self,
        begin: Frame,
        serving: Serving,
        visits: Visits,
        isolation: Isolation,
        changes_when_delivered: bool,
    ) -> None:
        self.begin, self.serving, self.visits, self.limits = begin, serving, visits, isolation
        self.changes_when_delivered = changes_when_delivered
        self.peak_memory_mb = 0.0  # of its process
        self._notes: list[str] = []
        self._waits = False  # for an answer of the oracle
        self.process, self.connection = process.started(isolation)

    def build(self) -> None:
        self._act(self.begin, "done", answers.nothing)
        self.begin = Frame("begin")  # the teacher's weights, if any, are not kept twice

    def step(self, number: int, wants_logged: bool) -> tuple[bool, Scalars]:
        frame = Frame("step", {"number": number, "log": wants_logged})
        return self._act(frame, "done", answers.stepped, self.limits.step_seconds)

    def deliver(self) -> Mapping[str, Tensor]:
        return self._act(Frame("deliver"), "student", lambda got: got.tensors)

    def student(self) -> Snapshot:
        """Also while the process waits for an answer: it looks then, too."""
        return self._act(Frame("look"), "student", answers.snapshot)

    def state(self) -> dict[str, Any]:
        return {"method": self._act(Frame("state"), "state", answers.content), "scalars": {}}

    def load(self, state: Mapping[str, Any]) -> None:
        fields = {"visits": {name: state["visits"][name] for name in state["visits"]}}
        self._act(Frame("load", fields, {"state": of_state(state)}), "done", answers.nothing)

    def notes(self) -> list[str]:
        more = ["there were more notes, which are left out"] if len(self._notes) > NOTES else []
        return [*map(text.line, self._notes[:NOTES]), *more]

    def close(self) -> None:
        """End the process: by a command where it listens, else by a signal."""
        with self.connection:
            if self.process.poll() is None:
                try:
                    send(self.connection, Frame("end"))
                    self.process.wait(LEAVES if not self._waits else 0)
                except (FrameError, subprocess.TimeoutExpired):
                    pass
        process.killed(self.process)

    def _act(
        self,
        frame: Frame,
        answer: str,
        read: Callable[[Frame], Read],
        seconds: float | None = None,
    ) -> Read:
        """Send a command, answer its queries, and read the frame that ends it."""
        end = None if seconds is None else time.monotonic() + seconds
        try:
            send(self.connection, frame)
            while True:
                self._wait_until(end)
                got = receive(self.connection, [answer, "failed", "exhausted", "ask", "spent"])
                if got.kind == "ask":
                    served = time.monotonic()
                    self._serve(got)
                    end = None if end is None else end + time.monotonic() - served
                elif got.kind == "spent":
                    send(self.connection, Frame("count", {"spent": self.serving.account.spent}))
                else:
                    return read(self._told(got))
        except TimeoutError:
            process.killed(self.process)
            raise MethodFailure.of_text(
                f"TimeoutError: a step took more than the limit of {seconds:g} s"
            ) from None
        except Ended:
            raise MethodFailure.of_text(self._how_it_ended()) from None
        except FrameError as problem:
            process.killed(self.process)
            raise MethodFailure.of_text(f"FrameError: {problem}") from None

    def _wait_until(self, end: float | None) -> None:
        left = None if end is None else end - time.monotonic()
        if left is not None and left <= 0:
            raise TimeoutError
        self.connection.settimeout(left)

    def _serve(self, asked: Frame) -> None:
        images = asked.tensors.get("images")
        self._waits = True
        try:
            answers = self.serving.serve(self._no_images() if images is None else images)
        except (QueryRefused, BudgetExhausted) as refusal:
            why = "query" if isinstance(refusal, QueryRefused) else "budget"
            send(self.connection, Frame("refused", {"why": why, "text": str(refusal)}))
        else:
            send(
                self.connection,
                Frame("answer", {}, {"answers": answers} if len(answers) else {}),
            )
        self._waits = False

    def _no_images(self) -> Tensor:
        dtype = torch.uint8 if self.serving.precision == "uint8" else torch.float32
        return torch.zeros(0, *self.serving.spec.shape, dtype=dtype)

    def _told(self, got: Frame) -> Frame:
        """Note the counts, notes and times that every answer carries."""
        visits = answers.visits(got.fields.get("visits", {}))
        self.visits.clear()
        self.visits.update(visits)
        notes, cpu = got.fields.get("notes", []), got.fields.get("cpu", 0.0)
        self._notes = [one for one in notes if type(one) is str] if type(notes) is list else []
        self.cpu_seconds = max(self.cpu_seconds, answers.amount(cpu))
        self.peak_memory_mb = max(
            self.peak_memory_mb, answers.amount(got.fields.get("memory", 0.0))
        )
        if got.kind == "failed":
            raise MethodFailure.of_text(str(got.fields.get("text", "")))
        if got.kind == "exhausted":
            raise BudgetExhausted(text.line(str(got.fields.get("text", ""))))
        return got

    def _how_it_ended(self) -> str:
        code = process.killed(self.process)
        how = f"with code {code}" if code >= 0 else f"by signal {-code}"
        return f"EOFError: the process of the method ended {how}, in the middle of its work"


def hosted(
    given: Given, asked: Asked, serving: Serving, visits: Visits, isolation: Isolation
) -> Remote:
    """A host of a process that is about to begin."""
    changes = given.method.deliver is not Method.deliver
    begin = Frame("begin", _fields(given, asked), _tensors(given))
    return Remote(begin, serving, visits, isolation, changes)


def _fields(given: Given, asked: Asked) -> dict[str, Any]:
    file = asked.file
    return {
        "module": given.method.__module__,
        "file": file.name,
        "source": read_source(file).decode("utf-8"),
        "name": given.name,
        "seed": given.seed,
        "shape": list(given.spec.shape),
        "classes": given.spec.classes,
        "access": given.spec.access,
        "device": str(given.spec.device),
        "threads": torch.get_num_threads(),
        "config": asdict(given.config),
        "student": asked.student,
        "teacher": asked.teacher if given.teacher is not None else "",
        "budget": asked.budget,
        "precision": asked.precision,
        "arithmetic": asked.arithmetic,
        "graphs": asked.graphs,
    }


def _tensors(given: Given) -> dict[str, Tensor]:
    found = {f"student.{name}": of for name, of in given.student.state_dict().items()}
    if given.teacher is not None:
        found |= {f"teacher.{name}": of for name, of in given.teacher.state_dict().items()}
    if given.images is not None:
        found["images"] = given.images
    return found
