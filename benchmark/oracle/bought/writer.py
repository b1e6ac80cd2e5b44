"""The one writer of a run's purchases."""

from __future__ import annotations

import contextlib
import itertools
import os
import stat
from collections.abc import Iterator
from io import FileIO
from pathlib import Path

import numpy as np

from benchmark.files import READ, StoreError, Unsound, why
from benchmark.oracle.bought.form import CHECK, HEADER, Form, check, is_whole
from benchmark.oracle.bought.pages import Pages

AT_ONCE = 4 * 2**20  # bytes that are read at a time
WRITE = READ & ~os.O_RDONLY | os.O_RDWR


class Bought:
    """The one writer of a file of purchases. ``begin`` or ``resume`` opens it.

    The error of a failed write is kept in ``problem``: the oracle tells its method the text only.
    """

    def __init__(self, path: Path, form: Form, file: FileIO) -> None:
        self.path, self.form, self.count = path, form, 0  # whole records
        self.problem: StoreError | None = None
        self._file = file

    @classmethod
    def begin(cls, path: Path, form: Form) -> Bought:
        """A new file. Removes an old one, which is of a run that left no state."""
        try:
            path.unlink(missing_ok=True)
            new = cls(path, form, _open(path, os.O_CREAT | os.O_EXCL))
        except OSError as problem:
            raise StoreError(f"cannot write {path}: {why(problem)}") from None
        with _closed_if_wrong(new):
            new._append(form.header(), 0)
        return new

    @classmethod
    def resume(cls, path: Path, form: Form, hashes: np.ndarray, labels: np.ndarray) -> Bought:
        """The file of a run whose account holds these queries, cut back to them.

        Raises ``Unsound`` for a file that is missing, of another run, damaged, or too short.
        """
        try:
            found = cls(path, form, _open(path))
            with _closed_if_wrong(found):
                if wrong := found._wrong(hashes, labels):
                    raise Unsound(f"{path} {wrong}")
                found._file.truncate(form.offset(len(hashes)))
        except FileNotFoundError:
            raise Unsound(f"{path}, which holds the run's purchases, is missing") from None
        except OSError as problem:
            raise Unsound(f"cannot read {path}: {why(problem)}") from None
        found.count = len(hashes)
        return found

    @property
    def left(self) -> int:
        """Bytes that the file still grows by when the whole budget is spent."""
        return self.form.size - self.form.offset(self.count)

    def enter(
        self,
        first: int,
        shown: np.ndarray,
        hashes: np.ndarray,
        labels: np.ndarray,
        answers: np.ndarray | None = None,
    ) -> None:
        """Append a served batch, whose first image was query ``first``; raises ``StoreError``.

        ``shown``: N x C x H x W, uint8 or float32 in [0, 1]; hashes int64 N, labels int32 N,
        answers float32 N x K. A record that is there already is not written again: after a resume
        a method asks in its ``setup`` the same queries again.
        """
        skipped = self.count - first
        receipts = np.zeros(len(labels), self.form.receipt)
        receipts["hash"], receipts["label"] = hashes, labels
        if answers is not None:
            receipts["answer"] = answers
        records = b"".join(self._records(first, receipts, shown, skipped))
        self._append(records, self.form.offset(self.count))
        self.count = max(self.count, first + len(labels))

    def whole(self, count: int) -> np.ndarray:
        """The receipts of the first ``count`` queries, or of those before one that is torn."""
        form, found = self.form, [np.zeros(0, self.form.receipt)]
        size = form.receipt.itemsize + form.pixels + CHECK
        for first in range(0, count, step := max(1, AT_ONCE // size)):
            last = min(first + step, count)
            offsets = form.offsets(np.arange(first, last + 1))
            content = self._bytes(int(offsets[0]), int(offsets[-1]))
            parts = [content[a:b] for a, b in itertools.pairwise((offsets - offsets[0]).tolist())]
            sound = [is_whole(part, first + number) for number, part in enumerate(parts)]
            good = parts[: sound.index(False)] if False in sound else parts
            raw = b"".join(part[: form.receipt.itemsize] for part in good)
            found.append(np.frombuffer(raw, form.receipt))
            if len(good) < len(parts):
                break
        return np.concatenate(found)

    def pages(self) -> Pages:
        """A view of the written images and labels, to learn from."""
        return Pages(self.form, self._file.fileno(), self.count)

    def sync(self) -> None:
        """Make the written records survive a power cut. Raises ``StoreError``."""
        try:
            os.fsync(self._file.fileno())
        except OSError as problem:
            raise StoreError(f"cannot write {self.path}: {why(problem)}") from None

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def _records(
        self, first: int, receipts: np.ndarray, shown: np.ndarray, skipped: int
    ) -> Iterator[bytes]:
        kept = self.form.images(first + len(receipts)) - (before := self.form.images(first))
        with_image = set((self.form.kept[before : before + kept] - first).tolist())
        images = as_bytes(shown)
        for number in range(skipped, len(receipts)):
            image = images[number].tobytes() if number in with_image else b""
            content = receipts[number].tobytes() + image
            yield content + check(content, first + number)

    def _append(self, content: bytes, offset: int) -> None:
        try:
            self._file.seek(offset)
            left = memoryview(content)
            while left:
                left = left[self._file.write(left) :]
        except OSError as problem:
            self.problem = StoreError(f"cannot write {self.path}: {why(problem)}")
            raise self.problem from None

    def _bytes(self, begin: int, end: int) -> bytes:
        self._file.seek(begin)
        return self._file.read(end - begin)

    def _wrong(self, hashes: np.ndarray, labels: np.ndarray) -> str:
        """Why this file does not belong to a run with these queries; empty if it does."""
        if self._bytes(0, HEADER.size) != self.form.header():
            return "is of another run, or damaged at its head"
        found = self.whole(len(hashes))
        if len(found) < len(hashes):
            return (
                f"is torn or damaged after {len(found):,} of the {len(hashes):,} queries that the "
                "saved state has paid"
            )
        same = (found["hash"] == hashes) & (found["label"] == labels)
        return "" if same.all() else f"has another query {int(np.argmin(same)):,} than the state"


def as_bytes(images: np.ndarray) -> np.ndarray:
    """Images in [0, 1] as the nearest of 256 levels; uint8 as it is."""
    return images if images.dtype == np.uint8 else np.rint(images * 255).astype(np.uint8)


def _open(path: Path, more: int = 0) -> FileIO:
    """A regular file to be read and written. Raises ``OSError``, for a link too."""
    handle = os.open(path, WRITE | more, 0o644)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError("it is no file")
    return open(handle, "r+b", buffering=0)


@contextlib.contextmanager
def _closed_if_wrong(bought: Bought) -> Iterator[None]:
    try:
        yield
    except BaseException:
        bought.close()
        raise
