"""What a run does with the labels it buys, beside its method: their file, the reference student."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from benchmark import env
from benchmark.files import StoreError, Unsound
from benchmark.nets.health import NotFinite
from benchmark.oracle.bought import Bought, Form, Pages
from benchmark.rows.store import pack, unpack
from benchmark.run import reference, states
from benchmark.run.clock import Clock
from benchmark.run.reference import Training

if TYPE_CHECKING:
    from benchmark.run.runner import Run

NOT_FINITE = "reference-not-finite"  # a flag
Numbers = dict[str, Any]  # the fields of a row


@dataclass(frozen=True)
class Wish:
    """What is asked for. Neither is a part of a run's identity, and neither changes its numbers."""

    reference: bool = True  # train a reference student
    file: bool = False  # leave the file when the row is complete


def opened(run: Run, state: dict[str, Any] | None) -> Bought | None:
    """The file of a run that begins, or goes on from its state; None where there is to be none.

    Raises ``StoreError``. A run that was begun without a file goes on without one.
    """
    store, path = run.store, run.store.bought_path(run.id)
    if not (run.wish.reference or run.wish.file):
        store.drop_bought(run.id)
        return None
    if state is None:
        store.drop_bought(run.id)
        return Bought.begin(path, form_of(run))
    if not state.get("bought"):  # states of earlier suites do not say
        run.control.on_trouble(
            f"run {run.id} was begun without keeping what it buys: it goes on, and its row gets no "
            "reference student"
        )
        return None
    account = state["account"]
    try:
        hashes, labels = account["hashes"].numpy(), account["labels"].numpy()
        return Bought.resume(path, form_of(run), hashes, labels)
    except Unsound as problem:
        raise Unsound(
            f"{problem}; --no-reference goes on without a reference student, or delete "
            f"{store.state_path(run.id)} to start that run over"
        ) from None


def form_of(run: Run) -> Form:
    """The form of a run's file."""
    cell, spec = run.cell, run.spec
    answers = 0 if spec.access == "hard-label" else spec.classes
    bits = 8 if cell.precision == "uint8" else 32
    seed = env.seed_of(cell.seed, "bought")
    return Form(run.id, tuple(spec.shape), answers, bits, cell.budget, seed)


def learn(run: Run) -> Numbers | None:
    """Train the reference student of a run that has ended; its fields of the row.

    None where the caller stopped it, and all is saved. No fields where it was not asked for, or
    where too little was bought. Raises ``StoreError`` where it cannot be saved.
    """
    if not run.wish.reference or run.bought is None:
        return {}
    pages = run.bought.pages()
    try:
        if len(pages) < reference.LEAST:
            return {}
        with env.randomness_kept(run.spec.device):
            return _learnt(run, pages)
    finally:
        pages.close()


def _learnt(run: Run, pages: Pages) -> Numbers | None:
    clock = Clock(run.spec.device)
    clock.start()
    recipe = reference.recipe_for(run.bought.form.images(run.cell.budget))
    student = run.setting.build_student(run.cell.student, run.cell.seed)
    training = Training(student, pages, recipe, run.cell.seed)
    if before := _progress(run, training):
        training.load_state_dict(before["training"])
        clock.load_state_dict(before["clock"])
    if not _trained(run, training, clock):
        return None
    try:
        accuracy, agreement = run.setting.judge.score(student)
    except NotFinite:
        run.flags.append(NOT_FINITE)
        return {}
    clock.stop()
    return {
        "reference_accuracy": accuracy,
        "reference_agreement": agreement,
        "reference_images": len(pages),
        "reference_digest": training.digest(),
        "reference_seconds": round(clock.seconds, 3),
        "reference_cpu_seconds": round(clock.cpu_seconds, 3),
    }


def _trained(run: Run, training: Training, clock: Clock) -> bool:
    """Train to the end; False where the caller stopped it."""
    saved = time.monotonic()
    while not training.ended:
        training.step()
        stop = not training.ended and run.control.should_stop()
        due = training.between_passes and time.monotonic() - saved > run.control.save_every
        if stop:
            states.save_end(run)
        if stop or (due and not training.ended):
            _save(run, training, clock)
            saved = time.monotonic()
        if stop:
            return False
    return True


def _save(run: Run, training: Training, clock: Clock) -> None:
    """Save the training; where the disk is full it only begins anew after a stop."""
    clock.stop()
    state = {
        "of": _of(run, training),
        "training": training.state_dict(),
        "clock": clock.state_dict(),
    }
    clock.start()
    try:
        run.store.save_progress(run.id, pack(state))
    except StoreError as problem:
        run.control.on_trouble(f"{problem}; stopped, the reference student begins anew")


def _progress(run: Run, training: Training) -> dict[str, Any] | None:
    """The saved training of exactly these queries, None where there is none that can be read."""
    try:
        state = unpack(run.store.load_progress(run.id))
        return state if state["of"] == _of(run, training) else None
    except Exception:  # torn, foreign: it is made once more
        return None


def _of(run: Run, training: Training) -> str:
    """What was bought and how it is learnt, as the progress of a training names it."""
    return f"{run.account.spent} {run.account.digest()} {training.recipe}"
