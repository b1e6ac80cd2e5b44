"""A connection at which nobody waits for good: whoever waits is asked again and again if he may."""

from __future__ import annotations

import contextlib
import errno
import select
import socket
from collections.abc import Callable

SLICE = 100  # milliseconds between two questions
WORDS, PART = 1000, 2**16  # bytes of last words; bytes read at a time


class Patient:
    """Reads and writes as a socket does, and meanwhile calls ``may_wait``, which raises to end it.

    The other side may send half a frame and stop, or read nothing: neither holds this side up.
    ``errors`` is read meanwhile, the standard error of the other side: a full one would hold it up.
    """

    def __init__(
        self, connection: socket.socket, errors: socket.socket, may_wait: Callable[[], None]
    ) -> None:
        for one in (connection, errors):
            one.setblocking(False)
        self.connection, self.errors, self.may_wait = connection, errors, may_wait
        self._words = b""

    def recv(self, size: int) -> bytes:
        """Up to so many bytes, at least one; none where the other side has ended."""
        while True:
            self._until(select.POLLIN)
            with contextlib.suppress(BlockingIOError):
                return self.connection.recv(size)

    def sendall(self, content: bytes | bytearray) -> None:
        """All of it. Raises ``OSError`` where nobody reads any more."""
        left = memoryview(content)
        while left:
            self._until(select.POLLOUT)
            with contextlib.suppress(BlockingIOError):
                left = left[self.connection.send(left) :]

    def last_words(self) -> str:
        """The end of all that came by standard error."""
        while self.errors.fileno() >= 0 and self._listen():
            pass
        return self._words.decode(errors="replace").strip()

    def _listen(self) -> bool:
        """Read a part of the errors; False where there is none, now or ever again."""
        try:
            part = self.errors.recv(PART)
        except OSError:
            return False
        self._words = (self._words + part)[-WORDS:]
        return bool(part)

    def _until(self, event: int) -> None:
        """Wait for readiness, or the end of the other side."""
        if self.connection.fileno() < 0:
            raise OSError(errno.EBADF, "this side has closed the connection")
        poll = select.poll()
        poll.register(self.connection, event)
        poll.register(self.errors, select.POLLIN)
        while True:
            self.may_wait()
            found = {number for number, _ in poll.poll(SLICE)}
            if self.errors.fileno() in found and not self._listen():
                poll.unregister(self.errors)  # it is closed, which is always to be read
            if self.connection.fileno() in found:
                return
