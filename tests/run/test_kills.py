"""Runs that are killed at any write: the same command goes on and ends in the undisturbed row."""

from __future__ import annotations

import os
import signal

import pytest

from benchmark import files
from benchmark.rows.store import Store
from support.runs import LEARNS, numbers, only_row, path_run, states, temporaries

pytestmark = pytest.mark.usefixtures("four_passes")
SAVING = ("--save-every", "0.0001s")
# Files that are renamed to their names, in order: four probes, states after five rounds, the
# reference student after each of its passes but the last, the end.
PROBES, STATES, PASSES = 4, 5, 3
SAMPLE = PROBES + STATES + PASSES
POINTS = {
    "before the first state": (PROBES, "before"),
    "after the first state": (PROBES, "after"),
    "before the second state": (PROBES + 1, "before"),
    "before the reference student is saved": (PROBES + STATES, "before"),
    "while the reference student learns": (PROBES + STATES + 1, "after"),
    "before the sample": (SAMPLE, "before"),
    "after the sample": (SAMPLE, "after"),
    "before the row": (SAMPLE + 2, "before"),
    "after the row": (SAMPLE + 2, "after"),
}


def killed(cli, command, at: int, when: str) -> None:
    """Run a command in a child that is killed at the rename number ``at``: nothing cleans up."""
    child = os.fork()
    if child:
        assert os.waitpid(child, 0)[1] == signal.SIGKILL
        return
    try:
        real, calls = os.replace, []

        def replace(*given):
            calls.append(given)
            if len(calls) <= at or when == "after":
                real(*given)
            if len(calls) > at:
                os.kill(os.getpid(), signal.SIGKILL)

        files.os.replace = replace
        cli(*command)
    finally:
        os._exit(1)  # it was not killed


@pytest.fixture
def undisturbed(cli, method_file, tmp_path):
    command = (*path_run(method_file("learns", LEARNS), 300), *SAVING)
    assert cli(*command, "--results", tmp_path / "undisturbed")[0] == 0
    return command, numbers(only_row(tmp_path / "undisturbed"))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.parametrize("point", POINTS)
def test_a_run_that_is_killed_goes_on(point, undisturbed, cli, tmp_path):
    command, row = undisturbed
    at, when = POINTS[point]
    killed(cli, command, at, when)
    results = tmp_path / "results"
    ended = point == "after the row"
    assert bool(temporaries(results)) == (when == "before" or point == "after the sample")
    assert len(list((results / "runs").glob("*.json"))) == ended
    assert len(states(results)) == (at > PROBES or when == "after")
    code, output, errors = cli(*command)
    assert code == 0, errors
    assert output.startswith("exists") == ended
    found = only_row(results)
    assert numbers(found) == row
    assert found.resumes == (not ended and point != "before the first state")
    assert ended or temporaries(results) == [], "what the killed writers left"
    assert Store(results).student(found) and Store(results).sample(found)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_run_may_be_killed_again_and_again(undisturbed, cli, tmp_path):
    command, row = undisturbed
    for _ in range(3):
        killed(cli, command, PROBES + 1, "after")  # each time two states further
    assert cli(*command)[0] == 0
    assert numbers(only_row(tmp_path / "results")) == row


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.parametrize("point", ["before the first state", "before the row", "after the row"])
def test_a_forced_run_that_is_killed_leaves_the_old_row_or_the_new(
    point, undisturbed, cli, tmp_path
):
    command, row = undisturbed
    assert cli(*command)[0] == 0
    killed(cli, (*command, "--force"), *POINTS[point])
    assert numbers(only_row(tmp_path / "results")) == row
    assert cli(*command, "--force")[0] == 0
    assert numbers(only_row(tmp_path / "results")) == row and states(tmp_path / "results") == []
