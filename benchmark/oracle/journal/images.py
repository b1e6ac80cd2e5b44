"""The images of a journal: those of one run, by position, until its row is written."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmark.files import StoreError, Unsound, why
from benchmark.oracle.journal.appended import BEGIN, Appended
from benchmark.oracle.journal.form import IMAGES_HEADER, Form, checks, lines
from benchmark.oracle.query import as_bytes

AT_ONCE = 4 * 2**20  # bytes that are read at a time


class Images:
    """The kept images of one run. ``begin`` or ``resume`` opens them."""

    def __init__(self, path: Path, form: Form, more: int = 0) -> None:
        self.path, self.form = path, form
        self.file = Appended(path, more)
        self.count = 0  # queries whose images are there, as far as they are kept
        self.floor = 0  # those of a saved state, which no query takes the place of

    @classmethod
    def begin(cls, path: Path, form: Form) -> Images:
        """A new file. Removes an old one, which is of a run that left no state."""
        try:
            path.unlink(missing_ok=True)
            new = cls(path, form, BEGIN | os.O_EXCL)
        except OSError as problem:
            raise StoreError(f"cannot write {path}: {why(problem)}") from None
        with _closed_if_wrong(new):
            new.file.append(form.images_header())
        return new

    @classmethod
    def resume(cls, path: Path, form: Form, hashes: np.ndarray) -> Images:
        """The file of a run whose account holds these queries, cut back to them.

        Raises ``Unsound`` for a file that is missing, of another run, damaged, or too short.
        """
        try:
            found = cls(path, form)
            with _closed_if_wrong(found):
                if wrong := found._wrong(hashes):
                    raise Unsound(f"{path} {wrong}")
                found._cut(len(hashes))
        except FileNotFoundError:
            raise Unsound(f"{path}, which holds the run's images, is missing") from None
        except OSError as problem:
            raise Unsound(f"cannot read {path}: {why(problem)}") from None
        found.floor = len(hashes)
        return found

    @property
    def left(self) -> int:
        """Bytes that the file still grows by when the whole budget is spent."""
        return (len(self.form.kept) - self.form.images(self.count)) * self.form.slot.itemsize

    def enter(self, first: int, shown: np.ndarray, hashes: np.ndarray) -> None:
        """Append the images of a call whose first image is query ``first``; ``StoreError``.

        ``shown``: N x C x H x W, uint8 or float32 in [0, 1]; hashes int64 N. Those of a saved state
        are not written again: a method asks in its ``setup`` the same queries again.
        """
        end, first_new = first + len(shown), max(first, self.floor)
        if end <= first_new:
            return
        if first_new < self.count:
            self._cut(first_new)
        before, after = self.form.images(first_new), self.form.images(end)
        which = self.form.kept[before:after] - first
        made = np.empty(len(which), self.form.slot)
        made["image"] = as_bytes(shown[which])
        made["check"] = checks(lines(made), _begun_with(hashes[which]))
        self.file.append(made.tobytes())
        self.count = end

    def offset(self, slot: int) -> int:
        """Where an image begins, in bytes."""
        return IMAGES_HEADER.size + slot * self.form.slot.itemsize

    def _cut(self, count: int) -> None:
        self.file.cut(self.offset(self.form.images(count)))
        self.count = count

    def _wrong(self, hashes: np.ndarray) -> str:
        """Why this file does not hold the images of these queries; empty if it does."""
        if self.file.read(0, IMAGES_HEADER.size) != self.form.images_header():
            return "is of another run, or damaged at its head"
        kept = self.form.kept[: self.form.images(len(hashes))]
        step = max(1, AT_ONCE // self.form.slot.itemsize)
        for slot in range(0, len(kept), step):
            of = kept[slot : slot + step]
            content = self.file.read(self.offset(slot), self.offset(slot + len(of)))
            whole = len(content) // self.form.slot.itemsize
            found = np.frombuffer(content, self.form.slot, whole)
            right = found["check"] == checks(lines(found), _begun_with(hashes[of[:whole]]))
            good = len(right) if right.all() else int(np.argmin(right))
            if good < len(of):
                return (
                    f"is torn or damaged after {of[good]:,} of the {len(hashes):,} queries that "
                    "the saved state has paid"
                )
        return ""


def _begun_with(hashes: np.ndarray) -> np.ndarray:
    """What the checks of images begin with: so an image fits no other query."""
    return hashes & 0xFFFFFFFF


@contextlib.contextmanager
def _closed_if_wrong(images: Images) -> Iterator[None]:
    try:
        yield
    except BaseException:
        images.file.close()
        raise
