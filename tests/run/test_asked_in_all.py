"""The journal of a run and its row: what all starts asked, and what becomes of a lost journal."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from benchmark.rows.packed import pack, unpack
from support.runs import ASKS, LEARNS, numbers, only_row, path_run, rows, states

FORGETS = f"""
    def step(self):
        import os, time
        torch.manual_seed(time.time_ns() % 2**31)
        {ASKS.format(60)}
        if os.environ.get("ENDS"):
            raise KeyboardInterrupt
        return self.oracle.remaining >= 60
"""
STOPS, ALONE = ("--stop-after", "0.001s"), "--no-reference"


@pytest.fixture
def command(method_file):
    return path_run(method_file("learns", LEARNS), 300, ALONE)


@pytest.fixture
def stopped(command, cli, tmp_path) -> Path:
    """The journal of a run that has a state and no row."""
    assert cli(*command, *STOPS)[0] == 75
    return journal_in(tmp_path)


def journal_in(folder: Path) -> Path:
    (path,) = (folder / "results" / ".journal").iterdir()
    return path


def told(output: str) -> str:
    return " ".join(output.split())


def test_a_run_that_forgets_what_it_asked_is_found_out(cli, method_file, tmp_path, monkeypatch):
    command = path_run(method_file("forgets", FORGETS), 120, ALONE)
    monkeypatch.setenv("ENDS", "1")
    for _ in range(3):
        assert cli(*command)[0] != 0
    monkeypatch.delenv("ENDS")
    code, output, _ = cli(*command)
    row = only_row(tmp_path / "results")
    assert (code, row.queries, row.asked_in_all) == (0, 120, 300)
    assert "asked-more" in row.flags and "asked-more" in output and row.rerun == 0


def test_a_run_that_is_stopped_and_goes_on_has_asked_no_more(command, cli, tmp_path, stopped):
    assert cli(*command)[0] == 0
    row = only_row(tmp_path / "results")
    assert row.resumes == 1 and row.asked_in_all == row.queries == 300
    before = stopped.read_bytes()
    assert cli(*command, "--force")[0] == 0
    again = only_row(tmp_path / "results")
    assert again.asked_in_all == 300 and "asked-more" not in again.flags and again.rerun == 0
    assert stopped.read_bytes() == before and numbers(again) == numbers(row)


@pytest.mark.parametrize(("body", "asked"), [(LEARNS, 300), (FORGETS, 360)])
def test_an_older_state_that_is_put_back_forgets_no_query(body, asked, cli, method_file, tmp_path):
    command = path_run(method_file("learns", body), 300, ALONE)
    assert cli(*command, *STOPS)[0] == 75
    (path,) = states(tmp_path / "results")
    older = path.read_bytes()
    assert cli(*command, *STOPS)[0] == 75
    path.write_bytes(older)
    assert cli(*command)[0] == 0
    row = only_row(tmp_path / "results")
    assert row.queries == 300 and row.asked_in_all == asked
    assert ("asked-more" in row.flags) == (asked > 300)


def test_a_rerun_under_changed_code_is_called_so_and_no_accusation(cli, method_file, tmp_path):
    for rate, rerun in (0.1, 0), (0.2, 300), (0.3, 600), (0.1, 600):
        path = method_file("learns", LEARNS.replace("0.1)", f"{rate})"))
        assert cli(*path_run(path), "--force", ALONE)[0] == 0
        row = only_row(tmp_path / "results")
        assert (row.asked_in_all, row.rerun, row.flags) == (300, rerun, ())
    assert len(list((tmp_path / "results" / ".journal").iterdir())) == 3


def test_a_journal_of_other_code_that_cannot_be_read_is_named_and_the_run_goes_on(
    cli, method_file, tmp_path
):
    assert cli(*path_run(method_file("learns", LEARNS)), ALONE)[0] == 0
    journal_in(tmp_path).write_bytes(b"x")
    code, output, _ = cli(
        *path_run(method_file("learns", LEARNS + "\n    a = 1")), "--force", ALONE
    )
    assert code == 0 and "not counted as a rerun:" in output
    assert only_row(tmp_path / "results").rerun == 0


def test_text_that_computes_the_same_makes_no_rerun(cli, method_file, tmp_path, monkeypatch):
    assert cli(*path_run(method_file("learns", LEARNS)), ALONE)[0] == 0
    older = only_row(tmp_path / "results").method_sha
    path = method_file("learns", LEARNS + "    # a remark\n")
    newer = "benchmark.run.registry._renamed"
    assert cli(*path_run(path), "--force", ALONE)[0] == 0
    row = only_row(tmp_path / "results")
    assert row.rerun == 300
    monkeypatch.setattr(newer, lambda: {older: row.method_sha})
    assert cli(*path_run(path), "--force", ALONE)[0] == 0
    assert only_row(tmp_path / "results").rerun == 0


HARM = {
    "deleted": (lambda path: path.unlink(), ", the journal of the run, is missing"),
    "emptied": (lambda path: path.write_bytes(b""), "has 0 records, but the saved state knows of "),
    "cut": (lambda path: os.truncate(path, path.stat().st_size - 28), "it was cut or exchanged"),
    "foreign": (lambda path: path.write_bytes(b"x" * 999), "is no journal of this suite"),
    "damaged": (
        lambda path: path.write_bytes(path.read_bytes()[:100] + b"x" + path.read_bytes()[101:]),
        "is damaged at record 0, and whole again from record 1 on",
    ),
}


@pytest.mark.parametrize("harm", HARM)
def test_a_state_without_its_journal_does_not_go_on(harm, command, cli, tmp_path, stopped):
    before = stopped.read_bytes()
    act, words = HARM[harm]
    act(stopped)
    for more in ((), ("--force",)):
        code, output, errors = cli(*command, *more)
        said = told(output + errors)
        assert code == 1 and words in said and "Traceback" not in said
        (state,) = states(tmp_path / "results")
        cure = f"put back the journal of that state, or delete {state} to start that run over"
        assert cure in said and "--force runs it anew" not in said
        assert rows(tmp_path / "results") == []
    stopped.write_bytes(before)
    assert cli(*command)[0] == 0
    row = only_row(tmp_path / "results")
    assert row.asked_in_all == row.queries == 300 and row.resumes == 1


def test_where_the_state_is_deleted_too_the_run_starts_over(command, cli, tmp_path, stopped):
    stopped.unlink()
    states(tmp_path / "results")[0].unlink()
    assert cli(*command)[0] == 0
    row = only_row(tmp_path / "results")
    assert row.asked_in_all == 300 and row.resumes == 0


@pytest.mark.parametrize("content", [b"x" * 999, b"queries1" + b"\0" * 200])
def test_a_foreign_journal_is_named_with_its_cure_where_there_is_no_state(
    content, command, cli, tmp_path
):
    assert cli(*command)[0] == 0
    journal_in(tmp_path).write_bytes(content)
    code, output, errors = cli(*command, "--force")
    assert code == 1 and "move it away" in errors + output
    journal_in(tmp_path).unlink()
    assert cli(*command, "--force")[0] == 0


def test_a_torn_record_is_cut_off_and_said_and_the_run_goes_on(command, cli, tmp_path, stopped):
    whole = stopped.read_bytes()
    stopped.write_bytes(whole + b"x" * 13)
    code, output, _ = cli(*command)
    assert code == 0 and "ended in a torn record: its last 13 bytes are cut off" in told(output)
    row = only_row(tmp_path / "results")
    assert row.asked_in_all == 300 and row.flags == ()


def test_a_state_of_an_earlier_suite_goes_on_and_its_row_says_what_it_knows(
    method_file, cli, tmp_path
):
    command = path_run(method_file("learns", LEARNS))
    assert cli(*command, *STOPS)[0] == 75
    (path,) = states(tmp_path / "results")
    state = unpack(path.read_bytes())
    del state["asked"]
    path.write_bytes(pack(state))
    journal_in(tmp_path).unlink()
    for more, code in (STOPS, 75), ((), 0):
        found, output, _ = cli(*command, *more)
        assert found == code and "begun by a suite without this journal" in told(output)
    row = only_row(tmp_path / "results")
    assert row.asked_in_all is None and row.reference_accuracy is None and row.queries == 300
    assert row.flags == ()
