"""A journal read by somebody who does not write it, also while its run goes on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmark.files import StoreError
from benchmark.oracle.journal.charges import Charges
from benchmark.oracle.journal.form import ANSWERED, HEADER, Form
from benchmark.oracle.journal.records import WrongJournal, are_whole
from benchmark.reading import read_file

LIMIT = 64 * 2**30  # bytes


@dataclass(frozen=True)
class Ledger:
    """The whole records of a journal, in their order."""

    path: Path
    form: Form
    records: np.ndarray  # of ``Form.record``
    torn: int  # bytes behind them: a record that is being written, or whose writer was killed

    @classmethod
    def read(cls, path: Path) -> Ledger:
        """Changes nothing. Raises ``WrongJournal`` for a file that is none, or is damaged before
        its end, and ``StoreError`` where it cannot be read.
        """
        try:
            content = read_file(path, LIMIT)
        except FileNotFoundError:
            raise StoreError(f"there is no {path}") from None
        form = Form.read(content[: HEADER.size])
        if form is None:
            raise WrongJournal(f"{path} is no journal of this suite, or damaged at its head")
        size = form.record.itemsize
        found = np.frombuffer(
            content[HEADER.size :][: (len(content) - HEADER.size) // size * size], form.record
        )
        whole = are_whole(found, 0)
        count = len(found) if whole.all() else int(np.argmin(whole))
        if whole[count:].any():
            raise WrongJournal(
                f"{path} is damaged at record {count:,}, and whole again from record "
                f"{count + int(np.argmax(whole[count:])):,} on"
            )
        return cls(path, form, found[:count], len(content) - HEADER.size - count * size)

    @property
    def charges(self) -> Charges:
        """What its records charge."""
        charges = Charges()
        charges.add(self.records)
        return charges

    @property
    def paid(self) -> bool:
        """Whether questions were sent to somebody who charges for them."""
        return bool((self.records["attempt"] > 0).any())

    def labels(self) -> np.ndarray:
        """The last label of each query from the first to the first without one, int32 N."""
        answered = self.records[self.records["state"] == ANSWERED]
        if not len(answered):
            return np.zeros(0, np.int32)
        found = np.full(int(answered["position"].max()) + 1, -1, np.int32)
        found[answered["position"]] = answered["label"]
        missing = found < 0
        return found[: int(np.argmax(missing))] if missing.any() else found
