"""A connection at which nobody waits for good: whoever waits is asked again and again if he may."""

from __future__ import annotations

import contextlib
import errno
import select
import socket
from collections.abc import Callable

SLICE = 100  # milliseconds between two questions


class Patient:
    """Reads and writes as a socket does, and meanwhile calls ``may_wait``, which raises to end it.

    The other side may send half a frame and stop, or read nothing: neither holds this side up.
    """

    def __init__(self, connection: socket.socket, may_wait: Callable[[], None]) -> None:
        connection.setblocking(False)
        self.connection, self.may_wait = connection, may_wait

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

    def _until(self, event: int) -> None:
        """Wait for readiness, or the end of the other side."""
        if self.connection.fileno() < 0:
            raise OSError(errno.EBADF, "this side has closed the connection")
        poll = select.poll()
        poll.register(self.connection, event)
        while True:
            self.may_wait()
            if poll.poll(SLICE):
                return
