"""A command of several runs: existing rows, --force, time limits, exit codes, new teachers."""

from __future__ import annotations

import json
import os

import pytest

from benchmark import datasets
from benchmark.files import StoreError
from benchmark.oracle import Spec
from benchmark.run import session, state_form
from benchmark.run.redone import Redone
from support.runs import LEARNS, NOISE, forge, numbers, only_row, path_run, rows, states
from support.suite import CPU
from support.teacher_files import save_teacher
from teachers.resolving import TeacherRef


def seeds(command: tuple, text: str) -> list:
    """A command of ``runs`` with other seeds."""
    position = command.index("--seeds") + 1
    return [*command[:position], text, *command[position + 1 :]]


def test_a_forced_command_that_is_stopped_goes_on_until_all_is_done(cli, method_file, tmp_path):
    command = seeds(path_run(method_file("learns", LEARNS), 300, "--no-reference"), "0,1")
    assert cli(*command)[0] == 0
    before, stops = rows(tmp_path / "results"), 0
    while (code := cli(*command, "--force", "--stop-after", "0.001s")[0]) == 75:
        stops += 1
        assert stops < 30, "it does not end"
    assert code == 0 and stops > 5
    after = rows(tmp_path / "results")
    assert [row.resumes for row in before] == [0, 0]
    assert [row.resumes for row in after] == [row.steps for row in after]  # all run again
    assert [numbers(row) for row in after] == [numbers(row) for row in before]
    assert states(tmp_path / "results") == []
    code, output, _ = cli(*command, "--force")  # that one is over: this is a new one
    assert code == 0 and output.count("done  ") == 2


def test_a_forced_plan_says_what_is_left_of_a_stopped_command(cli, method_file, tmp_path):
    command = (*seeds(path_run(method_file("learns", LEARNS)), "0,1,2"), "--force")
    assert cli(*command[:-1])[0] == 0
    for state in ("runs", "resumes", "exists"):
        if state == "exists":
            while "done  " not in cli(*command, "--stop-after", "0.001s")[1]:
                pass
        code, output, _ = cli(*command, "--dry-run")
        assert code == 0 and output.split()[0] == state
        assert "runs     learns  digits  lenet->lenet  300  seed 2" in output
        cli(*command, "--stop-after", "0.001s")


def test_another_forced_command_and_changed_code_run_everything_again(tmp_path):
    one, other = Redone(tmp_path, ["cell 0", "cell 1"]), Redone(tmp_path, ["cell 0"])
    one.add("a" * 12)
    one.add("b" * 12)
    again = Redone(tmp_path, ["cell 0", "cell 1"])
    assert "a" * 12 in again and "b" * 12 in again and "c" * 12 not in again
    assert "a" * 12 not in other
    again.clear()
    again.clear()
    assert "a" * 12 not in one and list(tmp_path.iterdir()) == []


FAILS = LEARNS.replace("return self.rounds < 6", "return self.rounds < 3 or 1 / 0")


def test_force_starts_a_failed_run_over_and_without_it_the_run_goes_on(cli, method_file, tmp_path):
    command = path_run(method_file("fails", FAILS), 300, "--save-every", "0.0001s")
    for more, resumes in ([], 0), ([], 1), (["--force"], 0):
        assert cli(*command, *more)[0] == 1
        row = only_row(tmp_path / "results")
        assert (row.status, row.steps, row.resumes) == ("failed", 2, resumes)


def test_a_state_is_stale_where_a_row_is_newer_or_nobody_can_read_it(cli, tmp_path, monkeypatch):
    cli(*NOISE, "--stop-after", "0.001s")
    (path,) = states(tmp_path / "results")
    store, form = session.Store(tmp_path / "results"), state_form.problem
    store.drop_stale_state("0" * 12, form)  # there is none
    row = store.runs / f"row-{path.stem}.json"
    for age in (None, 10):  # seconds of the row before the state
        if age:
            row.touch()
            os.utime(row, (path.stat().st_mtime - age,) * 2)
        store.drop_stale_state(path.stem, form)
        assert path.exists()
    row.touch()
    kept = path.read_bytes()
    store.drop_stale_state(path.stem, form)
    assert not path.exists()
    row.unlink()
    path.write_bytes(kept[:500])
    with pytest.raises(StoreError):
        store.load_state(path.stem, form)
    store.drop_stale_state(path.stem, form)
    assert not path.exists()


def test_what_has_a_row_is_done_however_short_the_time_is(cli, tmp_path, monkeypatch):
    late = ("--stop-after", "0.000001s")
    assert cli(*NOISE)[0] == 0
    code, output, _ = cli(*seeds(NOISE, "0,1"), *late)
    assert code == 75 and output.startswith("exists") and "stopped" in output

    def refuse(*_):
        raise AssertionError("no network is needed to see that a row is there")

    monkeypatch.setattr(session.setting, "open_setting", refuse)
    code, output, _ = cli(*NOISE, *late)
    assert code == 0 and output.startswith("exists") and output.count("\n") == 1


def test_a_row_of_another_test_set_is_no_row_of_this_one(cli, tmp_path):
    assert cli(*NOISE)[0] == 0
    forge(tmp_path / "results", data_digest="0" * 64)
    (path,) = (tmp_path / "results" / "runs").glob("*.json")
    before = path.read_bytes()
    for more in ([], ["--dry-run"]):
        code, output, errors = cli(*NOISE, *more)
        assert code == 2 and "exists" not in output and errors.count("\n") == 1
        assert "another test set called digits" in errors and "--results" in errors
        assert str(path.parent) in errors and path.read_bytes() == before
    assert cli(*NOISE, "--results", tmp_path / "other")[0] == 0
    assert cli(*NOISE, "--force")[0] == 0  # asked for in words, it replaces the row
    assert only_row(tmp_path / "results").data_digest == datasets.load("digits").test.digest


def test_a_teacher_that_is_replaced_during_a_command_is_an_error(cli, method_file, tmp_path):
    here = save_teacher(tmp_path / "teachers", 1)
    save_teacher(tmp_path / "new", 2)
    replace = "import shutil\n        "
    replace += f"shutil.copytree({str(tmp_path / 'new')!r}, {str(here.parent)!r}, "
    body = LEARNS.replace("images =", f"{replace}dirs_exist_ok=True)\n        images =", 1)
    old = json.loads(here.with_suffix(".json").read_text())["sha256"]
    command = seeds(path_run(method_file("swaps", body)), "0,1")
    code, _, errors = cli(*command, "--allow-weak-teacher")
    assert code == 2 and errors.count("\n") == 1
    assert f"{here} was replaced by another teacher" in errors and "start it again" in errors
    row = only_row(tmp_path / "results")
    assert (row.seed, row.teacher_sha) == (0, old)
    assert "not-compared" in row.flags  # the student, with the teacher that it had


def test_the_same_teacher_saved_again_is_the_same(tmp_path):
    file = save_teacher(tmp_path, 1)
    teacher = TeacherRef.of(file)
    here = session.setting.Setting(
        "digits", "", Spec((1, 16, 16), 10, CPU), "", teacher, 0.0, None, None, None
    )
    save_teacher(tmp_path, 1)
    assert not here.load_teacher().training
