"""The interpreter that a method runs in: its start, the files that it may read, its end.

Nothing here imports torch: the interpreter can start before this process has imported it.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from benchmark import own
from benchmark.confine import environment, interpreter, listed, packages, places
from benchmark.errors import BenchError
from benchmark.host.levels import CONFINED, THREAD, Isolation

LIBRARIES = ("torch", "numpy", "safetensors", "timm", "torchvision", "threadpoolctl")
STARTS = 120.0  # seconds for an interpreter to import torch
LEAVES = 2.0  # seconds from the end of a connection to that of its process


@dataclass(eq=False)
class Interpreter:
    """A process of its own session, which waits for commands at the end of a connection."""

    process: subprocess.Popen[bytes]
    connection: socket.socket
    errors: socket.socket  # its standard error

    def kill(self, leaving: float = 0.0) -> int:
        """End it and every process of its group; the code with which it ended.

        A process that has made a group of its own is not ended; a confined one can make none.
        ``leaving``: seconds for it to end by itself, where it has closed its connection.
        """
        if self.process.returncode is None:  # nobody has its number before it is waited for
            self._wait(leaving)
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
        return self.process.wait()

    def close(self) -> None:
        """End it, and the connection to it."""
        self.kill()
        self.connection.close()
        self.errors.close()

    def _wait(self, seconds: float) -> None:
        """Wait for its end, and leave it a zombie: its group can still be named by its number."""
        end = time.monotonic() + seconds
        flags = os.WEXITED | os.WNOHANG | os.WNOWAIT if hasattr(os, "waitid") else 0
        while flags and time.monotonic() < end:
            if os.waitid(os.P_PID, self.process.pid, flags):
                return
            time.sleep(0.01)


_ahead: list[tuple[object, Interpreter]] = []  # those started before a run needs them


def prepare(isolation: Isolation) -> None:
    """Start an interpreter that the next ``started`` of this isolation gets.

    It imports torch while this process does. Call it on a thread that lasts: on Linux the
    interpreter ends with the thread that started it.
    """
    if isolation.level != THREAD and not any(of == _kind(isolation) for of, _ in _ahead):
        _ahead.append((_kind(isolation), new(isolation, runs=True)))


def started(isolation: Isolation, distributions: Sequence[str] = ()) -> Interpreter:
    """A fresh interpreter, or the one that ``prepare`` has started.

    ``distributions``: names of installed ones that it may import besides the suite's own needs.
    """
    for one in [] if distributions else _ahead:
        if one[0] == _kind(isolation) and one[1].process.poll() is None:
            _ahead.remove(one)
            return one[1]
    return new(isolation, distributions, runs=True)


def _kind(isolation: Isolation) -> object:
    """What an interpreter was started for, and who may use it: a forked process may not."""
    return os.getpid(), isolation.level, isolation.memory


@atexit.register
def end_prepared() -> None:
    """End interpreters that no run has needed."""
    for kind, one in _ahead:
        if isinstance(kind, tuple) and kind[0] == os.getpid():
            one.close()
    _ahead.clear()


def new(isolation: Isolation, distributions: Sequence[str] = (), runs: bool = False) -> Interpreter:
    """A fresh interpreter; ``runs``: it will run a method, and makes itself ready for that."""
    here, there = socket.socketpair()
    errors, said = socket.socketpair()  # no pipe: see ``confine.Allowed``
    needed = (*LIBRARIES, *distributions)
    given = {
        "path": [str(own.ROOT), *places(*needed)],
        "parent": os.getpid(),
        "runs": runs,
        "allowed": _allowed(isolation, needed) if isolation.level == CONFINED else None,
    }
    content = json.dumps(given).encode()
    numbers = [str(there.fileno()), str(len(content))]
    try:
        process = subprocess.Popen(
            [sys.executable, "-I", "-B", str(own.ROOT / "benchmark/host/begin.py"), *numbers],
            env=environment(),
            pass_fds=[there.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=said.fileno(),
            cwd="/",
            start_new_session=True,
        )
    except OSError as problem:
        raise BenchError(f"the process of the method cannot be started: {problem}") from None
    finally:
        there.close()
        said.close()
    with contextlib.suppress(OSError):  # it has ended: its first command will say so
        here.sendall(content)
    return Interpreter(process, here, errors)


def _allowed(isolation: Isolation, needed: Sequence[str]) -> dict[str, Any]:
    """The files that a confined process may read, as plain values."""
    suite = [own.ROOT / "benchmark", own.ROOT / "methods" / "_blocks"]
    suite.append(own.ROOT / "methods" / "__init__.py")
    readable = (*interpreter(), *packages(*needed), *suite)
    return {
        "readable": [str(path) for path in readable],
        "excluded": [str(own.ROOT / "benchmark" / "data")],
        "listed": [str(path) for path in (*listed(), *places(*needed), own.ROOT / "methods")],
        "memory": isolation.memory,
    }
