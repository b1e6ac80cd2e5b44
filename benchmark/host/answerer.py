"""A process that answers questions, one after the other, each within a time."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from benchmark.host import process
from benchmark.host.failure import MethodFailure, reason
from benchmark.host.frames import Ended, Frame, FrameError, receive, send
from benchmark.host.levels import Isolation
from benchmark.host.patience import Patient


class Unanswered(Exception):
    """Why there is no answer, as a part of a sentence."""


class Late(Unanswered):
    """There is none yet."""


class Answerer:
    """A process of its own; what it answers is to be checked."""

    def __init__(self, isolation: Isolation, distributions: Sequence[str] = ()) -> None:
        """Start it. Raises ``BenchError``; ``distributions``: see ``process.started``."""
        self.interpreter = process.started(isolation, distributions)
        there = self.interpreter
        self.connection = Patient(there.connection, there.errors, self._may_wait)
        self._until = 0.0  # by ``time.monotonic``

    def ask(self, question: Frame, seconds: float) -> dict[str, Any]:
        """The fields of the answer. Raises ``Unanswered``, also for what its code raised."""
        self._until = time.monotonic() + seconds
        try:
            send(self.connection, question)
            got = receive(self.connection, ["told", "failed"], most=0)
        except TimeoutError:
            raise Late(f"it did not answer within {seconds:g} s") from None
        except Ended:
            how = process.how(self.interpreter.kill(process.LEAVES))
            raise Unanswered(f"its process ended {how}") from None
        except FrameError as problem:
            raise Unanswered(f"FrameError: {problem}") from None
        if got.kind == "failed":
            raise Unanswered(reason(MethodFailure.of_text(str(got.fields.get("text", ""))).text))
        return dict(got.fields)

    def close(self) -> None:
        """End it."""
        self.interpreter.close()

    def _may_wait(self) -> None:
        if time.monotonic() > self._until:
            raise TimeoutError
