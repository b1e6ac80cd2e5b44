"""System calls that Python has no name for, made through the C library's ``syscall``.

Numbers and structures are those of Linux on x86_64 and aarch64, the two machines whose numbers
``calls`` has.
"""

from __future__ import annotations

import ctypes
import errno
import functools
import os
import platform
import sys
from collections.abc import Callable
from typing import Any

from benchmark.confine import calls

Call = Callable[..., int]  # (number of the call, its arguments) -> its result; OSError

PR_SET_PDEATHSIG = 1
PR_SET_NO_NEW_PRIVS = 38
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_CLEAR_ALL = 4
CAPABILITIES_V3 = 0x20080522  # of linux/capability.h: two words each of the three sets


@functools.cache
def _library() -> ctypes.CDLL:
    library = ctypes.CDLL(None, use_errno=True)
    library.syscall.restype = ctypes.c_long
    return library


def call(number: int, *arguments: Any) -> int:
    """Make one system call: integers go as they are, structures by ``ctypes.byref``, None as NULL.

    Raises ``OSError`` with the kernel's error number.
    """
    words = [ctypes.c_long(one) if isinstance(one, int) else one for one in arguments]
    ctypes.set_errno(0)
    result = int(_library().syscall(ctypes.c_long(number), *words))
    if result == -1 and (problem := ctypes.get_errno()):
        raise OSError(problem, os.strerror(problem))
    return result


def unfit(system: str = sys.platform, machine: str = platform.machine()) -> str:
    """Why nothing can be confined on this system, in one sentence; "" where Linux may offer it."""
    if system != "linux":
        return f"confinement rests on Linux, and this system is {system}."
    if machine not in calls.MACHINES:
        return f"the numbers of the system calls of {machine} are not known here."
    return "" if sys.maxsize > 2**32 else "this interpreter is a 32-bit program."


def number(name: str, machine: str | None = None) -> int:
    """The number of a system call on this machine."""
    return calls.numbers(machine or platform.machine())[name]


def prctl(*arguments: int) -> None:
    """``prctl`` with all five arguments: some options fail unless the unused ones are zero."""
    call(number("prctl"), *arguments, *[0] * (5 - len(arguments)))


def threads() -> int:
    """How many threads this process has, those of libraries included."""
    return len(os.listdir("/proc/self/task"))


def drop_capabilities() -> None:
    """Give up what root may do beyond other users, for good: no later program can win it back.

    It holds for the calling thread and those it starts. Source: capabilities(7).
    """
    try:
        prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL)
    except OSError as problem:
        if problem.errno != errno.EINVAL:  # older than 4.3, without ambient capabilities
            raise
    header = (ctypes.c_uint32 * 2)(CAPABILITIES_V3, 0)
    call(number("capset"), ctypes.byref(header), ctypes.byref((ctypes.c_uint32 * 6)()))
