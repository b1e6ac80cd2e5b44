"""A journal of all images that were ever asked in the name of a run: no restart forgets one.

The file only grows. A record is the hash of an image (int64, as in the account) and its label
(int32), little endian; it stands there before the answer leaves. A run that goes on, or begins
again, asks its first images anew: as long as they are those of the journal, position by position,
they are the same questions and are not written twice. From the first that differs all are new.

The file belongs to one run and one code of its method. It stays when the run has ended.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

import numpy as np

from benchmark.files import READ, StoreError, why

RECORD = np.dtype([("hash", "<i8"), ("label", "<i4")])
APPEND = READ & ~os.O_RDONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND


class Journal:
    """The one writer of such a file. ``StoreError`` where it cannot be opened or written.

    A write that fails is kept in ``problem``: a method that asks is told of it in words only.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.problem: StoreError | None = None
        try:
            path.parent.mkdir(exist_ok=True)
            self._file = os.open(path, APPEND, 0o644)
            if not stat.S_ISREG(os.fstat(self._file).st_mode):
                os.close(self._file)
                raise OSError("it is no file")
            self._known = self._read()
        except OSError as problem:
            raise StoreError(f"cannot open {path}: {why(problem)}") from None
        self._new = 0
        self._same = True  # so far this run has asked the images of the journal

    @property
    def asked(self) -> int:
        """Images that were ever asked."""
        return len(self._known) + self._new

    def enter(self, first: int, hashes: np.ndarray, labels: np.ndarray) -> None:
        """Note a batch, whose first image is query ``first`` of this run, before it is answered."""
        records = np.zeros(len(hashes), RECORD)
        records["hash"], records["label"] = hashes, labels
        known = self._known[first : first + len(records)] if self._same else self._known[:0]
        differs = np.flatnonzero(known["hash"] != records["hash"][: len(known)])
        again = int(differs[0]) if len(differs) else len(known)
        self._same = self._same and again == len(known)
        self._append(records[again:])

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._file)

    def _read(self) -> np.ndarray:
        """The whole records; the rest of a torn one is cut off, as its answer never left."""
        size = os.fstat(self._file).st_size // RECORD.itemsize * RECORD.itemsize
        os.ftruncate(self._file, size)
        return np.frombuffer(os.pread(self._file, size, 0), RECORD)

    def _append(self, records: np.ndarray) -> None:
        try:
            left = memoryview(records.tobytes())
            while left:
                left = left[os.write(self._file, left) :]
        except OSError as problem:
            self.problem = StoreError(f"cannot write {self.path}: {why(problem)}")
            raise self.problem from None
        self._new += len(records)
