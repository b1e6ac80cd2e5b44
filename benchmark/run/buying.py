"""The journal of a run's queries, opened as its state wants it, and the wishes of the caller."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmark import env
from benchmark.files import StoreError, Unpaired, Unsound, why
from benchmark.oracle import Journal, Spec
from benchmark.oracle.journal import Form, WrongJournal, asked_by_others
from benchmark.rows.store import Store
from benchmark.run.cells import Cell
from benchmark.run.watch import Control
from teachers.names import endpoint_of


@dataclass(frozen=True)
class Wish:
    """The wishes of a caller. Neither is in a run's identity, and neither changes its numbers."""

    reference: bool = True  # train a reference student
    file: bool = False  # leave the bought images when the row is complete


@dataclass(frozen=True)
class Opening:
    """Opens the journal of one cell's run."""

    store: Store
    cell: Cell
    wish: Wish
    control: Control

    def opened(self, form: Form, state: dict[str, Any] | None) -> Journal:
        """The journal of a run that begins, or goes on from its state.

        Raises ``StoreError``, ``WrongJournal`` where it does not fit the state, and ``Unsound``
        where the images do not.
        """
        path = self.store.journal_path(form.run_id, form.source)
        noted = state is not None and "asked" in state  # states of earlier suites do not say
        try:
            path.parent.mkdir(exist_ok=True)
            paid = endpoint_of(self.cell.teacher) is not None
            journal = Journal(path, form, begin=not noted, paid=paid)
        except OSError as problem:
            raise StoreError(f"cannot make {path.parent}: {why(problem)}") from None
        except WrongJournal as problem:
            raise self._with_cure(problem, form, state) from None
        try:
            self._fit(journal, state)
        except WrongJournal as problem:
            journal.close()
            raise self._with_cure(problem, form, state) from None
        except BaseException:
            journal.close()
            raise
        return journal

    def _fit(self, journal: Journal, state: dict[str, Any] | None) -> None:
        """Hold the journal against the state, open the images, count what other code asked."""
        if journal.note:
            self.control.on_trouble(journal.note)
        if state is not None:
            self._check(journal, state)
        self._open_images(journal, state)
        others = [
            path for path in self.store.journal_paths(journal.form.run_id) if path != journal.path
        ]
        journal.asked_by_others, trouble = asked_by_others(others, self.cell.entry.is_of)
        for line in trouble:
            self.control.on_trouble(line)

    def _check(self, journal: Journal, state: dict[str, Any]) -> None:
        if "asked" in state:
            journal.check(state["asked"], *_queries(state))
            return
        journal.complete = False
        self.control.on_trouble(
            f"run {journal.form.run_id} was begun by a suite without this journal of its queries: "
            "it goes on, and its row does not say how many were asked in all"
        )

    def _open_images(self, journal: Journal, state: dict[str, Any] | None) -> None:
        """Open the images where somebody wants them; a run that was begun without has none."""
        run_id = journal.form.run_id
        path = self.store.bought_path(run_id)
        if not (self.wish.reference or self.wish.file):
            self.store.drop_bought(run_id)
        elif state is None:
            self.store.drop_bought(run_id)
            journal.begin_images(path)
        elif not (state.get("bought") and journal.complete):
            self.control.on_trouble(
                f"run {run_id} was begun without a file of its bought images: it goes on, and its "
                "row gets no reference student"
            )
        else:
            try:
                journal.resume_images(path, _queries(state)[0])
            except Unsound as problem:
                raise Unpaired(
                    f"{problem}; --no-reference goes on without a reference student, or delete "
                    f"{self.store.state_path(run_id)} to start that run over"
                ) from None

    def _with_cure(
        self, problem: WrongJournal, form: Form, state: dict[str, Any] | None
    ) -> WrongJournal:
        if state is None:
            return problem
        return WrongJournal(
            f"{problem}; put back the journal of that state, or delete "
            f"{self.store.state_path(form.run_id)} to start that run over"
        )


def form_of(run_id: str, cell: Cell, spec: Spec) -> Form:
    """The form of the journal of a run's queries."""
    answers = 0 if spec.access == "hard-label" else spec.classes
    bits = 8 if cell.precision == "uint8" else 32
    seed = env.seed_of(cell.seed, "bought")
    source = cell.entry.source_sha
    return Form(run_id, source, spec.shape, answers, bits, cell.budget, seed=seed)


def _queries(state: dict[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    """Hashes and labels of the queries in a saved account."""
    return state["account"]["hashes"].numpy(), state["account"]["labels"].numpy()
