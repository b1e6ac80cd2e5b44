"""A method in a process of its own, from the suite's side.

Nothing that comes from there is believed beyond its form. The teacher, the count, the test images
and the clock stay here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import torch
from torch import Tensor

from benchmark import text
from benchmark.backing import Backing
from benchmark.errors import BenchError
from benchmark.host import answers, process
from benchmark.host.asked import Asked, begin, largest
from benchmark.host.failure import MethodFailure
from benchmark.host.frames import Ended, Frame, FrameError, receive, send
from benchmark.host.host import GaveUp, Host, Scalars, Snapshot, of_state
from benchmark.host.inside import Given
from benchmark.host.levels import Isolation
from benchmark.host.patience import Patient
from benchmark.method.base import NOTES, Method
from benchmark.method.visits import Visits
from benchmark.oracle import BudgetExhausted, QueryRefused
from benchmark.oracle.serving import Serving

Read = TypeVar("Read")
# Seconds for which a step may go on after a signal has asked the run to stop: at least, at most.
GRACE = (10.0, 30.0)
QUESTIONS = ("ask", "spent", "room")  # of a method at work
OTHERS = {"state": 2**32}  # the most bytes of an answer that only the method's code knows


class Remote(Host):
    """A method in its own interpreter, confined or not."""

    def __init__(
        self,
        first: Frame,
        serving: Serving,
        visits: Visits,
        isolation: Isolation,
        changes_when_delivered: bool,
        stopping_for: Callable[[], float],
        distributions: Sequence[str],
        backing: Backing | None,
    ) -> None:
        self.begin, self.serving, self.visits, self.limits = first, serving, visits, isolation
        self.changes_when_delivered, self.stopping_for = changes_when_delivered, stopping_for
        self.peak_memory_mb = 0.0  # of its process
        self._notes: list[str] = []
        self._largest = largest(first, serving)  # bytes of a question, and of a student
        self._end: float | None = None  # of the present action, at the latest
        self._longest = 0.0  # seconds of an action
        self.backing = backing
        files = [] if backing is None else [backing.file]
        self.interpreter = process.started(isolation, distributions, files)
        there = self.interpreter
        self.connection = Patient(there.connection, there.errors, self._may_wait)

    def start(self) -> None:
        self._act(Frame("greet"), "told", answers.nothing, process.STARTS)

    def build(self) -> None:
        self._act(self.begin, "done", answers.nothing)
        self.begin = Frame("begin")  # the teacher's weights, if any, are not kept twice

    def step(self, number: int, wants_logged: bool) -> tuple[bool, Scalars]:
        frame = Frame("step", {"number": number, "log": wants_logged})
        return self._act(frame, "done", answers.stepped)

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
        """End the process: nothing that it has left to do is of use."""
        self.interpreter.close()

    def _act(
        self, frame: Frame, answer: str, read: Callable[[Frame], Read], longest: float | None = None
    ) -> Read:
        """Send a command, answer its queries, and read the frame that ends it."""
        began, limit = time.monotonic(), longest or self.limits.step_seconds
        outer, self._end = self._end, None if limit is None else began + limit
        try:
            send(self.connection, frame)
            while (got := self._got(answer)).kind in QUESTIONS:
                served = time.monotonic()
                self._serve(got)
                if self._end is not None:
                    self._end += time.monotonic() - served
            self._longest = max(self._longest, time.monotonic() - began)
            return read(self._told(got))
        except TimeoutError:
            self.interpreter.kill()
            raise MethodFailure.of_text(
                f"TimeoutError: a step took more than the limit of {limit:g} s"
            ) from None
        except Ended:
            raise MethodFailure.of_text(self._how_it_ended()) from None
        except FrameError as problem:
            self.interpreter.kill()
            raise MethodFailure.of_text(f"FrameError: {problem}") from None
        finally:
            self._end = outer

    def _got(self, answer: str) -> Frame:
        kinds = [answer, "failed", "exhausted", *QUESTIONS]
        return receive(self.connection, kinds, max(self._largest, OTHERS.get(answer, 0)))

    def _may_wait(self) -> None:
        """Raise ``TimeoutError`` after the limit, ``GaveUp`` where the run is to stop."""
        if self._end is not None and time.monotonic() > self._end:
            raise TimeoutError
        if (stopping := self.stopping_for()) > min(max(GRACE[0], 2 * self._longest), GRACE[1]):
            self.interpreter.kill()
            raise GaveUp(f"a step did not end for {stopping:.0f} s, and was given up")

    def _serve(self, asked: Frame) -> None:
        if asked.kind == "spent":
            send(self.connection, Frame("count", {"spent": self.serving.account.charged}))
            return
        if asked.kind == "room":
            self._make_room()
            return
        images = asked.tensors.get("images")
        try:
            found = self.serving.serve(self._no_images() if images is None else images)
        except (QueryRefused, BudgetExhausted) as refusal:
            self._refuse("query" if isinstance(refusal, QueryRefused) else "budget", str(refusal))
        except (MethodFailure, GaveUp, BenchError):
            raise
        except Exception as failure:  # of the teacher: it ends this run, and no other
            self._refuse("oracle", f"the oracle failed: {type(failure).__name__}: {failure}")
        else:
            tensors = {"answers": found} if len(found) else {}
            send(self.connection, Frame("answer", {}, tensors))

    def _make_room(self) -> None:
        if self.backing is None:
            raise FrameError("it asks for room for a file that it has not got")
        self.backing.reserve()
        send(self.connection, Frame("room"))

    def _refuse(self, why: str, text: str) -> None:
        send(self.connection, Frame("refused", {"why": why, "text": text}))

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
        how = process.how(self.interpreter.kill(process.LEAVES))
        text = f"EOFError: the process of the method ended {how}, in the middle of its work"
        words = self.connection.last_words()
        return f"{text}; its last words:\n{words}" if words else text


def hosted(
    given: Given,
    asked: Asked,
    serving: Serving,
    visits: Visits,
    isolation: Isolation,
    stopping_for: Callable[[], float],
) -> Remote:
    """A host of a process that is about to begin.

    ``stopping_for``: seconds since a signal asked the run to stop, 0 before.
    """
    changes = given.method.deliver is not Method.deliver
    more = stopping_for, asked.source.distributions, given.spec.backing
    return Remote(begin(given, asked), serving, visits, isolation, changes, *more)
