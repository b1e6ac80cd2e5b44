"""What a confined process is, what ends it, and what still works in it."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import random
import signal
import socket
import time
from pathlib import Path

import pytest
import torch

from support.suite import ROOT

pytestmark = pytest.mark.usefixtures("here_confined")


@pytest.fixture
def trick(start):
    """``trick(name)``: what the trick of that name printed."""

    def said(name: str):
        done = start("tricks", name)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return said


@pytest.mark.skipif(platform.machine() != "x86_64", reason="a trick of x86_64 alone")
@pytest.mark.parametrize("name", ["x32", "int80"])
def test_a_call_under_another_machines_numbers_ends_the_process(start, name):
    ended = start("tricks", name).returncode
    no_such_entry = name == "int80" and ended == -signal.SIGSEGV  # a kernel without 32-bit calls
    assert ended == -signal.SIGSYS or no_such_entry


def test_a_process_with_another_thread_is_not_confined_in_part(trick):
    assert "1 other thread of this process would not be confined" in trick("earlier_thread")


def test_the_filter_holds_for_a_thread_that_was_there_before(trick):
    assert trick("filter_on_all") == ["went through", "refused"]


def test_a_process_whose_parent_ended_is_not_confined_but_told(trick):
    assert "the process 1, which started this one, has ended" in trick("wrong_parent")


def test_a_confined_process_dies_with_its_parent(trick):
    child = trick("orphan")
    deadline = time.monotonic() + 20
    while _lives(child) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not _lives(child)


def _lives(process: int) -> bool:
    try:
        with open(f"/proc/{process}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_only_named_files_stay_open_and_memory_is_bounded(trick):
    found = trick("surrounding")
    assert found["open"] == found["kept"]
    assert found["left"] not in found["open"]
    assert len(set(found["leads"])) == 1
    assert found["memory"] == "refused"
    assert not found["writes compiled modules"]


def test_a_confined_process_has_no_capabilities_and_can_win_none(waiting):
    status = Path(f"/proc/{waiting.pid}/status").read_text()
    found = dict(line.split(":\t", 1) for line in status.splitlines())
    assert {int(found[name], 16) for name in ("CapEff", "CapPrm", "CapInh", "CapAmb")} == {0}
    assert (found["NoNewPrivs"], found["Seccomp"]) == ("1", "2")


def test_the_group_of_a_confined_process_ends_as_a_whole(waiting):
    os.killpg(waiting.pid, signal.SIGTERM)
    assert waiting.wait(20) == -signal.SIGTERM


def test_what_is_needed_may_not_lie_in_what_must_stay_unreadable(trick):
    assert "must not be: move one of them" in trick("excluded_over_readable")


@pytest.fixture(scope="module")
def honest(start) -> dict[str, object]:
    here, there = socket.socketpair()
    with here, there:
        here.sendall(b"question")
        done = start("honest", str(there.fileno()), pass_fds=[there.fileno()])
        there.close()
        assert done.returncode == 0, done.stderr
        return answered(here)


def answered(line: socket.socket) -> dict[str, object]:
    said = b"".join(iter(lambda: line.recv(65536), b""))
    assert said.startswith(b"noitseuq")
    return json.loads(said[8:])


def test_sums_in_a_confined_process_are_the_same_to_the_last_bit(honest):
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        torch.manual_seed(0)
        product = torch.randn(700, 700) @ torch.randn(700, 700)
    finally:
        torch.set_num_threads(threads)
    digest = hashlib.sha256(product.numpy().tobytes()).hexdigest()
    assert honest["arithmetic"] == f"2 {digest}"


def test_a_method_learns_imports_blocks_draws_numbers_and_starts_threads(honest):
    assert honest["learning"]
    assert honest["blocks"] == len(list((ROOT / "methods/_blocks").rglob("*.py")))
    assert honest["generators"] == [True, random.Random(1).random()]
    assert honest["a_thread"] == ["3.0"]
    assert honest["clocks"] and honest["the_system"]


def test_a_package_that_may_not_be_read_is_for_imports_not_installed(honest):
    assert honest["optional"]
