"""The seccomp filter, run instruction by instruction for both machines it knows."""

from __future__ import annotations

import errno
import os
import platform
import re
import struct
from pathlib import Path

import pytest

from benchmark.confine import bpf, calls, kernel, seccomp

pytestmark = pytest.mark.skipif(bool(kernel.unfit()), reason=kernel.unfit())

PID = 4321
TOKENS = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
ALLOWED, KILLED = "allowed", "killed"
EPERM, ENOSYS = errno.EPERM, errno.ENOSYS
HEADER = Path(f"/usr/include/{platform.machine()}-linux-gnu/asm/unistd_64.h")
FORK = 0x1200011  # what glibc forks with


def answer(code: bytes, token: int, number: int, *arguments: int) -> str | int:
    """What the kernel would answer by this filter: allowed, killed, or an error number."""
    words = [one & 2**64 - 1 for one in (*arguments, *[0] * (6 - len(arguments)))]
    data = struct.pack("=IIQ6Q", number, token, 0, *words)
    program = list(struct.iter_unpack("=HBBI", code))
    at = accumulator = 0
    while True:
        operation, if_so, if_not, value = program[at]
        at += 1
        if operation == 0x20:
            accumulator = struct.unpack_from("=I", data, value)[0]
        elif operation == 0x06:
            return said(value)
        else:
            at += if_so if holds(operation, accumulator, value) else if_not


def holds(operation: int, accumulator: int, value: int) -> bool:
    return {
        0x15: accumulator == value,
        0x35: accumulator >= value,
        0x45: bool(accumulator & value),
    }[operation]


def said(value: int) -> str | int:
    if value >> 16 == 0x0005:
        return value & 0xFFFF
    return {0x7FFF0000: ALLOWED, 0x80000000: KILLED}[value]


@pytest.fixture(params=calls.MACHINES)
def ask(request):
    """``ask(name or number, *arguments)``: the filter's answer on one machine."""
    machine = request.param
    code = bpf.encoded(seccomp.program(PID, machine))

    def asked(
        call: str | int, *arguments: int, token: int = TOKENS[machine], devices: bool = False
    ):
        number = call if isinstance(call, int) else calls.numbers(machine)[call]
        used = bpf.encoded(seccomp.program(PID, machine, devices=True)) if devices else code
        return answer(used, token, number, *arguments)

    return asked


@pytest.mark.parametrize("name", ["read", "mmap", "futex", "newfstatat", "exit_group", "getrandom"])
def test_what_every_program_needs_is_allowed_whatever_its_arguments(ask, name):
    assert ask(name) == ask(name, *[2**64 - 1] * 6) == ALLOWED


def test_every_call_of_the_free_list_is_allowed():
    for machine in calls.MACHINES:
        code = bpf.encoded(seccomp.program(PID, machine))
        answers = {answer(code, TOKENS[machine], number) for number in calls.free(machine).values()}
        assert answers == {ALLOWED}


def test_all_but_the_lists_is_refused():
    for machine in calls.MACHINES:
        code = bpf.encoded(seccomp.program(PID, machine))
        others = set(range(600)) - set(calls.numbers(machine).values())
        for number in others:
            expected = EPERM if number < calls.YOUNG else ENOSYS
            assert answer(code, TOKENS[machine], number) == expected


def test_calls_of_another_machine_end_the_process(ask):
    assert ask("read", token=0x40000003) == KILLED  # i386
    assert ask("read", token=0x40000028) == KILLED  # 32-bit Arm
    assert ask(0x40000000 | 39) == KILLED  # x32, or nothing at all


def test_a_thread_may_be_made_and_a_process_may_not(ask):
    assert ask("clone", 0x3D0F00) == ALLOWED
    for flags in (FORK, 0x4111, 0x3D0F00 | 0x20000, 0x3D0F00 & ~0x10000, 0):
        assert ask("clone", flags) == EPERM
    assert ask(435) == ENOSYS  # clone3


def test_files_are_opened_to_be_read_only(ask):
    assert ask("openat", -100, 0, os.O_RDONLY | os.O_CLOEXEC | os.O_DIRECTORY) == ALLOWED
    for flags in (os.O_WRONLY, os.O_RDWR, os.O_CREAT, os.O_TRUNC, os.O_TMPFILE):
        assert ask("openat", -100, 0, flags) == EPERM


def test_a_device_may_be_opened_to_be_written_where_there_is_one_and_no_file_made(ask):
    assert ask("openat", -100, 0, os.O_RDWR, devices=True) == ALLOWED
    assert ask("openat", -100, 0, os.O_RDWR | os.O_CREAT, devices=True) == EPERM
    assert ask("ioctl", 3, 0xC0384642, devices=True) == ALLOWED
    assert ask("ioctl", 3, 0xC0384642) == EPERM


def test_a_terminal_is_asked_and_not_typed_on(ask):
    assert ask("ioctl", 0, 0x5401) == ALLOWED
    assert ask("ioctl", 0, 0x5412) == EPERM  # TIOCSTI


def test_signals_reach_threads_of_the_process_alone(ask):
    assert ask("tgkill", PID, PID + 1, 6) == ALLOWED
    assert ask("tgkill", PID + 1, PID + 1, 6) == EPERM
    assert ask("tgkill", -1, 1, 6) == EPERM


def test_limits_are_asked_and_not_set(ask):
    assert ask("prlimit64", 0, 7, 0, 0x7F0000000000) == ALLOWED
    assert ask("prlimit64", PID, 7, 0, 0x7F0000000000) == ALLOWED
    assert ask("prlimit64", PID + 1, 7, 0, 0x7F0000000000) == EPERM
    for pointer in (0x7F0000000000, 0x1000, 1 << 63):  # one with an empty half, each way
        assert ask("prlimit64", 0, 7, pointer) == EPERM


def test_a_message_goes_to_the_peer_alone(ask):
    assert ask("sendto", 3, 0x1000, 1, 0, 0, 0) == ALLOWED
    assert ask("sendto", 3, 0x1000, 1, 0, 1 << 40, 16) == EPERM
    assert ask("sendto", 3, 0x1000, 1, 0, 4096, 16) == EPERM


def test_options_of_a_process_that_protect_the_suite_stay(ask):
    assert ask("prctl", 15, 0x1000) == ALLOWED  # its name
    for option in (1, 4, 22, 23, 36, 38, 0x59616D61):  # death signal, dumpable, seccomp, ...
        assert ask("prctl", option) == EPERM


def test_processors_are_chosen_for_oneself_alone(ask):
    assert ask("sched_setaffinity", 0, 8, 0x1000) == ALLOWED
    assert ask("sched_setaffinity", 1, 8, 0x1000) == EPERM


def test_no_jump_leaves_the_program_and_its_last_instruction_returns():
    for machine in calls.MACHINES:
        program = seccomp.program(PID, machine)
        assert program[-1].code == bpf.RETURN
        for at, one in enumerate(program):
            assert at + 1 + max(one.if_so, one.if_not) < len(program) or one is program[-1]


def test_a_filter_longer_than_the_kernel_takes_is_refused():
    with pytest.raises(ValueError, match="at most 4096 instructions, this one 4097"):
        bpf.encoded([bpf.Instruction(bpf.RETURN, bpf.ALLOW)] * 4097)


@pytest.mark.skipif(not HEADER.exists(), reason=f"{HEADER} is not installed")
def test_numbers_are_those_of_this_machines_header():
    theirs = dict(re.findall(r"#define __NR_(\w+) (\d+)", HEADER.read_text()))
    ours = calls.numbers(platform.machine())
    assert {name: int(theirs[name]) for name in ours if name in theirs} == ours


def test_a_system_without_the_numbers_is_named():
    assert "this system is darwin" in kernel.unfit("darwin", "arm64")
    assert "riscv64 are not known" in kernel.unfit("linux", "riscv64")
    assert kernel.unfit("linux", "aarch64") == ""
