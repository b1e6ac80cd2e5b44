"""The process that a method runs in: its start, the files that it may read, its end.

It is a copy of an interpreter that has imported torch and serves such copies as long as this
process lives. Nothing here imports torch: the interpreter can start before this process has.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from benchmark import own
from benchmark.confine import environment, interpreter, listed, packages, places
from benchmark.errors import BenchError
from benchmark.host.forks import MESSAGE, SOCKETS, WORD
from benchmark.host.levels import CONFINED, THREAD, Isolation

LIBRARIES = ("torch", "numpy", "safetensors", "timm", "torchvision", "threadpoolctl")
STARTS = 120.0  # seconds for an interpreter to import torch
LEAVES = 2.0  # seconds from the end of a connection to that of its process
NO_CODE = 1  # of a process that did not begin, or whose server was killed


@dataclass(eq=False)
class Interpreter:
    """A process of its own session, which waits for commands at the end of a connection."""

    server: subprocess.Popen[bytes]
    connection: socket.socket
    errors: socket.socket  # its standard error
    life: socket.socket  # to its server, which tells its number, and in the end its code
    _told: bytes = b""

    @property
    def pid(self) -> int:
        """Its number; 0 where it did not begin. Waits for its beginning."""
        self._hear(STARTS, WORD.size)
        return int(WORD.unpack(self._told[: WORD.size])[0]) if self._told else 0

    def kill(self, leaving: float = 0.0) -> int:
        """End it and every process of its group; the code with which it ended.

        A process that has made a group of its own is not ended; a confined one can make none.
        ``leaving``: seconds for it to end by itself, where it has closed its connection.
        """
        self._hear(leaving)
        if len(self._told) < 2 * WORD.size:
            with contextlib.suppress(OSError):  # its server has ended
                self.life.shutdown(socket.SHUT_WR)
            self._hear(LEAVES)
        if len(self._told) == 2 * WORD.size:
            return int(WORD.unpack(self._told[WORD.size :])[0])
        return self.server.poll() or NO_CODE

    def close(self) -> None:
        """End it, and the connection to it."""
        if self.life.fileno() >= 0:
            self.kill()
        for one in (self.connection, self.errors, self.life):
            one.close()

    def _hear(self, seconds: float, size: int = 2 * WORD.size) -> None:
        """Wait until its server has told so many bytes in all, or will tell no more."""
        end = time.monotonic() + seconds
        with contextlib.suppress(OSError):
            while len(self._told) < size:
                self.life.settimeout(max(end - time.monotonic(), 0.0))
                if not (part := self.life.recv(size - len(self._told))):
                    return
                self._told += part


def how(code: int) -> str:
    """How a process ended, after the word."""
    return f"with code {code}" if code >= 0 else f"by signal {-code}"


class _Kind(NamedTuple):
    """Whom a server serves, and what its copies are.

    On Linux a server ends with the thread that started it, so each thread has its own. A forked
    process may not use those of its parent.
    """

    process: int
    thread: int
    level: str
    distributions: tuple[str, ...]
    environment: tuple[tuple[str, str], ...]
    path: tuple[str, ...]


_servers: dict[_Kind, _Server] = {}


def prepare(isolation: Isolation) -> None:
    """Let the server of such processes start, so that it imports torch while this process does."""
    if isolation.level != THREAD:
        _server(isolation.level, ())


def started(
    isolation: Isolation, distributions: Sequence[str] = (), files: Sequence[int] = ()
) -> Interpreter:
    """A fresh process, which may still be on its way.

    ``distributions``: names of installed ones that it may import besides the suite's own needs.
    ``files``: the number of the one that it keeps images in, if any.
    """
    return _server(isolation.level, tuple(distributions)).start(isolation.memory, files)


def _server(level: str, distributions: tuple[str, ...]) -> _Server:
    """The server of such processes, a new one where there is none."""
    variables, path = tuple(environment().items()), (str(own.ROOT), *sys.path)
    kind = _Kind(os.getpid(), threading.get_ident(), level, distributions, variables, path)
    for other in [other for other in _servers if other.process == kind.process]:
        if _servers[other].process.poll() is not None:  # its thread has ended, or it was killed
            _servers.pop(other).close()
    if kind not in _servers:
        _servers[kind] = _Server.new(level, distributions)
    return _servers[kind]


@atexit.register
def end_servers() -> None:
    """End the servers of this process, and with them all that they have served."""
    for kind in [kind for kind in _servers if kind.process == os.getpid()]:
        _servers.pop(kind).close()


@dataclass(frozen=True)
class _Server:
    """A process that has imported torch, and makes copies of itself (``forks``)."""

    process: subprocess.Popen[bytes]
    desk: socket.socket

    @classmethod
    def new(cls, level: str, distributions: Sequence[str]) -> _Server:
        """Start one. Raises ``BenchError``."""
        needed = (*LIBRARIES, *distributions)
        given = {
            "path": [str(own.ROOT), *places(*needed)],
            "parent": os.getpid(),
            "allowed": _allowed(needed) if level == CONFINED else None,
        }
        content = json.dumps(given).encode()
        here, there = socket.socketpair()
        try:
            process = _interpreter(there.fileno(), str(there.fileno()), str(len(content)))
        except OSError as problem:
            here.close()
            raise BenchError(f"the process of the method cannot be started: {problem}") from None
        finally:
            there.close()
        with contextlib.suppress(OSError):  # it has ended: so will whatever it is asked for
            here.sendall(content)
        return cls(process, here)

    def start(self, memory: int, files: Sequence[int]) -> Interpreter:
        """A process that may have so many bytes of memory, 0 for any."""
        # Sockets, no pipes: see ``confine.Allowed``.
        here, there = zip(*(socket.socketpair() for _ in range(SOCKETS)), strict=True)
        with contextlib.suppress(OSError):  # likewise
            given = [one.fileno() for one in there]
            socket.send_fds(self.desk, [MESSAGE.pack(memory)], [*given, *files])
        for one in there:
            one.close()
        connection, errors, life = here
        return Interpreter(self.process, connection, errors, life)

    def close(self) -> None:
        """End it."""
        self.process.kill()
        self.process.wait()
        self.desk.close()


def _interpreter(kept: int, *arguments: str) -> subprocess.Popen[bytes]:
    """A fresh interpreter for the program of a server, with one open file."""
    return subprocess.Popen(
        [sys.executable, "-I", "-B", str(own.ROOT / "benchmark/host/begin.py"), *arguments],
        env=environment(),
        pass_fds=[kept],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        start_new_session=True,
    )


def _allowed(needed: Sequence[str]) -> dict[str, Any]:
    """The files that a confined process may read, as plain values."""
    suite = [own.ROOT / "benchmark", own.ROOT / "methods" / "_blocks"]
    suite.append(own.ROOT / "methods" / "__init__.py")
    readable = (*interpreter(), *packages(*needed), *suite)
    return {
        "readable": [str(path) for path in readable],
        "excluded": [str(own.ROOT / "benchmark" / "data")],
        "listed": [str(path) for path in (*listed(), *places(*needed), own.ROOT / "methods")],
    }
