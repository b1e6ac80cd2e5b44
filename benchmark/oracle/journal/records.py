"""The records of a journal: read and checked once, then only appended to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np

from benchmark.files import StoreError, Unsound, why
from benchmark.oracle.journal.appended import BEGIN, Appended
from benchmark.oracle.journal.charges import Charges
from benchmark.oracle.journal.form import (
    ANSWERED,
    HEADER,
    STATES,
    Form,
    checks,
    lines,
)

AT_ONCE = 4 * 2**20  # bytes that are read at a time


class WrongJournal(Unsound):
    """A journal does not fit its run; nothing that the suite does by itself makes it fit."""

    helped_by_force = False  # a journal outlives it


class Records:
    """The records of one run and one code of its method. ``begin``: make a file that is missing.

    Raises ``WrongJournal`` for a file of another run, or one that is damaged before its end,
    ``FileNotFoundError``, and ``StoreError`` where it cannot be opened.
    """

    def __init__(self, path: Path, form: Form, begin: bool) -> None:
        self.path, self.form, self.note, self.charges = path, form, "", Charges()
        try:
            self.file = Appended(path, BEGIN if begin else 0)
        except FileNotFoundError:
            raise
        except OSError as problem:
            raise StoreError(f"cannot open {path}: {why(problem)}") from None
        try:
            self._check_header()
            self.count = self._checked()
        except BaseException:
            self.file.close()
            raise
        self._frontier = 0  # the first position that this process has not entered
        self._look_up()

    def enter(
        self,
        state: int,
        first: int,
        hashes: np.ndarray,
        labels: np.ndarray | int,
        answers: np.ndarray | None = None,
        attempt: int = 0,
    ) -> None:
        """Append the records of a call whose first image is query ``first``; ``StoreError``.

        Answers that are there already are not written again.
        """
        made = np.zeros(len(hashes), self.form.record)
        made["hash"], made["position"] = hashes, np.arange(first, first + len(hashes))
        made["call"], made["label"], made["state"], made["attempt"] = first, labels, state, attempt
        if answers is not None:
            made["answer"] = answers
        if state == ANSWERED and not attempt:
            self._see(first)
            made = made[self.find(first, made["hash"], made["label"]) < 0]
        made["check"] = checks(lines(made), np.arange(self.count, self.count + len(made)))
        self.file.append(made.tobytes())
        self.count += len(made)
        self.charges.add(made)
        if state == ANSWERED:
            self._frontier = max(self._frontier, first + len(hashes))

    @property
    def charged(self) -> int:
        """What all records charge."""
        return self.charges.total

    def answers(self, first: int, hashes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What is known of the queries from ``first`` on, so that nobody pays for them again.

        Returns whether each is answered, bool N, and its record, of which ``label`` and ``answer``
        are of use; that of an unanswered query is empty.
        """
        self._see(first)
        numbers = self.find(first, hashes)
        known = numbers >= 0
        found = np.zeros(len(hashes), self.form.record)
        if known.any():
            low, high = int(numbers[known].min()), int(numbers.max()) + 1
            found[known] = self._read(low, high)[numbers[known] - low]
        return known, found

    def _see(self, first: int) -> None:
        """Look at what this process has entered, where a setup asks it again."""
        if first < self._frontier:
            self._look_up()

    def find(self, first: int, hashes: np.ndarray, labels: np.ndarray | None = None) -> np.ndarray:
        """The records, by number, that answer the queries from ``first`` on; -1 for none.

        Whatever their label, where no ``labels`` are given. ``enter`` looks at those that were
        there before this process began to enter.
        """
        low, high = np.searchsorted(self._positions, (first, first + len(hashes)))
        found = np.full(len(hashes), -1)
        which = self._positions[low:high] - first
        same = self._hashes[low:high] == hashes[which]
        if labels is not None:
            same &= self._labels[low:high] == labels[which]
        found[which[same]] = self._numbers[low:high][same]
        return found

    def found(self, hashes: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """As ``find`` for all queries of a run, among all records."""
        self._look_up()
        return self.find(0, hashes, labels)

    def blocks(self) -> Iterator[tuple[int, np.ndarray]]:
        """All records in the file, a part at a time, each with the number of its first."""
        size = self.form.record.itemsize
        whole, step = (self.file.end - HEADER.size) // size, max(1, AT_ONCE // size)
        for first in range(0, whole, step):
            yield first, self._read(first, min(first + step, whole))

    def _read(self, low: int, high: int) -> np.ndarray:
        """The records from number ``low`` to ``high``, without that one."""
        begin, end = (HEADER.size + at * self.form.record.itemsize for at in (low, high))
        return np.frombuffer(self.file.read(begin, end), self.form.record)

    def _check_header(self) -> None:
        """Write the header of a new file, or one that was torn while it was written."""
        expected, header = self.form.header(), self.file.read(0, HEADER.size)
        if header == expected:
            return
        if self.file.end < HEADER.size and expected.startswith(header):
            self.file.cut(0)
            self.file.append(expected)
            return
        other = Form.read(header)
        if other is None:
            raise WrongJournal(
                f"{self.path} is no journal of this suite, or damaged at its head: move it away, "
                "and the count of this run's queries begins anew"
            )
        raise WrongJournal(
            f"{self.path} is the journal of another run ({_named(other)}, not "
            f"{_named(self.form)}): move it away"
        )

    def _checked(self) -> int:
        """The number of whole records, which are counted; a torn end is cut off."""
        count, bad = 0, False
        for first, records in self.blocks():
            whole = are_whole(records, first)
            if bad and whole.any():
                raise self._damaged(count, first + int(np.argmax(whole)))
            good = len(whole) if whole.all() else int(np.argmin(whole))
            if whole[good:].any():
                raise self._damaged(first + good, first + good + int(np.argmax(whole[good:])))
            if not bad:
                count = first + good
                self.charges.add(records[:good])
            bad = bad or good < len(whole)
        end = HEADER.size + count * self.form.record.itemsize
        if end < self.file.end:
            self.note = (
                f"{self.path} ended in a torn record: its last {self.file.end - end:,} bytes are "
                f"cut off, {count:,} whole records are left"
            )
            self.file.cut(end)
        return count

    def _damaged(self, at: int, after: int) -> WrongJournal:
        return WrongJournal(
            f"{self.path} is damaged at record {at:,}, and whole again from record {after:,} on: "
            "no kill does that; put back a sound copy, or move it away, and the count of this "
            "run's queries begins anew"
        )

    def _look_up(self) -> None:
        """Read anew which queries are answered, by position: 28 bytes of memory each."""
        names, used, rising = ("position", "hash", "label", "number"), 0, True
        kinds = (np.int64, np.int64, np.int32, np.int64)
        found: list[np.ndarray] = [np.empty(self.count, kind) for kind in kinds]
        for first, records in self.blocks():
            answered = np.flatnonzero(records["state"] == ANSWERED)
            before, used = used, used + len(answered)
            part = slice(before, used)
            for name, of in zip(names[:3], found, strict=False):
                of[part] = records[name][answered]
            found[3][part] = first + answered
            joint = found[0][max(0, before - 1) : used]
            rising = rising and bool((joint[1:] >= joint[:-1]).all())
        found = [of[:used] for of in found]
        if not rising:
            order = np.argsort(found[0], kind="stable")
            found = [of[order] for of in found]
        self._positions, self._hashes, self._labels, self._numbers = found


def asked_by_others(paths: Iterable[Path], same: Callable[[str], bool]) -> tuple[int, list[str]]:
    """Images that journals of other code were charged, and a line on each that cannot be read.

    ``same``: whether a SHA-256 is that of the present code.
    """
    total, trouble = 0, []
    for path in paths:
        try:
            form = _form_of(path)
            if not same(form.source):
                records = Records(path, form, begin=False)
                records.file.close()
                total += records.charged
        except (OSError, StoreError) as problem:
            trouble.append(f"not counted as a rerun: {problem}")
    return total, trouble


def _form_of(path: Path) -> Form:
    file = Appended(path)
    try:
        form = Form.read(file.read(0, HEADER.size))
    finally:
        file.close()
    if form is None:
        raise WrongJournal(f"{path} is no journal of this suite, or damaged at its head")
    return form


def are_whole(records: np.ndarray, first: int) -> np.ndarray:
    """Which records are as they were written, of which ``first`` is the number of the first."""
    numbers = np.arange(first, first + len(records))
    right = records["check"] == checks(lines(records), numbers)
    return right & np.isin(records["state"], STATES)


def _named(form: Form) -> str:
    return f"{form.run_id} by the code {form.source[:12]}"
