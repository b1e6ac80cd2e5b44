"""Which system calls a confined process may make: a list of those allowed, and no other.

A list of what is allowed holds for calls that nobody thought of. Files can be opened to be read
only, memory and threads are free, sockets are those that were open before; there are no new
processes, no signals to others, no look into others.

Refusals are errors, so that libraries fall back: ``ENOSYS`` for young calls, which programs expect
a kernel to lack (``clone3``: the C library then makes threads by ``clone``, whose flags a filter
can see; ``io_uring_setup``, ``openat2``, ``pidfd_open``), ``EPERM`` for all others. Calls of
another machine (32-bit, x32), whose numbers mean other things, end the process.

``memfd_create`` is refused though it reaches nobody: its memory is counted to no process that could
be measured. Setting limits and death signals is refused as well: they are the suite's means.

Sources: seccomp(2), ``Documentation/userspace-api/seccomp_filter.rst``.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform

from benchmark.confine import bpf, calls, kernel
from benchmark.confine.bpf import Instruction, Test, null, one_of, without
from benchmark.errors import BenchError

MACHINE_TOKENS = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}  # AUDIT_ARCH_*
X32_BIT = 0x40000000  # of the number: a call of the x32 machine, under the token of x86_64

SET_MODE_FILTER, GET_ACTION_AVAIL = 1, 2
TSYNC = 1  # the filter holds for all threads that there are

WRITING = os.O_WRONLY | os.O_RDWR
MAKING = os.O_CREAT | os.O_TRUNC | getattr(os, "O_TMPFILE", 0) & ~getattr(os, "O_DIRECTORY", 0)
# glibc and musl start a thread with: memory, files, signal handlers in common.
THREAD = (0x3D0F00, 0x7D0F00)
OPTIONS = (3, 15, 16, 0x53564D41)  # of prctl: GET_DUMPABLE, SET_NAME, GET_NAME, SET_VMA
# Of fcntl: F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_DUPFD_CLOEXEC, F_GETPIPE_SZ.
COMMANDS = (0, 1, 2, 3, 4, 1030, 1032)
# Of ioctl: TCGETS, TCGETS2 (is it a terminal), TIOCGWINSZ, FIONREAD, FIONBIO, FIONCLEX, FIOCLEX.
REQUESTS = (0x5401, 0x802C542A, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)


def policy(pid: int, devices: bool = False) -> dict[str, list[Test]]:
    """Tests of the calls whose arguments decide. ``devices``: nodes of a GPU may be driven."""
    return {
        "open": without(1, MAKING if devices else MAKING | WRITING),
        "openat": without(2, MAKING if devices else MAKING | WRITING),
        "clone": one_of(0, *THREAD),
        "tgkill": one_of(0, pid),  # a thread of this process
        "sched_setaffinity": one_of(0, 0),  # itself: MKL looks at one processor after the other
        "prctl": one_of(0, *OPTIONS),
        "prlimit64": one_of(0, 0, pid) + null(2),  # asks, and sets nothing
        "sendto": null(4),  # to the peer alone
        "fcntl": one_of(1, *COMMANDS),
        "ioctl": [] if devices else one_of(1, *REQUESTS),
    }


def program(pid: int, machine: str, devices: bool = False) -> list[Instruction]:
    """The filter for the process ``pid`` on this machine."""
    numbers = calls.numbers(machine)
    refused = bpf.refuse_number(errno.EPERM)
    made = _prologue(machine)
    for number in calls.free(machine).values():
        made += bpf.rule(number, (), refused)
    for name, tests in policy(pid, devices).items():
        if name in numbers:
            made += bpf.rule(numbers[name], tests, refused)
    return [
        *made,
        Instruction(bpf.AT_LEAST, calls.YOUNG, 0, 1),
        Instruction(bpf.RETURN, bpf.refuse_number(errno.ENOSYS)),
        Instruction(bpf.RETURN, refused),
    ]


def _prologue(machine: str) -> list[Instruction]:
    """Leave the number of the call in the accumulator, if it is a call of this machine."""
    killed = Instruction(bpf.RETURN, bpf.KILL_PROCESS)
    start = [
        Instruction(bpf.LOAD, bpf.MACHINE_AT),
        Instruction(bpf.EQUAL, MACHINE_TOKENS[machine], 1, 0),
        killed,
        Instruction(bpf.LOAD, bpf.NUMBER_AT),
    ]
    return [*start, Instruction(bpf.AT_LEAST, X32_BIT, 0, 1), killed]


class _Program(ctypes.Structure):
    """``struct sock_fprog``."""

    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_char_p)]


def available(call: kernel.Call = kernel.call) -> str:
    """Why no filter can be had that holds for all threads, in one sentence; "" if one can."""
    action = ctypes.c_uint32(bpf.KILL_PROCESS)
    try:
        call(kernel.number("seccomp"), GET_ACTION_AVAIL, 0, ctypes.byref(action))
        call(kernel.number("seccomp"), SET_MODE_FILTER, TSYNC, None)
    except OSError as problem:
        if problem.errno == errno.EFAULT:  # the flag is known, and NULL is no filter
            return ""
        return f"seccomp filters are not to be had here: {problem.strerror}."
    return "seccomp takes a filter that is none."


def install(pid: int, devices: bool = False) -> None:
    """Put the filter on all threads of this process, for good; it must have no_new_privs.

    Raises ``OSError``, or ``BenchError`` where a thread has a filter of its own.
    """
    code = bpf.encoded(program(pid, platform.machine(), devices))
    given = _Program(len(code) // 8, code)
    number = kernel.number("seccomp")
    if thread := kernel.call(number, SET_MODE_FILTER, TSYNC, ctypes.byref(given)):
        raise BenchError(f"thread {thread} has a seccomp filter of its own")
