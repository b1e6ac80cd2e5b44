"""What the probe says where a part is missing; the kernel's answers are made up here."""

from __future__ import annotations

import errno
import os

import pytest

from benchmark.confine import environment, kernel, landlock, probe, seccomp, strongest
from benchmark.confine.probe import look

pytestmark = pytest.mark.skipif(bool(kernel.unfit()), reason=kernel.unfit())


def answering(version: int = 7, landlock_error: int = 0, seccomp_error: int = errno.EFAULT):
    """System calls of a kernel with this Landlock, and with seccomp where its error is EFAULT."""

    def call(number: int, *arguments: object) -> int:
        if number == kernel.number("landlock_create_ruleset"):
            problem = landlock_error
        elif arguments[0] == seccomp.GET_ACTION_AVAIL:
            problem = 0 if seccomp_error in (0, errno.EFAULT) else seccomp_error
        else:
            problem = seccomp_error
        if problem:
            raise OSError(problem, os.strerror(problem))
        return version

    return call


def test_a_kernel_with_both_parts_is_confined_if_the_trial_held():
    found = look(answering(), attempt=str)
    assert (found.landlock, found.seccomp, found.holds, found.missing) == (7, True, True, ())
    assert strongest(found).isolation == "confined"


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (errno.ENOSYS, "this kernel has no Landlock"),
        (errno.EOPNOTSUPP, "was not enabled when it started"),
        (errno.EPERM, "a container perhaps, forbids Landlock"),
        (errno.EIO, "Landlock does not answer"),
    ],
)
def test_missing_landlock_is_named_and_leaves_the_process_alone(error, words):
    found = look(answering(landlock_error=error), attempt=untried)
    assert not found.holds and found.landlock == 0 and found.seccomp
    assert strongest(found).isolation == "process"
    assert words in strongest(found).reason


@pytest.mark.parametrize("error", [errno.ENOSYS, errno.EINVAL, errno.EPERM])
def test_missing_filters_are_named(error):
    found = look(answering(seccomp_error=error), attempt=untried)
    assert not found.holds and not found.seccomp
    assert "seccomp filters are not to be had here" in strongest(found).reason


def test_each_missing_part_has_its_sentence():
    found = look(
        answering(landlock_error=errno.ENOSYS, seccomp_error=errno.ENOSYS), attempt=untried
    )
    assert len(found.missing) == 2


def test_a_kernel_that_takes_no_filter_as_one_is_not_trusted():
    assert look(answering(seccomp_error=0), attempt=untried).missing == (
        "seccomp takes a filter that is none.",
    )


def untried() -> str:
    raise AssertionError("nothing is tried where a part is missing")


def test_a_trial_that_did_not_hold_is_believed_more_than_the_kernel():
    found = look(answering(), attempt=lambda: "a file was read.")
    assert strongest(found) == type(strongest(found))("process", "a file was read.")


def test_another_system_is_named_before_anything_is_called():
    found = look(untried, unfit=lambda: "this system is Plan 9.")
    assert found.missing == ("this system is Plan 9.",)


def test_an_older_landlock_says_what_it_leaves_to_the_filter():
    assert landlock.uncovered(7) == landlock.uncovered(6) == ()
    assert len(look(answering(version=1), attempt=str).uncovered) == 4
    assert look(answering(version=5), attempt=str).uncovered == (
        "signals and named sockets are refused by seccomp alone (Landlock 6 would, too).",
    )


@pytest.mark.parametrize(
    ("version", "words"),
    [
        (1, [0x1FFF]),
        (2, [0x3FFF]),
        (3, [0x7FFF]),
        (4, [0x7FFF, 3]),
        (5, [0xFFFF, 3]),
        (6, [0xFFFF, 3, 3]),
        (9, [0xFFFF, 3, 3]),
    ],
)
def test_a_ruleset_has_the_rights_its_version_knows_and_no_others(version, words):
    made = landlock.ruleset(version)
    assert [int.from_bytes(made[i : i + 8], "little") for i in range(0, len(made), 8)] == words


def test_this_machine_is_looked_at_once():
    assert probe() is probe()


def test_the_environment_of_a_method_has_arithmetic_and_nothing_of_the_user():
    base = {
        "BENCH_DATA": "/data",
        "HF_TOKEN": "secret",
        "HOME": "/home/user",
        "PATH": "/usr/bin",
        "OMP_NUM_THREADS": "3",
        "MKL_CBWR": "COMPATIBLE",
        "PYTHONPATH": "/elsewhere",
        "LD_PRELOAD": "spy.so",
    }
    assert environment(base=base) == {
        "PATH": "/nonexistent",
        "LANG": "C.UTF-8",
        "OMP_NUM_THREADS": "3",
        "MKL_CBWR": "COMPATIBLE",
    }
    threads = environment(2, base)
    assert {threads[name] for name in threads if name.endswith("NUM_THREADS")} == {"2"}
