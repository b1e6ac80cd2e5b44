"""Limits that a process sets itself: its files, its memory, its death with its parent.

``RLIMIT_DATA`` bounds memory, not ``RLIMIT_AS``: torch maps gigabytes of libraries, and CUDA
reserves the addresses of a whole machine, without using them. It counts private memory that can
be written, so an allocation beyond it fails as on a full machine; shared memory is seen in the
resident size, which the suite looks at from outside.

``RLIMIT_NPROC`` is left alone: it counts all threads of a user on the machine, so that another
job would decide whether this one may start a thread. Sources: setrlimit(2), prctl(2).
"""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Collection

from benchmark.confine import kernel
from benchmark.errors import BenchError

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

STANDARD = (0, 1, 2)
OPEN_FILES = 256  # each pipe may hold a megabyte that counts to no process


def apply(kept: Collection[int] = (), memory: int = 0, parent: int = 0) -> None:
    """Set all of them: see ``own_session``, ``die_with``, ``close_others`` and ``bound``."""
    own_session()
    die_with(parent)
    close_others(kept)
    bound(memory)


def own_session() -> None:
    """Lead a session and a process group of its own, which the suite can end as a whole.

    A leader of a group cannot make a session; one that leads its session is where it should be.
    """
    if os.getsid(0) == os.getpid():
        return
    try:
        os.setsid()
    except PermissionError:
        raise BenchError(
            "this process leads a group in another's session: start it with start_new_session"
        ) from None


def die_with(parent: int) -> None:
    """Be killed when the process ``parent``, which started this one, ends; 0: outlive it.

    Where the kernel is none that this room knows, the end of a connection has to tell.

    The kernel means the *thread* that started this one: it must last as long. Raises
    ``BenchError`` where the parent has ended already.
    """
    if not parent or kernel.unfit():
        return
    kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        raise BenchError(f"the process {parent}, which started this one, has ended")


def close_others(kept: Collection[int]) -> None:
    """Close all open files but these; standard input, output and errors become ``/dev/null``."""
    empty = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
    for number in STANDARD:
        if number not in kept and number != empty:
            os.dup2(empty, number)
    for number in map(int, os.listdir("/proc/self/fd")):
        if number not in (*STANDARD, *kept):
            with contextlib.suppress(OSError):  # that of the listing itself
                os.close(number)


def bound(memory: int = 0) -> None:
    """No core file, no growing file, few open files, and at most ``memory`` bytes (0: any).

    A limit that is lower already stays.
    """
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_FSIZE, 0)
    _lower(resource.RLIMIT_NOFILE, OPEN_FILES)
    if memory:
        _lower(resource.RLIMIT_DATA, memory)


def _lower(kind: int, value: int) -> None:
    hard = resource.getrlimit(kind)[1]
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    resource.setrlimit(kind, (value, value))
