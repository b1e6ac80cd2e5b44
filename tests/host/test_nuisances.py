"""Methods that end their process, never end a step, fill memory or the screen, leave children."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from benchmark.confine import strongest
from benchmark.host import remote
from benchmark.oracle.serving import Serving
from support.runs import only_row, path_run, states

needs_confinement = pytest.mark.skipif(
    strongest().isolation != "confined", reason="this kernel does not confine a process"
)
pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="Linux alone")]

NUISANCES = {
    "last words": (
        "os.write(2, b'\\x1b[2Jbad \\x1b]0;title\\x07news\\n' * 100_000)\nos._exit(3)",
        "ended with code 3, in the middle of its work; its last words:\n",
    ),
    "numbers": ("self._scalars = {'a': 10**400}\nself._new = {'a'}\nreturn False", "OverflowError"),
    "exit": ("raise SystemExit('\\x1b[2Jover')", "SystemExit: over"),
    "memory": ("x = [bytes(2**30) for _ in range(99)]", "MemoryError"),
    "odd error": ("raise type('E', (Exception,), {'__str__': lambda e: 1 / 0})", "cannot be had"),
    "half a frame": ("os.write(self.oracle._connection.fileno(), b'bf-1' * 3)\nos._exit(5)", "5"),
    "a large question": (
        "self.oracle._spec = None\nfrom importlib import import_module as get\n"
        "frames = get('benchmark.host.frames')\n"
        "big = torch.zeros(10**6, *self.spec.shape, dtype=torch.uint8)\n"
        "frames.send(self.oracle._connection, frames.Frame('ask', {}, {'images': big}))",
        "is larger than it may be",
    ),
    "another student": (
        "self.student = torch.nn.Linear(3, 3)\nreturn False",
        "student",
    ),
    "no number": ("return float('nan')", "step() returned nan"),
}


@needs_confinement
@pytest.mark.parametrize("kind", NUISANCES)
def test_a_nuisance_is_a_failed_row_that_says_why(kind, cli, method_file, tmp_path, executed_here):
    lines, said = NUISANCES[kind]
    body = "def step(self):\n    import os\n" + "".join(f"    {x}\n" for x in lines.split("\n"))
    command = (*path_run(method_file("nuisance", body)), "--memory-limit", "3GB")
    code, output, errors = cli(*command, "--isolation", "confined")
    assert code == 1, output + errors
    row = only_row(tmp_path / "results")
    assert row.status == "failed" and said in row.error
    assert "\x1b" not in output + errors + row.error and len(row.error) < 10_000


FLOOD = """
    def step(self):
        self._notes = [f"{n} \\x1b[2J\\x1b]0;title\\x07\\u202e" + "x" * 10**6 for n in range(99)]
        return False
"""


@needs_confinement
def test_notes_are_few_short_and_visible(cli, method_file, tmp_path, executed_here):
    command = (*path_run(method_file("flood", FLOOD)), "--isolation", "confined")
    assert cli(*command)[0] == 0
    notes = only_row(tmp_path / "results").notes
    assert len(notes) == 21 and all(note.isprintable() and len(note) <= 300 for note in notes)


ENDLESS = """
    def setup(self):
        self.rounds = 0

    def step(self):
        import os, signal
        for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
            signal.signal(number, signal.SIG_IGN)
        self.oracle(torch.rand(100, *self.spec.shape))
        self.rounds += 1
        while self.rounds == 2:
            WAITS
        return True
"""
WAITS = {
    "computes": ("confined", "pass"),
    "asks nothing, for ever": ("process", "self.oracle(torch.zeros(0, *self.spec.shape))"),
    "floods standard error": ("confined", "os.write(2, b'x' * 2**20)"),
}


@pytest.fixture
def signalled(cli, tmp_path):
    """``run(command, *signals) -> exit code``: the signals come once a first state is saved."""

    def send(numbers: tuple[int, ...]) -> None:
        while not states(tmp_path / "results"):
            time.sleep(0.05)
        for number in numbers:
            time.sleep(0.5)
            os.kill(os.getpid(), number)

    def run(command: tuple, *numbers: int) -> int:
        sender = threading.Thread(target=send, args=(numbers,), daemon=True)
        sender.start()
        code, run.output, _ = cli(*command, "--save-every", "0.0001s")
        sender.join()
        return code

    return run


@needs_confinement
@pytest.mark.parametrize("waits", WAITS)
def test_a_step_without_end_is_given_up_after_a_signal(
    waits, signalled, method_file, tmp_path, monkeypatch, executed_here
):
    monkeypatch.setattr(remote, "GRACE", (1.0, 1.0))
    level, lines = WAITS[waits]
    path = method_file("endless", ENDLESS.replace("WAITS", lines))
    command = (*path_run(path), "--isolation", level)
    assert signalled(command, signal.SIGTERM) == 75
    assert "a step did not end for 1 s, and was given up" in signalled.output
    assert len(states(tmp_path / "results")) == 1


@needs_confinement
def test_a_second_signal_ends_a_step_without_end_at_once(
    signalled, method_file, monkeypatch, executed_here
):
    monkeypatch.setattr(remote, "GRACE", (600.0, 600.0))  # the first alone ends nothing
    path = method_file("endless", ENDLESS.replace("WAITS", "pass"))
    command = (*path_run(path), "--isolation", "confined")
    assert signalled(command, signal.SIGINT, signal.SIGINT) == 130


FORKS = """
    def step(self):
        import os, time
        if not os.fork():
            time.sleep(600)
        self.note(str(os.getpgid(0)))
        return False
"""


def alive(group: int) -> list[str]:
    """The processes of a group that have not ended, by ``/proc``."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, _, its_group = path.read_text().rpartition(")")[2].split()[:3]
            found += [path.parent.name] * (int(its_group) == group and state not in "ZX")
    return found


def test_children_of_a_method_end_with_its_run(cli, method_file, tmp_path, executed_here):
    command = (*path_run(method_file("forks", FORKS)), "--isolation", "process")
    assert cli(*command)[0] == 0
    (group,) = only_row(tmp_path / "results").notes
    end = time.monotonic() + 20
    while alive(int(group)) and time.monotonic() < end:
        time.sleep(0.05)
    assert alive(int(group)) == []


def test_an_error_of_the_teacher_fails_its_run_alone(
    cli, method_file, tmp_path, monkeypatch, executed_here
):
    def failing(self, shown):
        raise ArithmeticError("a teacher of a test")

    monkeypatch.setattr(Serving, "_answer", failing)
    path = method_file("asks", "def step(self):\n    self.oracle(torch.rand(5, *self.spec.shape))")
    for level in ("process", "thread"):
        folder = tmp_path / level
        assert cli(*path_run(path), "--isolation", level, "--results", folder)[0] == 1
        said = "RuntimeError: the oracle failed: ArithmeticError: a teacher of a test"
        assert said in only_row(folder).error
