"""A server of processes: each is a copy of this one, made in a hundredth of the time of a start.

The suite sends a message for each, with three sockets: the connection that it obeys, its standard
error, and its life line, by which this server tells its number and the code it ended with. A fourth
file is that of the images that it keeps, where the suite gives it one (``Backing``). Where
the suite closes the life line, the process ends. The server makes copies before any thread and any
device of a library is in use, and runs no method itself.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import socket
import struct
from typing import NamedTuple

MESSAGE = struct.Struct("=q")  # bytes of memory that the process may have, 0 for any
WORD = struct.Struct("=i")  # the number of a process, later its code
SOCKETS = 3
ERRORS = 2  # the number of standard error


class Copy(NamedTuple):
    """What a copy begins with."""

    connection: socket.socket
    memory: int
    server: int  # the number of the process that made it
    files: tuple[int, ...]  # the number of the one that it keeps images in, if any


def serve(desk: socket.socket) -> Copy | None:
    """Make copies as long as messages come to the desk; None when the other side has ended.

    Returns in each copy, too, which leads a session of its own and holds nothing of the others.
    """
    with contextlib.ExitStack() as stack:
        return _Server(desk, stack).serve()


class _Server:
    """The life lines of the processes that there are."""

    def __init__(self, desk: socket.socket, stack: contextlib.ExitStack) -> None:
        self.desk, self.lives = desk, dict[int, socket.socket]()  # by number of the process
        self.bell, rings = map(stack.enter_context, socket.socketpair())
        self.waits = stack.enter_context(selectors.DefaultSelector())
        for one in (self.bell, rings):
            one.setblocking(False)
        signal.signal(signal.SIGCHLD, lambda *_: None)  # the byte that it sends is all
        signal.set_wakeup_fd(rings.fileno(), warn_on_full_buffer=False)
        stack.callback(self._forget)
        for one in (desk, self.bell):
            self.waits.register(one, selectors.EVENT_READ)

    def serve(self) -> Copy | None:
        while True:
            for key, _ in self.waits.select():
                if key.fileobj is self.desk:
                    content, numbers, _, _ = socket.recv_fds(self.desk, MESSAGE.size, SOCKETS + 1)
                    if not content:
                        return None
                    (memory,), ends = MESSAGE.unpack(content), map(_socket, numbers[:SOCKETS])
                    if copy := self._copy(memory, numbers[SOCKETS:], *ends):
                        return copy
                elif key.fileobj is self.bell:
                    self.bell.recv(1000)
                    self._look()
                elif key.data in self.lives:
                    self._end(key.data)

    def _copy(
        self,
        memory: int,
        files: list[int],
        connection: socket.socket,
        errors: socket.socket,
        life: socket.socket,
    ) -> Copy | None:
        """Make one; not None in the copy itself."""
        server = os.getpid()
        try:
            pid = os.fork()
        except OSError as problem:
            errors.sendall(f"it cannot be made: {problem}".encode())
            pid = -1
        if pid == 0:
            os.setsid()
            os.dup2(errors.fileno(), ERRORS)
            errors.close()
            life.close()
            return Copy(connection, memory, server, tuple(files))
        connection.close()
        errors.close()
        for file in files:
            os.close(file)
        if pid < 0:
            life.close()
            return None
        life.sendall(WORD.pack(pid))
        self.lives[pid] = life
        self.waits.register(life, selectors.EVENT_READ, pid)
        return None

    def _look(self) -> None:
        """Take leave of all that have ended."""
        flags = os.WEXITED | os.WNOHANG | os.WNOWAIT
        while ended := self.lives and os.waitid(os.P_ALL, 0, flags):
            self._end(ended.si_pid)

    def _end(self, pid: int) -> None:
        """End a process and its group, and tell the code it ended with.

        A process that has made a group of its own is not ended; a confined one can make none.
        Nobody else has its number before it is waited for.
        """
        for kill in (os.killpg, os.kill):  # it may not have come to lead a group yet
            with contextlib.suppress(ProcessLookupError, PermissionError):
                kill(pid, signal.SIGKILL)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        life = self.lives.pop(pid)
        self.waits.unregister(life)
        with life, contextlib.suppress(OSError):  # the suite may not care
            life.sendall(WORD.pack(code))

    def _forget(self) -> None:
        """Be no server any more: the end of it, and the beginning of a copy."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for life in self.lives.values():
            life.close()


def _socket(number: int) -> socket.socket:
    return socket.socket(fileno=number)
