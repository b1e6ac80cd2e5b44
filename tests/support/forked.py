"""Commands that tests start, as copies of one process that has imported what they need.

To import torch takes a core two seconds, and tests start some thirty commands that do. So
``Popen`` asks a process that has done it for a copy of itself, which then is the command: in its
own folder and environment, with its own files, a child of this process like any other. A copy has
copies of its own for the commands that it starts. Code that says so (``COPY``) is a copy, too.
Every other program starts as ever, and so does a command whose interpreter would be set up
otherwise.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import gc
import inspect
import json
import os
import runpy
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmark.confine import kernel
from benchmark.run import hand

ADOPTS = 36  # PR_SET_CHILD_SUBREAPER
# Variables that an interpreter, the C library or torch reads when it starts begin like this.
READ_FIRST = ("PYTHON", "LC_", "LANG", "LD_", "MALLOC_", "OMP_", "MKL_", "KMP_", "TORCH_", "GLIBC_")
PATH = "PYTHONPATH"  # may name the suite, too, whose modules are imported already
MESSAGE = 2**20  # bytes; more than a command line and an environment have
COPY = "# a copy will do\n"  # the beginning of code, after ``-c``
FILES = 3
COMMAND = [sys.executable, "-m", "benchmark"]  # of users and tests; workers have one of their own
LIMIT = 10.0  # seconds in which a copy loses the process that made it
SERVER = "import sys; sys.path[:0] = {paths!r}; from support import forked; forked.serve({desk})"
real = subprocess.Popen
one_by_one = threading.Lock()  # else one thread could get the copy of another


class Popen(real):
    """As its base; a command of the suite is a copy."""

    def _execute_child(self, *given: Any) -> None:
        asked = inspect.signature(super()._execute_child).bind(*given).arguments
        if not _is_copied(asked):
            super()._execute_child(*given)
            return
        pipes = ("p2cread", "p2cwrite", "c2pread", "c2pwrite", "errread", "errwrite")
        try:
            files = (asked["p2cread"], asked["c2pwrite"], asked["errwrite"])
            self.pid = _begun(asked, [own if of < 0 else of for own, of in enumerate(files)])
            self._child_created = True
        finally:
            self._close_pipe_fds(*(asked[name] for name in pipes))


def _is_copied(asked: dict[str, Any]) -> bool:
    """Whether a start is that of a command of the suite with nothing strange about it."""
    words = asked["args"]
    if sys.platform != "linux" or isinstance(words, str) or not asked["close_fds"]:
        return False
    is_code = words[1:2] == ["-c"] and words[2].startswith(COPY) and words[0] == sys.executable
    is_command = [*words[:3]] in (COMMAND, hand.command(()))
    if not (is_code or is_command) or asked["executable"]:
        return False
    if asked["preexec_fn"] or asked["pass_fds"] or asked["shell"] or asked["umask"] >= 0:
        return False
    wanted, here = _read_first(asked["env"] or os.environ), _read_first(os.environ)
    paths = {wanted.pop(PATH, ""), here.pop(PATH, "")}
    return wanted == here and paths <= {"", *_paths(), ":".join(_paths())}


def _read_first(variables: Any) -> dict[str, str]:
    return {name: of for name, of in variables.items() if str(name).startswith(READ_FIRST)}


def _paths() -> list[str]:
    """The suite and its tests."""
    tests = Path(__file__).resolve().parents[1]
    return [str(tests.parent), str(tests)]


def _begun(asked: dict[str, Any], files: list[int]) -> int:
    """The number of a copy that has begun."""
    told = {
        "code": asked["args"][2] if asked["args"][2].startswith(COPY) else "",
        "words": [str(word) for word in asked["args"][3:]],
        "environment": dict(asked["env"] or os.environ),
        "folder": os.path.abspath(asked["cwd"] or "."),
        "session": asked["start_new_session"],
        "parent": os.getpid(),
    }
    with one_by_one:
        desk = _server(os.getpid())
        kernel.prctl(ADOPTS, 1)  # for this moment: a child of a child of the server is one of ours
        try:
            socket.send_fds(desk, [json.dumps(told).encode()], files)
            answer = desk.recv(MESSAGE).decode()
        finally:
            kernel.prctl(ADOPTS, 0)
    if not answer.isdigit():
        raise OSError(f"no copy began: {answer or 'their server has ended'}")
    return int(answer)


@functools.cache
def _server(process: int) -> socket.socket:
    """The connection to the server of a process, which ends with it."""
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with there:
        code = SERVER.format(paths=_paths(), desk=there.fileno())
        words = [sys.executable, "-c", code]
        server = real(words, pass_fds=[there.fileno()], stdin=subprocess.DEVNULL)
    atexit.register(_end, process, here, server)
    return here


def _end(process: int, desk: socket.socket, server: subprocess.Popen) -> None:
    if os.getpid() == process:
        desk.close()
        server.wait()


def serve(number: int) -> None:
    """Make copies as long as somebody holds the other end; in a copy, be a command."""
    from benchmark.cli import closing, main, run, working  # noqa: F401
    from benchmark.run import runner  # noqa: F401

    gc.freeze()  # what is here stays in memory that all copies share
    _serve(socket.socket(fileno=number))


def _serve(desk: socket.socket) -> None:
    with desk:
        while True:
            content, files, _, _ = socket.recv_fds(desk, MESSAGE, FILES)
            if not content:
                return
            if child := os.fork():
                os.waitpid(child, 0)
                for file in files:
                    os.close(file)
            elif os.fork():
                os._exit(0)
            else:
                break
        told = json.loads(content)
        end = time.monotonic() + LIMIT
        while os.getppid() != told["parent"] and time.monotonic() < end:
            time.sleep(0.0005)
        found = os.getppid() == told["parent"]
        desk.send(str(os.getpid()).encode() if found else b"nobody adopted it")
    if found:
        _leave_a_server(files)
        _end_after(functools.partial(_become, told, files))


def _leave_a_server(files: list[int]) -> None:
    """Make a copy that serves this one, and ends with it."""
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    if os.fork():
        there.close()
        subprocess.Popen = Popen
        globals()["_server"] = lambda process: here
        return
    here.close()
    for file in files:
        os.close(file)
    _serve(there)
    os._exit(0)


def _end_after(command: Callable[[], None]) -> None:
    """End as an interpreter does, but for its memory, which takes as long to free as a command."""
    code: Any = None
    try:
        command()
    except SystemExit as end:
        code = end.code
    except BaseException:
        sys.excepthook(*sys.exc_info())
        code = 1
    if isinstance(code, str):
        print(code, file=sys.stderr)
    threading._shutdown()
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):  # nobody reads it any more; closed
            stream.flush()
    os._exit(code if isinstance(code, int) else int(code is not None))


def _become(told: dict[str, Any], files: list[int]) -> None:
    """Be the command, or the code: of its folder, environment, files and words."""
    if told["session"]:
        os.setsid()
    for target, file in enumerate(files):
        os.dup2(file, target)
        os.close(file)
    os.chdir(told["folder"])
    os.environ.clear()
    os.environ.update(told["environment"])
    tempfile.tempdir = None
    for target, (name, mode) in enumerate({"stdin": "r", "stdout": "w", "stderr": "w"}.items()):
        usual = getattr(sys, name)
        opened = os.fdopen(
            target, mode, encoding=usual.encoding, errors=usual.errors, closefd=False
        )
        opened.reconfigure(line_buffering=name == "stderr" or opened.isatty())
        setattr(sys, name, opened)
        setattr(sys, f"__{name}__", opened)
    sys.path[:] = [told["folder"], *(path for path in sys.path if path not in ("", *_paths()[1:]))]
    sys.argv = ["benchmark", *told["words"]]
    if told["code"]:
        sys.argv[0] = "-c"
        exec(compile(told["code"], "<string>", "exec"), {"__name__": "__main__"})
        return
    runpy.run_module("benchmark", run_name="__main__", alter_sys=True)
