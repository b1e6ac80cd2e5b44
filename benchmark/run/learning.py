"""The reference student of a run that has ended: trained, saved on the way, and judged."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from benchmark import env
from benchmark.files import StoreError
from benchmark.method.graphs import CudaRecorder
from benchmark.nets.health import NotFinite
from benchmark.oracle.journal import Journal, Pages
from benchmark.rows.packed import pack, unpack
from benchmark.rows.store import Store
from benchmark.run import reference, state_form
from benchmark.run.cells import Cell
from benchmark.run.clock import Clock
from benchmark.run.record import Record
from benchmark.run.reference import Training
from benchmark.run.setting import Setting
from benchmark.run.states import End
from benchmark.run.watch import Control

NOT_FINITE = "reference-not-finite"  # a flag
Numbers = dict[str, Any]  # the fields of a row


@dataclass
class Learning:
    """One reference student, from a run's bought labels to its fields of the row."""

    id: str  # of the run
    cell: Cell
    setting: Setting
    store: Store
    control: Control
    record: Record
    end: End  # keeps the run where this training is stopped

    def learn(self, journal: Journal) -> Numbers | None:
        """Train the student and judge it.

        None where the caller stopped it, and all is saved. No fields where too little was bought,
        or where its numbers are not finite. Raises ``StoreError`` where it cannot be saved.
        """
        pages = journal.pages(*self.record.account.queries())
        try:
            if len(pages) < reference.LEAST:
                return {}
            with env.randomness_kept(self.setting.spec.device):
                return self._learnt(pages, journal.form.images(self.cell.budget))
        finally:
            pages.close()

    def _learnt(self, pages: Pages, images: int) -> Numbers | None:
        clock = Clock(self.setting.spec.device)
        clock.start()
        training = self._begun(pages, images)
        before = self._progress(training)
        if before and not _goes_on(training, clock, before):
            training = self._begun(pages, images)  # a part of it may be filled
        if not self._trained(training, clock):
            return None
        try:
            accuracy, agreement = self.setting.judge.score(training.student)
        except NotFinite:
            self.record.flags.append(NOT_FINITE)
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

    def _begun(self, pages: Pages, images: int) -> Training:
        student = self.setting.build_student(self.cell.student, self.cell.seed, self.cell.own)
        recorder = CudaRecorder() if self.setting.spec.device.type == "cuda" else None
        recipe = reference.recipe_for(images)
        return Training(student, pages, recipe, self.cell.seed, recorder)

    def _trained(self, training: Training, clock: Clock) -> bool:
        """Train to the end; False where the caller stopped it."""
        saved = time.monotonic()
        while not training.ended:
            training.step()
            stop = not training.ended and self.control.should_stop()
            due = training.between_passes and time.monotonic() - saved > self.control.save_every
            if stop:
                self.end.save()
            if stop or (due and not training.ended):
                self._save(training, clock)
                saved = time.monotonic()
            if stop:
                return False
        return True

    def _save(self, training: Training, clock: Clock) -> None:
        """Save the training; if the disk is full, a stopped training begins anew."""
        clock.stop()
        state = {
            "of": self._of(training),
            "training": training.state_dict(),
            "clock": clock.state_dict(),
        }
        clock.start()
        try:
            self.store.save_progress(self.id, pack(state))
        except StoreError as problem:
            self.control.on_trouble(f"{problem}; stopped, the reference student begins anew")

    def _progress(self, training: Training) -> dict[str, Any] | None:
        """The saved training of exactly these queries, None where there is no readable one."""
        try:
            state = unpack(self.store.load_progress(self.id))
            return state if state["of"] == self._of(training) else None
        except Exception:  # torn, foreign: it is made once more
            return None

    def _of(self, training: Training) -> str:
        """The name of purchases and recipe in a saved training."""
        account = self.record.account
        return f"{account.spent} {account.digest()} {training.recipe}"


def _goes_on(training: Training, clock: Clock, before: dict[str, Any]) -> bool:
    """Let a training go on from its saved state; False where that is none."""
    try:
        training.load_state_dict(before["training"])
        sound = state_form.is_clock(before["clock"])
        sound = sound and 0 <= training.steps <= training.recipe.passes * training.batches
    except Exception:  # whatever torch makes of foreign content
        return False
    if sound:
        clock.load_state_dict(before["clock"])
    return sound
