"""Processes that are killed while they ask: row and journal are those of an undisturbed run."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from benchmark.host import process
from benchmark.oracle.journal import Journal, appended
from benchmark.oracle.journal.form import HEADER
from support.runs import LEARNS, numbers, only_row, path_run

SAVING = ("--save-every", "0.0001s", "--no-reference")
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")


@pytest.fixture
def undisturbed(cli, method_file, tmp_path):
    """The command, its row, and its journal."""
    command = (*path_run(method_file("learns", LEARNS), 300), *SAVING)
    assert cli(*command, "--results", tmp_path / "undisturbed")[0] == 0
    return command, numbers(only_row(tmp_path / "undisturbed")), journal(tmp_path / "undisturbed")


def journal(results: Path) -> bytes:
    (path,) = (results / ".journal").iterdir()
    return path.read_bytes()


def ends_as(undisturbed, results: Path) -> None:
    _, row, content = undisturbed
    found = only_row(results)
    assert numbers(found) == row and journal(results) == content
    assert found.asked_in_all == found.queries == 300


class Dying:
    """A file of a process that is killed when it has written so many bytes."""

    def __init__(self, file, left: int) -> None:
        self.file, self.left = file, left

    def __getattr__(self, name: str):
        return getattr(self.file, name)

    def write(self, content) -> int:
        written = self.file.write(content[: self.left])
        self.left -= written
        if not self.left:
            os.kill(os.getpid(), signal.SIGKILL)
        return written


def dies(cli, command, written: int) -> None:
    """Run a command in a child that is killed when its journal has so many bytes more."""
    if child := os.fork():
        assert os.waitpid(child, 0)[1] == signal.SIGKILL
        return
    try:
        plain = appended.opened
        appended.opened = lambda *given: Dying(plain(*given), written)
        cli(*command)
    finally:
        os._exit(1)


BYTES = {
    "in its head": 30,
    "after its head": HEADER.size,
    "in the first record": HEADER.size + 13,
    "between two records of a call": HEADER.size + 70 * 28,
    "in a later record": HEADER.size + 123 * 28 + 27,
    "after the last record": HEADER.size + 300 * 28,
}


@pytest.mark.parametrize("moment", BYTES)
def test_the_suite_is_killed_while_it_writes(moment, undisturbed, cli, tmp_path):
    command, *_ = undisturbed
    dies(cli, command, BYTES[moment])
    assert len(journal(tmp_path / "results")) == BYTES[moment]
    code, output, errors = cli(*command)
    torn = BYTES[moment] > HEADER.size and (BYTES[moment] - HEADER.size) % 28
    assert code == 0 and ("torn record" in output) == bool(torn), errors
    ends_as(undisturbed, tmp_path / "results")


def test_it_is_killed_again_and_again(undisturbed, cli, tmp_path):
    command, *_ = undisturbed
    for written in (HEADER.size + 40 * 28 + 1, 35 * 28 + 2, 70 * 28 + 3):
        dies(cli, command, written)
    assert cli(*command)[0] == 0
    ends_as(undisturbed, tmp_path / "results")


@pytest.mark.slow
@pytest.mark.parametrize("who", ["the method's process", "both processes"])
def test_the_process_of_the_method_is_killed(who, undisturbed, cli, tmp_path, monkeypatch):
    command, *_ = undisturbed
    started, calls, real, enter = [], [], process.started, Journal.enter

    def noted(*given):  # the one that runs the method: others describe it, or are for the next run
        started.append(real(*given))
        return started[-1]

    def counted(self, *given):
        enter(self, *given)
        calls.append(given)
        if len(calls) == 4:  # of six
            started[-1].kill()
            if who == "both processes":
                os.kill(os.getpid(), signal.SIGKILL)

    isolated = (*command, "--isolation", "process")
    with monkeypatch.context() as patch:
        patch.setattr(process, "started", noted)
        patch.setattr(Journal, "enter", counted)
        if who == "the method's process":
            assert cli(*isolated)[0] == 1
            error = only_row(tmp_path / "results").error
            assert "the process of the method ended by signal 9" in error
        elif child := os.fork():
            assert os.waitpid(child, 0)[1] == signal.SIGKILL
        else:
            try:
                cli(*isolated)
            finally:
                os._exit(1)
    assert cli(*command)[0] == 0
    ends_as(undisturbed, tmp_path / "results")
