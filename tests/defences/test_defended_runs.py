"""Whole runs against a teacher behind a defence."""

from __future__ import annotations

import json

import pytest

from benchmark.rows.grouping import setting_key, title_of
from support.runs import LEARNS, forge, numbers, only_row, path_run, rows, states

ONE_STEP = ("--stop-after", "0.001s")
ASKS_AGAIN = LEARNS.replace(
    "        self.rounds = 0\n",
    "        self.rounds = 0\n        self.asked = self.oracle(torch.rand(30, *self.spec.shape))\n",
).replace("images = torch.rand(50, *self.spec.shape)", "images = torch.rand(45, *self.spec.shape)")


@pytest.fixture
def command(method_file):
    return path_run(method_file("asks_again", ASKS_AGAIN), 300)


@pytest.mark.parametrize("more", [(), ("--isolation", "process")], ids=["usual", "process"])
@pytest.mark.parametrize("defence", ["flip:0.2", "refuse-near:6.5", "refuse-near:6.5+flip:0.1"])
def test_a_run_that_is_stopped_after_every_step_ends_in_the_same_row(
    cli, command, tmp_path, defence, more
):
    given = (*command, "--defence", defence, "--no-reference", *more)
    assert cli(*given, "--results", tmp_path / "whole")[0] == 0
    stops = 0
    while (ended := cli(*given, *ONE_STEP, "--results", tmp_path / "parts"))[0] == 75:
        stops += 1
    assert ended[0] == 0 and stops >= 4, ended
    whole, parts = only_row(tmp_path / "whole"), only_row(tmp_path / "parts")
    assert numbers(parts) == numbers(whole)
    assert parts.defended_accuracy == whole.defended_accuracy < whole.teacher_accuracy
    assert whole.defence == defence


def test_a_defence_is_another_run_and_another_setting_than_none(cli, command, tmp_path):
    given = (*command, "--defence", "none,flip:0.90 rate:10/s", "--results", tmp_path)
    assert cli(*given)[0] == 0
    assert cli(*command, "--results", tmp_path)[1].startswith("exists")
    found = {row.defence: row for row in rows(tmp_path)}
    assert found.keys() == {"", "flip:0.9", "rate:10/s"}
    plain, flipped, slow = (found[name] for name in ("", "flip:0.9", "rate:10/s"))
    assert plain.defended_accuracy is None
    assert slow.labels_digest == plain.labels_digest != flipped.labels_digest
    assert slow.defended_accuracy == slow.teacher_accuracy == flipped.teacher_accuracy
    assert len({setting_key(row) for row in found.values()}) == 3
    assert "teacher behind flip:0.9" in title_of(flipped, [*found.values()])


def test_the_plan_and_the_table_name_the_defence(cli, command, tmp_path):
    given = (*command, "--defence", "flip:0.5", "--results", tmp_path)
    assert "behind flip:0.5" in cli(*given, "--dry-run")[1]
    assert cli(*given)[0] == 0
    assert "teacher behind flip:0.5" in cli("table", "--results", tmp_path)[1]


def test_a_memory_that_is_not_of_the_runs_queries_is_no_state_to_go_on_from(
    cli, command, tmp_path, monkeypatch
):
    from benchmark.defences.memory import Memory

    given = (*command, "--defence", "refuse-near:1", "--results", tmp_path)
    real = Memory.state_dict
    with monkeypatch.context() as patch:
        patch.setattr(Memory, "state_dict", lambda one: {"images": real(one)["images"][1:].clone()})
        assert cli(*given, *ONE_STEP)[0] == 75
    code, _, error = cli(*given)
    assert code == 2
    assert "no memory of the images" in error
    assert states(tmp_path)


def test_a_wrong_defence_ends_before_anything_is_asked(cli, command, tmp_path):
    code, _, error = cli(*command, "--defence", "flop:0.1", "--results", tmp_path)
    assert code == 2
    assert "Did you mean flip" in error
    assert not (tmp_path / "runs").exists()


def test_changed_labels_are_refused_where_the_teacher_tells_probabilities(cli, tmp_path):
    given = ("run", "--methods", "dfme:l1", "--dataset", "digits", "--access", "score")
    code, _, error = cli(*given, "--defence", "flip:0.1", "--dry-run", "--results", tmp_path)
    assert code == 2
    assert "changes labels alone" in error
    assert cli(*given, "--defence", "rate:5/s", "--dry-run", "--results", tmp_path)[0] == 0


def test_a_preset_takes_no_defence(cli, tmp_path):
    code, _, error = cli("run", "--preset", "table2", "--defence", "flip:0.1", "--dry-run")
    assert code == 2
    assert "leave it out" in error


def test_the_members_of_an_ensemble_are_named_where_one_is_missing(cli, command, tmp_path):
    given = (*command, "--results", tmp_path, "--defence")
    code, _, error = cli(*given, "ensemble:mlp@00000000")
    assert code == 2
    assert "there are: " in error
    member = next(word for word in error.replace(",", " ").split() if word.startswith("lenet@"))
    assert cli(*given, f"ensemble:{member}")[0] == 0
    row = only_row(tmp_path)
    assert row.defended_accuracy == row.teacher_accuracy  # a twin of the teacher


def test_another_defence_in_a_rows_file_makes_it_unsound(cli, command, tmp_path):
    assert cli(*command, "--defence", "flip:0.5", "--results", tmp_path)[0] == 0
    forge(tmp_path, defence="flip:0.4")
    found = only_row(tmp_path)
    assert found.own_id != found.id
    assert json.loads(next((tmp_path / "runs").glob("*.json")).read_text())["defence"] == "flip:0.4"
