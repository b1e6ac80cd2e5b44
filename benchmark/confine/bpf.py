"""Classic BPF, as seccomp runs it over each system call: a small assembler.

A program is a list of instructions over one accumulator; the data it looks at are the words of
``struct seccomp_data``: number, machine, and six arguments of two words each. Source:
``Documentation/userspace-api/seccomp_filter.rst`` and ``linux/bpf_common.h`` of Linux.

The package ``pyseccomp`` would do the same through the C library libseccomp, which not every
machine has and pip cannot install.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

LOAD = 0x20  # BPF_LD | BPF_W | BPF_ABS
EQUAL = 0x15  # BPF_JMP | BPF_JEQ | BPF_K
AT_LEAST = 0x35  # BPF_JMP | BPF_JGE | BPF_K
ANY_BIT = 0x45  # BPF_JMP | BPF_JSET | BPF_K
RETURN = 0x06  # BPF_RET | BPF_K

ALLOW = 0x7FFF0000
KILL_PROCESS = 0x80000000
ERRNO = 0x00050000

NUMBER_AT, MACHINE_AT, ARGUMENTS_AT = 0, 4, 16  # offsets in struct seccomp_data
LONGEST = 4096  # BPF_MAXINSNS


class Instruction(NamedTuple):
    """One instruction; a jump counts those that are left out where its test holds, or does not."""

    code: int
    value: int
    if_so: int = 0
    if_not: int = 0


@dataclass(frozen=True)
class Test:
    """A condition on one 32-bit word of the arguments: one of ``values``, or none of ``bits``.

    ``word`` counts from 0; argument ``n`` is words ``2 n`` (low) and ``2 n + 1`` (high).
    """

    word: int
    values: tuple[int, ...] = ()
    bits: int = 0

    def __len__(self) -> int:
        return 1 + (len(self.values) or 1)


def one_of(argument: int, *values: int) -> list[Test]:
    """The argument, of the C type int (the kernel drops the high word), is one of these."""
    return [Test(2 * argument, tuple(value & 0xFFFFFFFF for value in values))]


def without(argument: int, bits: int) -> list[Test]:
    """The argument, of the C type int, has none of these bits."""
    return [Test(2 * argument, bits=bits)]


def null(argument: int) -> list[Test]:
    """The argument, a pointer, is NULL."""
    return [Test(2 * argument, (0,)), Test(2 * argument + 1, (0,))]


def rule(number: int, tests: Sequence[Test], refusal: int) -> list[Instruction]:
    """A call is allowed where all tests hold, and else answered with ``refusal``.

    The accumulator holds the number of the call, and still does where it is another call's.
    """
    ahead = sum(map(len, tests))  # instructions up to the two that return
    inner: list[Instruction] = []
    for test in tests:
        inner += _tested(test, ahead - len(inner))
    inner += [Instruction(RETURN, ALLOW)] + [Instruction(RETURN, refusal)] * bool(tests)
    return [Instruction(EQUAL, number, 0, len(inner)), *inner]


def _tested(test: Test, ahead: int) -> Iterable[Instruction]:
    """A test that falls through where it holds, and else jumps to the refusal."""
    yield Instruction(LOAD, ARGUMENTS_AT + 4 * test.word)
    if test.bits:
        yield Instruction(ANY_BIT, test.bits, ahead - 1, 0)
    for place, value in enumerate(test.values, 1):
        left = len(test.values) - place
        yield Instruction(EQUAL, value, left, 0 if left else ahead - place)


def refuse_number(error: int) -> int:
    """The answer that a program sees as this error number."""
    return ERRNO | error


def encoded(program: Sequence[Instruction]) -> bytes:
    """The program as an array of ``struct sock_filter``; ``ValueError`` if it is too long."""
    if len(program) > LONGEST:
        raise ValueError(f"a filter has at most {LONGEST} instructions, this one {len(program)}")
    return b"".join(
        struct.pack("=HBBI", one.code, one.if_so, one.if_not, one.value) for one in program
    )
