"""A process that is killed after it has written some bytes to its journal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from unittest import mock

from benchmark.oracle.journal import appended


class Killed(BaseException):
    """The process is no more."""


class Dying:
    """A file of a process that dies after it has written so many bytes to all its files."""

    def __init__(self, file, life: SimpleNamespace) -> None:
        self.file, self.life = file, life

    def __getattr__(self, name: str):
        return getattr(self.file, name)

    def write(self, content) -> int:
        part = content[: self.life.left]
        self.file.write(part)
        self.life.left -= len(part)
        if len(part) < len(content):
            raise Killed
        return len(part)


@contextmanager
def life(written: int) -> Iterator[None]:
    """The time in which a process may write so many bytes."""
    left, plain = SimpleNamespace(left=written), appended.opened
    with mock.patch.object(appended, "opened", lambda *given: Dying(plain(*given), left)):
        yield
