"""A system that lets no file grow beyond a size, as batch systems do: nothing is lost by it."""

from __future__ import annotations

import contextlib

import pytest
import torch

from benchmark.rows.packed import pack, unpack
from benchmark.rows.store import Store
from support.runs import LEARNS, NOISE, numbers, only_row, path_run, states, temporaries

resource = pytest.importorskip("resource")


@contextlib.contextmanager
def files_of_at_most(size: int):
    """The kernel refuses to let a file of this process grow beyond ``size`` bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_run_whose_files_may_not_grow_is_kept_and_goes_on(cli, method_file, tmp_path):
    command = (*path_run(method_file("learns", LEARNS), 300), "--no-reference")
    assert cli(*command, "--results", tmp_path / "undisturbed")[0] == 0
    with files_of_at_most(40_000):  # a row fits, a state and a student do not
        code, output, errors = cli(*command, "--save-every", "0.0001s")
    assert code == 2 and "File too large; the run goes on and tries again" in output
    assert errors.count("\n") == 1 and "File too large; the run has ended, and " in errors
    assert list((tmp_path / "results" / "runs").iterdir()) == []
    assert states(tmp_path / "results") == [] == temporaries(tmp_path / "results")
    assert cli(*command)[0] == 0
    row = only_row(tmp_path / "results")
    assert numbers(row) == numbers(only_row(tmp_path / "undisturbed")) and row.flags == ()
    assert Store(tmp_path / "results").holds(row, "student", "sample")


def test_a_journal_that_may_not_grow_ends_the_run_with_no_answer_unwritten(cli, tmp_path):
    with files_of_at_most(12 * 300):  # of 500 queries
        code, _, errors = cli(*NOISE, "--no-reference")
    assert code == 2 and errors.count("\n") == 1
    assert ".queries: File too large; the run ends there" in errors
    assert cli(*NOISE, "--no-reference")[0] == 0
    row = only_row(tmp_path / "results")
    assert (row.queries, row.asked_in_all) == (500, 500)


@pytest.mark.parametrize("journalled", [True, False])
def test_a_state_that_does_not_fit_its_run_is_named(journalled, cli, tmp_path):
    """As where somebody puts the state of another run under the name of this one."""
    command = (*NOISE, "--no-reference")
    assert cli(*command, "--stop-after", "0.001s")[0] == 75
    (path,) = states(tmp_path / "results")
    state = unpack(path.read_bytes())
    if not journalled:  # as in earlier suites: nothing but the budget refuses it
        del state["asked"]
    for name in ("hashes", "labels"):
        state["account"][name] = torch.zeros(501, dtype=state["account"][name].dtype)
    path.write_bytes(pack(state))
    code, _, errors = cli(*command)
    assert errors.count("\n") == 1
    if journalled:
        assert code == 1 and f"delete {path} to start that run over" in errors
    else:
        assert code == 2
        assert f"{path} is of another run (501 queries on a budget of 500); delete it to" in errors
    path.unlink()
    assert cli(*command)[0] == 0
