"""The purchases of a run: their file, and the wishes of the caller."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from benchmark import env
from benchmark.files import Unsound
from benchmark.oracle import Spec
from benchmark.oracle.bought import Bought, Form
from benchmark.rows.store import Store
from benchmark.run.cells import Cell
from benchmark.run.watch import Control


@dataclass(frozen=True)
class Wish:
    """The wishes of a caller. Neither is in a run's identity, and neither changes its numbers."""

    reference: bool = True  # train a reference student
    file: bool = False  # leave the file when the row is complete


def opened(
    store: Store, form: Form, wish: Wish, state: dict[str, Any] | None, control: Control
) -> Bought | None:
    """The file of a run that begins, or goes on from its state; None where nobody wants one.

    Raises ``StoreError``. A run that was begun without a file goes on without one.
    """
    path = store.bought_path(form.run_id)
    if not (wish.reference or wish.file):
        store.drop_bought(form.run_id)
        return None
    if state is None:
        store.drop_bought(form.run_id)
        return Bought.begin(path, form)
    if not state.get("bought"):  # states of earlier suites do not say
        control.on_trouble(
            f"run {form.run_id} was begun without a file of its bought labels: it goes on, and its "
            "row gets no reference student"
        )
        return None
    account = state["account"]
    try:
        return Bought.resume(path, form, account["hashes"].numpy(), account["labels"].numpy())
    except Unsound as problem:
        raise Unsound(
            f"{problem}; --no-reference goes on without a reference student, or delete "
            f"{store.state_path(form.run_id)} to start that run over"
        ) from None


def form_of(run_id: str, cell: Cell, spec: Spec) -> Form:
    """The form of the file of a run's purchases."""
    answers = 0 if spec.access == "hard-label" else spec.classes
    bits = 8 if cell.precision == "uint8" else 32
    seed = env.seed_of(cell.seed, "bought")
    return Form(run_id, spec.shape, answers, bits, cell.budget, seed)
