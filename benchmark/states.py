"""The state of an unfinished run: what goes into its file, and how a process goes on from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmark.failure import MethodFailure
from benchmark.method import Method
from benchmark.store import pack, unpack

if TYPE_CHECKING:
    from benchmark.runner import Run

KEYS = {
    "method_sha", "method", "scalars", "account", "steps", "resumes", "curve", "clock", "visits",
    "started", "amp", "logged", "places",
}  # fmt: skip


def packed(run: Run, check: bool) -> bytes:
    """The state as bytes. What cannot be saved, or not read back, is the method's fault.

    ``check``: read it back, which the first state of a run is worth.
    """
    state = {
        "method_sha": run.cell.entry.source_sha,
        "account": run.account.state_dict(),
        "steps": run.steps,
        "resumes": run.resumes,
        "curve": run.curve,
        "clock": run.clock.state_dict(),
        "visits": dict(run.visits),
        "started": run.started,
        "amp": run.engine.amp,
        "logged": run.logged.state_dict(),
        "places": run.places,
    }
    try:
        method = {"method": run.method.state_dict(), "scalars": Method.logged(run.method)}
        content = pack(state | method)
        if check:
            unpack(content)
        return content
    except Exception as problem:
        raise MethodFailure(problem) from None


def resume(run: Run) -> None:
    """Go on from the saved state of a run that was built, if there is one of the same code."""
    state = run.store.load_state(run.id, KEYS)
    if state is None or state["method_sha"] != run.cell.entry.source_sha:
        return  # a run that mixes two versions of a method's code would be no run
    try:
        run.method.load_state_dict(state["method"])
        run.method.log(**state["scalars"])
        Method.newly_logged(run.method)  # these are no news
    except Exception as problem:
        raise MethodFailure(problem) from None
    run.account.load_state_dict(state["account"])
    run.logged.load_state_dict(state["logged"])
    run.steps, run.curve, run.started = state["steps"], state["curve"], state["started"]
    run.resumes = state["resumes"] + 1
    run.clock.load_state_dict(state["clock"])
    run.visits.clear()  # of what setup has shown again; update would add to it
    run.visits.update(state["visits"])
    run.engine.amp = state["amp"]  # a run keeps the arithmetic it began with
    run.places = list(dict.fromkeys([*state["places"], *run.places]))
