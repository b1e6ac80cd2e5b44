"""The interpreter that a method runs in: its start, the files that it may read, its end."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import torch

from benchmark import own
from benchmark.confine import environment, interpreter, listed, packages
from benchmark.errors import BenchError
from benchmark.host.levels import CONFINED, Isolation

LIBRARIES = ("torch", "numpy", "safetensors", "timm", "torchvision", "threadpoolctl")


def started(isolation: Isolation) -> tuple[subprocess.Popen[bytes], socket.socket]:
    """A fresh interpreter that waits for its first command, and the connection to it."""
    here, there = socket.socketpair()
    given = {
        "path": [str(own.ROOT), *(place for place in sys.path if _installed(place))],
        "parent": os.getpid(),
        "allowed": _allowed(isolation) if isolation.level == CONFINED else None,
    }
    content = json.dumps(given).encode()
    numbers = [str(there.fileno()), str(len(content))]
    try:
        process = subprocess.Popen(
            [sys.executable, "-I", "-B", str(own.ROOT / "benchmark/host/begin.py"), *numbers],
            env=environment(torch.get_num_threads()),
            pass_fds=[there.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
        )
    except OSError as problem:
        raise BenchError(f"the process of the method cannot be started: {problem}") from None
    finally:
        there.close()
    here.sendall(content)
    return process, here


def _installed(place: str) -> bool:
    """Whether an entry of the path is of the installation: the working folder, say, is not."""
    return bool(place) and Path(place).is_absolute() and "python" in Path(place).as_posix()


def _allowed(isolation: Isolation) -> dict[str, Any]:
    """The files that a confined process may read, as plain values."""
    suite = [own.ROOT / "benchmark", own.ROOT / "methods" / "_blocks"]
    suite.append(own.ROOT / "methods" / "__init__.py")
    readable = (*interpreter(), *packages(*LIBRARIES), *suite)
    return {
        "readable": [str(path) for path in readable],
        "excluded": [str(own.ROOT / "benchmark" / "data")],
        "listed": [str(path) for path in (*listed(), own.ROOT / "methods")],
        "memory": isolation.memory,
    }


def killed(process: subprocess.Popen[bytes]) -> int:
    """End a process; the code with which it ended. Processes that it started are not ended."""
    if process.poll() is None:
        process.kill()
    return process.wait()
