"""Whether a confined process can compute on this machine's GPU: one tries, and says how it went.

A driver opens devices, makes files and talks to daemons, all of which confinement refuses or not by
its version. So nothing is assumed of it: it costs one start of an interpreter in each command.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

from benchmark.errors import BenchError
from benchmark.host.answerer import Answerer, Unanswered
from benchmark.host.frames import Frame
from benchmark.host.levels import CONFINED, Isolation
from benchmark.host.process import STARTS

CPU = "cpu"


def trial(kind: str) -> Callable[[], str] | None:
    """The trial for a kind of device, as ``levels.picked`` takes it; None where none is needed."""
    return None if kind == CPU else functools.partial(refusal, kind)


@functools.cache
def refusal(kind: str, seconds: float = STARTS) -> str:
    """Why a confined process cannot compute on a kind of device, a sentence; "" where it can."""
    try:
        answerer = Answerer(Isolation(CONFINED))
    except BenchError as problem:
        return f"{problem}."
    try:
        answerer.ask(Frame("reach", {"device": kind}), seconds)
        return ""
    except Unanswered as problem:
        return f"a confined process was tried and did not reach the {kind} device: {problem}."
    finally:
        answerer.close()
