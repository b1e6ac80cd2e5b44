"""The state of an unfinished run: what goes into its file, and how a process goes on from it."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from benchmark.files import StoreError
from benchmark.method import Method
from benchmark.nets.health import Soundness
from benchmark.oracle import guard
from benchmark.rows.store import pack, unpack
from benchmark.run.failure import MethodFailure

if TYPE_CHECKING:
    from benchmark.run.runner import Run

KEYS = {  # later ones too: "bought", and "ended" in the last state
    "method_sha", "method", "scalars", "account", "steps", "resumes", "curve", "clock", "visits",
    "started", "amp", "logged", "places",
}  # fmt: skip


def packed(run: Run, check: bool, ended: list[str] | None = None) -> bytes:
    """The state as bytes. What cannot be saved, or not read back, is the method's fault.

    ``check``: read it back, which the first state of a run is worth. ``ended``: the flags of a run
    whose method has nothing left to do but deliver.
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
        "bought": run.bought is not None,
        **({} if ended is None else {"ended": ended}),
    }
    try:
        method = {"method": run.method.state_dict(), "scalars": Method.logged(run.method)}
        content = pack(state | method)
        if check:
            unpack(content)
        return content
    except Exception as problem:
        raise MethodFailure(problem) from None


def save(run: Run, stopping: bool) -> None:
    """Save the state of a run. A disk that is full does not end one that goes on without it.

    Raises ``StoreError`` where the run is ``stopping``, and ``MethodFailure``.
    """
    content = packed(run, check=not run.saved_once)
    _look(run)
    try:
        _keep(run, content)
    except StoreError as problem:
        if stopping:
            raise StoreError(f"{problem}; the run is not saved, {_left(run)}") from None
        run.control.on_trouble(f"{problem}; the run goes on and tries again")
    else:
        run.saved_once = True


def _keep(run: Run, content: bytes) -> None:
    """Write a state, and before it what the run has bought till then. Raises ``StoreError``."""
    if run.bought:
        run.bought.sync()
    run.store.save_state(run.id, content)


def keep_end(run: Run, problem: StoreError) -> StoreError:
    """After a row that could not be written: the run in its state, and what to tell about it."""
    try:
        _save_end(run)
    except (StoreError, MethodFailure):
        text = _left(run)
    else:
        text = "the same command writes its row"
    return StoreError(f"{problem}; the run has ended, and {text}")


def save_end(run: Run) -> None:
    """Save a run whose method has ended, and that is stopped before its row. ``StoreError``."""
    try:
        _save_end(run)
    except (StoreError, MethodFailure) as problem:
        raise StoreError(f"{problem}; the run is not saved, {_left(run)}") from None


def _save_end(run: Run) -> None:
    """The state before the student was delivered, where that may have changed it, else as it is."""
    curve = run.curve
    try:
        run.curve = [point for point in curve if point["mark"] < run.cell.budget]
        _keep(run, run.before_delivery or packed(run, check=True, ended=run.flags))
    finally:
        run.curve = curve


def drop_unsaved(run: Run) -> None:
    """Forget what a failed run has bought, unless it has a state to go on from."""
    if not run.store.state_path(run.id).exists():
        run.store.drop_bought(run.id)


def after_full_disk(run: Run) -> StoreError:
    """What to tell of a run that ends because what it buys cannot be written."""
    return StoreError(
        f"{run.bought.problem}; the run ends there, {_left(run)}: make room, or give "
        "--no-reference to do without that file"
    )


def _look(run: Run) -> None:
    with contextlib.suppress(TypeError):  # a student that is none is found where it is judged
        run.soundness.look(run.steps, guard.weights_of(run.method.student))


def _left(run: Run) -> str:
    """What a run that could not be saved goes on from."""
    if run.store.state_path(run.id).exists():
        return "the same command goes on from its last saved state"
    return "nothing of it was saved before"


def find(run: Run) -> dict[str, Any] | None:
    """The saved state of a run, if there is one of the same code."""
    state = run.store.load_state(run.id, KEYS)
    same = ("method_sha", run.cell.entry.source_sha), ("amp", run.engine.amp)
    if state is None or any(state[name] != value for name, value in same):
        return None  # a run that mixes two codes of a method, or two arithmetics, would be no run
    return state


def resume(run: Run, state: dict[str, Any]) -> None:
    """Go on from the saved state of a run that was built."""
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
    run.ended, run.flags = "ended" in state, [*state.get("ended", [])]
    run.soundness = Soundness(run.steps)
    _look(run)
    run.places = list(dict.fromkeys([*state["places"], *run.places]))
