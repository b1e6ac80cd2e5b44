"""Runs that are killed, stopped or broken: they keep their paid labels, and the numbers stay."""

from __future__ import annotations

import errno
import os
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest
import torch

from benchmark import env
from benchmark.rows.store import Store
from benchmark.run import session
from benchmark.run.setting import Places
from benchmark.run.watch import Show
from support.runs import (
    ASKS,
    IDEAL,
    LEARNS,
    NOISE,
    numbers,
    only_row,
    path_run,
    rows,
    states,
    temporaries,
)
from support.suite import bench_command, bench_environment

LONG = {  # enough steps after the first saved state for a kill to land between
    "ideal": (*(t if t != "1k" else "400" for t in IDEAL), "--set", "ideal.batch=20"),
    "noise": (*NOISE[:-1], "noise.passes=15"),
}


def start(folder: Path, *arguments: object) -> subprocess.Popen:
    """The real command in its own process, with as many threads as this one."""
    environment = bench_environment(folder) | {"OMP_NUM_THREADS": str(torch.get_num_threads())}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(bench_command(*arguments), cwd=folder, env=environment, **pipes)


def wait_for_state(process: subprocess.Popen, results: Path, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not states(results):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline, "no state was saved"
        time.sleep(0.002)


@pytest.mark.slow
@pytest.mark.parametrize("name", LONG)
def test_a_killed_run_goes_on_and_ends_in_the_undisturbed_row(name, cli, tmp_path):
    command = LONG[name]
    victim = start(tmp_path, *command, "--save-every", "0.01s")
    wait_for_state(victim, tmp_path / "results")
    victim.send_signal(signal.SIGKILL)
    victim.communicate()
    assert victim.returncode == -signal.SIGKILL and rows(tmp_path / "results") == []
    assert cli(*command)[0] == 0
    resumed = only_row(tmp_path / "results")
    assert resumed.resumes == 1 and states(tmp_path / "results") == []
    assert cli(*command, "--results", tmp_path / "undisturbed")[0] == 0
    assert numbers(resumed) == numbers(only_row(tmp_path / "undisturbed"))


HELD = LEARNS.replace(
    "        images =",
    "        import pathlib, time\n"
    "        while self.rounds == 3 and pathlib.Path('hold').exists():\n"
    "            time.sleep(0.01)\n"
    "        images =",
    1,
)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_saves_the_run_and_the_same_command_goes_on(number, cli, method_file, tmp_path):
    command = path_run(method_file("held", HELD), 300, "--save-every", "0.0001s")
    (tmp_path / "hold").touch()
    process = start(tmp_path, *command)
    wait_for_state(process, tmp_path / "results")
    process.send_signal(number)
    (tmp_path / "hold").unlink()
    output, errors = process.communicate(timeout=120)
    assert process.returncode == 75
    assert "the same command goes on" in output
    assert "Traceback" not in output + errors
    assert len(states(tmp_path / "results")) == 1 and rows(tmp_path / "results") == []
    assert cli(*command)[0] == 0
    assert cli(*command, "--results", tmp_path / "undisturbed")[0] == 0
    resumed = only_row(tmp_path / "results")
    assert resumed.resumes == 1
    assert numbers(resumed) == numbers(only_row(tmp_path / "undisturbed"))


@pytest.mark.parametrize("command", [NOISE, IDEAL], ids=["noise", "ideal"])
def test_a_run_stopped_after_every_step_ends_in_the_undisturbed_row(command, cli, tmp_path):
    command, stops = [*command, "--no-reference"], 0  # a reference student stops in its own steps
    while (code := cli(*command, "--stop-after", "0.001s")[0]) == 75:
        stops += 1
        assert len(states(tmp_path / "results")) == 1 and rows(tmp_path / "results") == []
        assert stops < 100
    assert code == 0
    row = only_row(tmp_path / "results")
    assert row.resumes == stops == row.steps
    assert states(tmp_path / "results") == [] and temporaries(tmp_path / "results") == []
    assert cli(*command, "--results", tmp_path / "undisturbed")[0] == 0
    assert numbers(row) == numbers(only_row(tmp_path / "undisturbed"))


def test_a_failure_of_many_lines_is_told_by_its_type_and_its_first_line(cli, method_file, tmp_path):
    body = "def step(self):\n    raise ValueError('broken here\\nand there')"
    code, output, _ = cli(*path_run(method_file("raises", body)))
    assert code == 1 and "seed 0: ValueError: broken here\n" in output
    assert "and there" in only_row(tmp_path / "results").error


def test_a_run_that_goes_on_elsewhere_promises_no_bit(cli, tmp_path, monkeypatch):
    assert cli(*NOISE, "--stop-after", "0.001s")[0] == 75
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(env, "device_name", lambda device: "another CPU, 8 threads")
        assert cli(*NOISE, "--stop-after", "0.001s")[0] == 75
    assert cli(*NOISE)[0] == 0
    row = only_row(tmp_path / "results")
    assert row.resumes == 2 and row.deterministic is False
    (note,) = row.notes
    assert note.startswith("begun and ended on ") and "another CPU, 8 threads, torch" in note


def test_a_logged_number_outlives_a_stop(cli, method_file, tmp_path):
    once = "if self.rounds == 0:\n            self.log(first=7)\n        self.rounds += 1"
    body = LEARNS.replace("self.rounds += 1", once)
    command = path_run(method_file("logs_once", body))
    assert cli(*command, "--stop-after", "0.001s")[0] == 75
    assert cli(*command)[0] == 0
    assert only_row(tmp_path / "results").curve[-1].logged["first"] == 7


def test_a_stop_leaves_the_other_cells_for_the_same_command(cli, tmp_path):
    command = [text if text != "0" else "0,1" for text in NOISE]
    code, output, _ = cli(*command, "--stop-after", "0.001s")
    assert code == 75 and "the same command goes on" in output
    assert cli(*command)[0] == 0
    assert [row.resumes for row in rows(tmp_path / "results")] == [1, 0]


RAISES = {
    "setup": "def setup(self):\n    raise ValueError('broken here')",
    "step": "def step(self):\n    raise ValueError('broken here')",
    "deliver": "def step(self):\n    return False\n\n"
    "def deliver(self):\n    raise ValueError('broken here')",
    "__init__": "def __init__(self, *given):\n    raise ValueError('broken here')",
}


@pytest.mark.parametrize("stage", RAISES)
def test_a_raising_method_is_a_failed_row_and_the_other_cells_go_on(
    stage, cli, method_file, tmp_path
):
    path = method_file("raises", RAISES[stage])
    command = ("run", "--methods", f"{path},noise", *NOISE[3:])
    code, output, errors = cli(*command)
    assert code == 1
    assert "broken here" in output and "Traceback" not in output + errors
    noise, failed = rows(tmp_path / "results")
    assert (noise.method, noise.status) == ("noise", "complete")
    assert (failed.status, failed.accuracy) == ("failed", None)
    assert re.search(rf"raises\.py:\d+ in {stage}: raise ValueError", failed.error)
    assert failed.error.endswith("ValueError: broken here")
    assert "/" not in failed.error


def test_a_method_that_asks_past_a_mark_while_it_is_made_is_told_where_to_ask(
    cli, method_file, tmp_path
):
    body = "def __init__(self, *given):\n    super().__init__(*given)\n    " + ASKS.format(250)
    assert cli(*path_run(method_file("hasty", body), 300))[0] == 1
    failed = only_row(tmp_path / "results")
    assert failed.error.endswith("may not ask as far as a mark; ask in setup() or step()")


def test_the_error_of_a_row_names_no_folder_even_if_the_message_does(cli, method_file, tmp_path):
    body = f"def step(self):\n    raise OSError('cannot open {tmp_path}/weights.bin')"
    assert cli(*path_run(method_file("raises", body)))[0] == 1
    error = only_row(tmp_path / "results").error
    assert "weights.bin" in error and str(tmp_path) not in error


def test_an_error_with_square_brackets_is_printed_as_it_is(cli, method_file, tmp_path):
    body = "def step(self):\n    raise ValueError('no [/such] tag in [this]')"
    code, output, _ = cli(*path_run(method_file("raises", body)))
    assert code == 1 and "no [/such] tag in [this]" in output


def test_a_method_that_exits_is_a_failed_row(cli, method_file, tmp_path):
    path = method_file("leaves", "def step(self):\n    raise SystemExit(0)")
    assert cli(*path_run(path))[0] == 1
    assert only_row(tmp_path / "results").status == "failed"


def test_a_repaired_method_replaces_the_failed_row_and_starts_afresh(cli, method_file, tmp_path):
    broken = LEARNS.replace("return self.rounds < 6", "return self.rounds < 3 or 1 / 0")
    command = path_run(method_file("mends", broken), 300, "--save-every", "0.0001s")
    assert cli(*command)[0] == 1
    failed = only_row(tmp_path / "results")
    assert failed.steps == 2 and "ZeroDivisionError" in failed.error
    assert len(states(tmp_path / "results")) == 1
    method_file("mends", LEARNS)
    assert cli(*command)[0] == 0
    row = only_row(tmp_path / "results")
    assert (row.status, row.resumes, row.steps) == ("complete", 0, 5)
    assert row.id == failed.id and row.method_sha != failed.method_sha
    assert states(tmp_path / "results") == []


def test_a_second_interrupt_does_not_wait_and_leaves_no_lock(cli, method_file, tmp_path):
    twice = "import os, signal\n" + " " * 4
    twice += "os.kill(os.getpid(), signal.SIGINT)\n    " * 2 + "return True"
    path = method_file("impatient", f"def step(self):\n    {twice}")
    before = signal.getsignal(signal.SIGINT)
    code, _, errors = cli(*path_run(path))
    assert code == 130 and "interrupted" in errors and "Traceback" not in errors
    assert signal.getsignal(signal.SIGINT) is before
    assert rows(tmp_path / "results") == [] and os.listdir(tmp_path / "results" / "runs") == []


UNSAVEABLE = LEARNS.replace("self.rounds = 0", "self.rounds = 0\n        self.odd = {'a': {1, 2}}")


def test_an_attribute_that_cannot_be_saved_fails_only_when_it_is_saved(cli, method_file, tmp_path):
    command = path_run(method_file("keeps", UNSAVEABLE))
    assert cli(*command, "--results", tmp_path / "never")[0] == 0
    assert cli(*command, "--save-every", "0.0001s")[0] == 1
    row = only_row(tmp_path / "results")
    assert (row.status, row.steps) == ("failed", 1)
    assert "Tested.odd['a'] is a set" in row.error


ODD = """
    class Odd:
        def state_dict(self):
            return {"f": lambda: 0}

    def setup(self):
        self.odd = self.Odd()

    def step(self):
        return True
"""


def test_a_state_dict_that_cannot_be_saved_is_a_failed_row(cli, method_file, tmp_path):
    code, output, errors = cli(*path_run(method_file("odd", ODD)), "--save-every", "0.0001s")
    assert code == 1 and "Traceback" not in output + errors
    row = only_row(tmp_path / "results")
    assert row.status == "failed" and "lambda" in row.error


@pytest.mark.parametrize("value", ["numpy.float64(0.5)", "numpy.mean([1, 2])", "torch.tensor(3)"])
def test_numbers_of_numpy_and_torch_survive_a_stop(value, cli, method_file, tmp_path):
    body = LEARNS.replace("self.rounds = 0", f"self.rounds = 0\n        self.best = {value}")
    command = path_run(method_file("counts", body.replace("self.best", "import numpy; self.best")))
    assert cli(*command, "--stop-after", "0.001s")[0] == 75
    code, output, errors = cli(*command)
    assert code == 0, output + errors
    assert only_row(tmp_path / "results").resumes == 1


def test_a_network_made_after_setup_cannot_resume_and_is_named(cli, method_file, tmp_path):
    body = "def step(self):\n    self.late = torch.nn.Linear(2, 2)\n    return True"
    command = path_run(method_file("late", body))
    assert cli(*command, "--stop-after", "0.001s")[0] == 75
    code, output, errors = cli(*command)
    assert code == 1 and "Traceback" not in output + errors
    assert "late" in only_row(tmp_path / "results").error and len(states(tmp_path / "results"))


def test_a_stop_that_nobody_reads_about_is_still_a_stop(tmp_path):
    """A full disk behind standard output must not end a method's step."""

    def broken(*_):
        raise OSError(errno.ENOSPC, "full")

    show = Show()
    show.say = broken
    places = Places(tmp_path, tmp_path)
    running = session.Session(Store(tmp_path), places, torch.device("cpu"), show=show)
    running.interrupt()
    assert running.interrupted
    with pytest.raises(KeyboardInterrupt):
        running.interrupt()
