"""The one writer of a run's journal."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmark.files import StoreError
from benchmark.oracle.journal.form import ANSWERED, RELEASED, RESERVED, UNKNOWN, Form
from benchmark.oracle.journal.images import Images
from benchmark.oracle.journal.pages import Pages
from benchmark.oracle.journal.records import Records, WrongJournal


class Journal:
    """Writes what a run asks and is answered, images before records, before the answer leaves.

    ``begin``: make a journal that is missing; else ``WrongJournal`` says so. ``paid``: its queries
    go to somebody who charges for them, with two records each. ``note`` is for a person.
    """

    def __init__(self, path: Path, form: Form, begin: bool = True, paid: bool = False) -> None:
        try:
            self.records = Records(path, form, begin)
        except FileNotFoundError:
            raise WrongJournal(f"{path}, the journal of the run, is missing") from None
        self.path, self.form, self.paid = path, form, paid
        self.note = self.records.note
        self.images: Images | None = None
        self.complete = True  # it holds every query of the run's account
        self.asked_by_others = 0  # images that other code of the method asked as this run
        self.stopped = ""  # why no further question may be asked for now, which no method can hide

    @property
    def asked(self) -> int:
        """Images that were ever asked by this code; each position and image once."""
        return self.records.charged

    def charged_before(self, position: int) -> int:
        """What was paid for queries before a position, also for those that nobody answered.

        0 where nothing is paid for.
        """
        return self.records.charges.before(position)

    @property
    def left(self) -> int:
        """Bytes that it still grows by when the whole budget is spent."""
        records = max(0, self.form.budget - self.asked) * (2 if self.paid else 1)
        images = self.images.left if self.images else 0
        return records * self.form.record.itemsize + images

    @property
    def problem(self) -> StoreError | None:
        """The error of a write that failed, which no method can hide."""
        return self.records.file.problem or self.images_problem

    @property
    def images_problem(self) -> StoreError | None:
        """As ``problem``, of the images alone."""
        return self.images.file.problem if self.images else None

    def check(self, count: int, hashes: np.ndarray, labels: np.ndarray) -> None:
        """Hold a saved state against the records: ``count`` of them, and the account's queries.

        Raises ``WrongJournal`` where there are fewer, or one of the queries has none.
        """
        if self.records.count < count:
            raise WrongJournal(
                f"{self.path} has {self.records.count:,} records, but the saved state knows of "
                f"{count:,}: it was cut or exchanged"
            )
        missing = self.records.find(0, hashes, labels) < 0
        if missing.any():
            raise WrongJournal(
                f"{self.path} has no record of query {int(np.argmax(missing)):,} of the saved state"
            )

    def begin_images(self, path: Path) -> None:
        """Keep the images of a run that begins."""
        self.images = Images.begin(path, self.form)

    def resume_images(self, path: Path, hashes: np.ndarray) -> None:
        """Keep the images of a run that goes on after these queries. Raises ``Unsound``."""
        self.images = Images.resume(path, self.form, hashes)

    def enter(
        self,
        first: int,
        shown: np.ndarray,
        hashes: np.ndarray,
        labels: np.ndarray,
        answers: np.ndarray | None = None,
    ) -> None:
        """Append a served call, whose first image was query ``first``; raises ``StoreError``.

        ``shown``: N x C x H x W, uint8 or float32 in [0, 1]; hashes int64 N, labels int32 N,
        answers float32 N x K.
        """
        self.keep(first, shown, hashes)
        self.records.enter(ANSWERED, first, hashes, labels, answers)

    def keep(self, first: int, shown: np.ndarray, hashes: np.ndarray) -> None:
        """Append the images of a call alone; raises ``StoreError``. See ``enter``."""
        if self.images:
            self.images.enter(first, shown, hashes)

    def reserve(self, first: int, hashes: np.ndarray) -> Reservation:
        """Charge a question before it is sent, on the disk. Raises ``StoreError``."""
        attempt = self.records.charges.attempts(first, len(hashes)) + 1
        self.records.enter(RESERVED, first, hashes, -1, attempt=attempt)
        self.sync()
        return Reservation(self, first, hashes, attempt)

    def pages(self, hashes: np.ndarray, labels: np.ndarray) -> Pages:
        """A view of the images and targets of a run's queries, to learn from."""
        assert self.images is not None, "there are none where no reference student is wanted"
        return Pages(self.records, self.images, hashes, labels)

    def sync(self) -> None:
        """Make all that is written survive a power cut. Raises ``StoreError``."""
        if self.images:
            self.images.file.sync()
        self.records.file.sync()

    def close_images(self) -> None:
        """Let go of the images alone: an open file cannot be removed everywhere."""
        if self.images:
            self.images.file.close()

    def close(self) -> None:
        """Let go of both parts."""
        self.close_images()
        self.records.file.close()


@dataclass(frozen=True)
class Reservation:
    """A question that is charged and sent; one of its ends is on the disk when it returns.

    Without any, as after a kill, nobody knows its end, and it stays charged.
    """

    journal: Journal
    first: int
    hashes: np.ndarray
    attempt: int

    def answered(self, labels: np.ndarray, answers: np.ndarray | None = None) -> None:
        """It was answered: labels int32 N, probabilities float32 N x K."""
        self._settle(ANSWERED, labels, answers)

    def released(self) -> None:
        """Nobody worked on it, so it is not charged."""
        self._settle(RELEASED, -1)

    def unknown(self) -> None:
        """It may have been answered, and no answer is of use."""
        self._settle(UNKNOWN, -1)

    def _settle(
        self, state: int, labels: np.ndarray | int, answers: np.ndarray | None = None
    ) -> None:
        given = (self.first, self.hashes, labels, answers, self.attempt)
        self.journal.records.enter(state, *given)
        self.journal.sync()
