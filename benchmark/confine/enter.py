"""The one call by which a process confines itself, and the report on its confinement."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from benchmark.confine import folders, imports, kernel, landlock, limits, seccomp
from benchmark.errors import BenchError


@dataclass(frozen=True)
class Allowed:
    """The rights of a confined process; all else is refused.

    ``readable``: files and folders to be read, with all below; ``excluded``: parts of them that
    stay unreadable; ``listed``: folders whose names may be listed, those below them too, which the
    import system needs where a folder of packages is allowed in parts.
    ``devices``: nodes of a GPU to be driven. Where there are any, a call that opens or commands
    is no longer looked at for what it does, and Landlock alone decides where.
    ``kept``: numbers of open files that stay open. Sockets, not pipes: a pipe's other end can be
    opened by ``/proc/self/fd``.
    ``memory``: bytes of private memory, 0 for any. ``parent``: the process to die with, 0 for none.
    """

    readable: tuple[Path, ...] = ()
    excluded: tuple[Path, ...] = ()
    listed: tuple[Path, ...] = ()
    devices: tuple[Path, ...] = ()
    kept: tuple[int, ...] = ()
    memory: int = 0
    parent: int = 0


@dataclass(frozen=True)
class Report:
    """The confinement of a process from now on.

    ``landlock``: version of the interface, ``rules``: how many were given; ``seccomp``: the filter
    stands on all threads; ``uncovered``: attempts that one alone refuses, a sentence each.
    """

    landlock: int
    rules: int
    seccomp: bool
    uncovered: tuple[str, ...] = ()


def confine(allowed: Allowed) -> Report:
    """Confine this process for good; call it first, before libraries start threads.

    Landlock and the loss of capabilities hold for the calling thread and those it starts, so there
    must be no other. torch and numpy can be imported afterwards: their folders are among those
    allowed. The process no longer writes compiled modules.

    Raises ``BenchError`` where something cannot be had: the process is then confined in part, and
    must end.
    """
    try:
        found = _checked()
        readable = folders.without(allowed.readable, allowed.excluded)
        limits.apply(allowed.kept, allowed.memory, allowed.parent)
        kernel.drop_capabilities()
        kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
        rules = landlock.restrict(found, readable, allowed.listed, allowed.devices)
        seccomp.install(os.getpid(), bool(allowed.devices))
    except OSError as problem:
        raise BenchError(f"this kernel does not confine the process: {problem}") from None
    imports.adapt(readable)
    return Report(found, rules, True, landlock.uncovered(found))


def _checked() -> int:
    """The version of Landlock, where this process can be confined as a whole."""
    if problem := kernel.unfit():
        raise BenchError(problem)
    if (others := kernel.threads() - 1) > 0:
        raise BenchError(
            f"{others} other thread{'s' * (others > 1)} of this process would not be confined: "
            "confine it before it imports what starts threads (numpy and torch do)"
        )
    found, reason = landlock.version()
    if not found:
        raise BenchError(reason)
    return found
