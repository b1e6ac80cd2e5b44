"""A process that confines itself, makes forbidden attempts, and says which went through."""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmark.confine.enter import Allowed, confine
from benchmark.confine.folders import interpreter

OUTPUT = 1


def main() -> None:
    """Print ``held``, or the names of the attempts that were not refused."""
    parent, folder = os.getppid(), tempfile.gettempdir()
    confine(Allowed(readable=interpreter(), kept=(OUTPUT,), parent=parent))
    attempts: dict[str, Callable[[], object]] = {
        "reading a file": Path(__file__).read_bytes,
        "writing a file": Path(folder, f"trial-{os.getpid()}").touch,
        "a socket": socket.socket,
        "a signal to the parent": lambda: os.kill(parent, 0),
        "a process": _fork,
    }
    through = [name for name, attempt in attempts.items() if not _refused(attempt)]
    print(", ".join(through) or "held", flush=True)


def _fork() -> None:
    if not os.fork():
        os._exit(0)


def _refused(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except PermissionError:
        return True
    return False
