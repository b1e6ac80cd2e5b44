"""Whether a confined process can compute on this machine's GPU: one tries, and says how it went.

A driver opens devices, makes files and talks to daemons, all of which confinement refuses or not by
its version. So nothing is assumed of it: it costs one start of an interpreter in each command.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable

from benchmark.errors import BenchError
from benchmark.host import process
from benchmark.host.failure import MethodFailure, reason
from benchmark.host.frames import Ended, Frame, FrameError, receive, send
from benchmark.host.levels import CONFINED, Isolation
from benchmark.host.patience import Patient

CPU = "cpu"


def trial(kind: str) -> Callable[[], str] | None:
    """The trial for a kind of device, as ``levels.picked`` takes it; None where none is needed."""
    return None if kind == CPU else functools.partial(refusal, kind)


@functools.cache
def refusal(kind: str, seconds: float = process.STARTS) -> str:
    """Why a confined process cannot compute on a kind of device, a sentence; "" where it can."""
    try:
        started = process.started(Isolation(CONFINED))
    except BenchError as problem:
        return f"{problem}."
    until = time.monotonic() + seconds

    def may_wait() -> None:
        if time.monotonic() > until:
            raise TimeoutError

    try:
        connection = Patient(started.connection, started.errors, may_wait)
        send(connection, Frame("reach", {"device": kind}))
        got = receive(connection, ["told", "failed"], most=0)
    except TimeoutError:
        said = f"it did not answer within {seconds:g} s"
    except Ended:
        code = started.kill(process.LEAVES)
        said = f"it ended with code {code}"
    except FrameError as problem:
        said = str(problem)
    else:
        if got.kind == "told":
            return ""
        said = reason(MethodFailure.of_text(str(got.fields.get("text", ""))).text)
    finally:
        started.close()
    return f"a confined process was tried and did not reach the {kind} device: {said}."
