"""What records charge: in all, and what was paid for as far as a position, answered or not."""

from __future__ import annotations

import numpy as np

from benchmark.oracle.journal.form import ANSWERED, RELEASED, RESERVED


class Charges:
    """Counts records as they are read or written.

    A reservation charges, a release gives back, and an answer that nobody reserved charges. So an
    image that was sent twice, since the first answer was lost, is charged twice.
    """

    def __init__(self) -> None:
        self.total = 0
        self.answered = 0  # records, each with an answer
        self._paid = np.zeros(0, np.int64)  # of reservations, by position
        self._attempts = np.zeros(0, np.int64)  # the highest one, by position

    def add(self, records: np.ndarray) -> None:
        """Count more records."""
        state, reserved = records["state"], records["attempt"] > 0
        answered = state == ANSWERED
        self.answered += int(answered.sum())
        self.total += int((answered & ~reserved).sum())
        if not reserved.any():
            return
        with_one = records[reserved]
        positions = with_one["position"].astype(np.int64)
        self._grow(int(positions.max()) + 1)
        change = (with_one["state"] == RESERVED).astype(np.int64)
        change -= with_one["state"] == RELEASED
        np.add.at(self._paid, positions, change)
        np.maximum.at(self._attempts, positions, with_one["attempt"])
        self.total += int(change.sum())

    @property
    def unknown(self) -> int:
        """Images that may have been answered and paid for, and whose answers nobody has."""
        return self.total - self.answered

    @property
    def positions(self) -> int:
        """One more than the highest position that was ever reserved."""
        return int(np.flatnonzero(self._attempts).max(initial=-1)) + 1

    def before(self, position: int) -> int:
        """What reservations of the queries before a position charge."""
        return int(self._paid[:position].sum())

    def attempts(self, first: int, count: int) -> int:
        """The highest attempt at the ``count`` queries from ``first`` on, 0 where there is none."""
        return int(self._attempts[first : first + count].max(initial=0))

    def _grow(self, size: int) -> None:
        """Have room for so many positions; doubling, since records come a batch at a time."""
        if size > len(self._paid):
            more = max(size, 2 * len(self._paid)) - len(self._paid)
            self._paid = np.pad(self._paid, (0, more))
            self._attempts = np.pad(self._attempts, (0, more))
