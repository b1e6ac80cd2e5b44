"""A regular file that grows at its end."""

from __future__ import annotations

import contextlib
import os
import stat
from io import FileIO
from pathlib import Path

from benchmark.files import READ, StoreError, why

WRITE = READ & ~os.O_RDONLY | os.O_RDWR
BEGIN = os.O_CREAT
_sync = getattr(os, "fdatasync", os.fsync)


class Appended:
    """The one writer of such a file. Raises ``OSError`` where it cannot be opened or read.

    The error of a failed write is kept in ``problem``: the oracle tells its method the text only.
    """

    def __init__(self, path: Path, more: int = 0) -> None:
        self.path, self.problem = path, None
        self.file = opened(path, more)
        self.end = os.fstat(self.file.fileno()).st_size
        if more and not self.end:
            _keep_name(path)

    problem: StoreError | None

    def read(self, begin: int, end: int) -> bytes:
        """The bytes between two offsets, fewer where the file ends before."""
        self.file.seek(begin)
        parts, left = [], min(end, self.end) - begin
        while left > 0 and (part := self.file.read(left)):
            parts.append(part)
            left -= len(part)
        return b"".join(parts)

    def append(self, content: bytes) -> None:
        """Write at the end. Raises ``StoreError``; the end is then where it was."""
        try:
            self.file.seek(self.end)
            left = memoryview(content)
            while left:
                left = left[self.file.write(left) :]
        except OSError as problem:
            raise self._failed(problem) from None
        self.end += len(content)

    def cut(self, end: int) -> None:
        """Remove all behind an offset."""
        self.file.truncate(end)
        self.end = end

    def sync(self) -> None:
        """Make all that is written survive a power cut. Raises ``StoreError``."""
        try:
            _sync(self.file.fileno())
        except OSError as problem:
            raise self._failed(problem) from None

    def close(self) -> None:
        """Let go of the file."""
        self.file.close()

    def _failed(self, problem: OSError) -> StoreError:
        self.problem = StoreError(f"cannot write {self.path}: {why(problem)}")
        return self.problem


def _keep_name(path: Path) -> None:
    """Make the name of a new file survive a power cut, where the system can."""
    with contextlib.suppress(OSError):
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def opened(path: Path, more: int = 0) -> FileIO:
    """A regular file to be read and written. Raises ``OSError``, for a link too."""
    handle = os.open(path, WRITE | more, 0o644)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError("it is no file")
    return open(handle, "r+b", buffering=0)
