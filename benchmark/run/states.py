"""The state of an unfinished run: its file, and the process that goes on from it."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from benchmark.files import StoreError
from benchmark.host.failure import MethodFailure
from benchmark.host.host import Host
from benchmark.oracle.journal import Journal
from benchmark.rows.packed import pack, unpack
from benchmark.rows.store import Store
from benchmark.run import state_form
from benchmark.run.backed import Filed
from benchmark.run.record import Record


@dataclass
class Checkpoint:
    """The saved state of one run: its file, and the code that may go on from it."""

    store: Store
    id: str
    source_sha: str  # of the method
    amp: bool
    on_trouble: Callable[[str], None]  # told of trouble that does not end the run
    journal: Journal | None = None  # of its queries, on the disk before the state
    backing: Filed | None = None  # of the images that its method keeps, likewise
    proved: bool = False  # a state of this run was read back and saved

    def find(self) -> dict[str, Any] | None:
        """The saved state of the run, if there is one of the same code and arithmetic."""
        state = self.store.load_state(self.id, state_form.problem)
        same = ("method_sha", self.source_sha), ("amp", self.amp)
        if state is None or any(state[name] != value for name, value in same):
            return None  # a run that mixes two codes of a method would be no run
        return state

    def packed(self, record: Record, host: Host, check: bool) -> bytes:
        """The state as bytes; ``check`` reads them back, for the first state of a run.

        Where a state cannot be packed or read back, that is the method's fault.
        """
        state = {
            "method_sha": self.source_sha,
            "amp": self.amp,
            "backed": self.backing is not None,
            **self._journalled(),
            **record.state_dict(),
        }
        try:
            state |= host.state()
            if wrong := state_form.problem(state):  # it could not go on from it
                raise ValueError(f"the run cannot be saved: {wrong}")
            content = pack(state)
            if check:
                unpack(content)
            return content
        except MethodFailure:
            raise
        except Exception as problem:
            raise MethodFailure(problem) from None

    def save(self, record: Record, host: Host, stopping: bool) -> None:
        """Save the state. A full disk ends no run, except one that is to stop.

        Raises ``StoreError`` where the run is ``stopping``, and ``MethodFailure``.
        """
        content = self.packed(record, host, check=not self.proved)
        _look(record, host)
        try:
            self.write(content)
        except StoreError as problem:
            if stopping:
                raise StoreError(f"{problem}; the run is not saved, {self.left()}") from None
            self.on_trouble(f"{problem}; the run goes on and tries again")
        else:
            self.proved = True

    def resume(self, state: dict[str, Any], record: Record, host: Host) -> None:
        """Let a run that was built go on from a saved state. Raises ``StoreError``."""
        host.load(state)
        try:
            record.load_state_dict(state)
        except ValueError as problem:
            raise StoreError(
                f"{self.store.state_path(self.id)} is of another run ({problem}); delete it to "
                "start that run over"
            ) from None
        _look(record, host)

    def _journalled(self) -> dict[str, Any]:
        """Whether its images are kept, and the records of a journal that has it from its start."""
        if self.journal is None:
            return {"bought": False}
        asked = {"asked": self.journal.records.count} if self.journal.complete else {}
        return {"bought": self.journal.images is not None, **asked}

    def drop(self, keep_bought: bool) -> None:
        """Forget the state of a run that has its row."""
        self.store.drop_state(self.id, keep_bought=keep_bought)

    def drop_unsaved(self) -> None:
        """Remove the images of a failed run, unless it has a state to go on from."""
        if not self._exists():
            self.store.drop_bought(self.id)
            self.store.drop_backing(self.id)

    @property
    def problem(self) -> StoreError | None:
        """The error of a run that ends because one of its files cannot be written."""
        if self.backing and self.backing.problem:
            return self.backing.problem
        if not (self.journal and self.journal.problem):
            return None
        images = self.journal.images_problem
        more = ", or give --no-reference to do without that file" if images else ""
        text = f"{self.journal.problem}; the run ends there, {self.left()}: make room{more}"
        return StoreError(text)

    def write(self, content: bytes) -> None:
        """Write a state, and before it the run's queries so far. Raises ``StoreError``."""
        if self.journal:
            self.journal.sync()
        if self.backing:
            self.backing.sync()
        self.store.save_state(self.id, content)

    def _exists(self) -> bool:
        return self.store.state_path(self.id).exists()

    def left(self) -> str:
        """Words on where a run that could not be saved goes on."""
        if self._exists():
            return "the same command goes on from its last saved state"
        return "nothing of it was saved before"


@dataclass
class End:
    """A run whose method has ended: the state in which it is kept until its row is written."""

    checkpoint: Checkpoint
    record: Record
    host: Host
    budget: int
    before_delivery: bytes | None = None  # the state, where delivering may change the method

    def deliver_begins(self) -> None:
        """Keep the present state, as the method may change the student that it delivers."""
        with contextlib.suppress(MethodFailure):
            self.before_delivery = self._packed(check=False)

    def save(self) -> None:
        """Save the run before its row. Raises ``StoreError``."""
        try:
            self._save()
        except (StoreError, MethodFailure) as problem:
            left = self.checkpoint.left()
            raise StoreError(f"{problem}; the run is not saved, {left}") from None

    def after_row(self, problem: StoreError) -> StoreError:
        """Save the state of a run whose row could not be written; returns the error to raise."""
        try:
            self._save()
        except (StoreError, MethodFailure):
            text = self.checkpoint.left()
        else:
            text = "the same command writes its row"
        return StoreError(f"{problem}; the run has ended, and {text}")

    def _save(self) -> None:
        self.checkpoint.write(self.before_delivery or self._packed(check=True))

    def _packed(self, check: bool) -> bytes:
        """The state without the point of the delivered student, which the next process makes."""
        record = copy.copy(self.record)
        record.curve = [point for point in record.curve if point.mark < self.budget]
        record.ended = True
        return self.checkpoint.packed(record, self.host, check)


def _look(record: Record, host: Host) -> None:
    with contextlib.suppress(MethodFailure):  # a student that is none is found where it is judged
        record.soundness.look(record.steps, host.student().weights)
