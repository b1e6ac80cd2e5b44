"""Whole runs against a teacher behind a defence."""

from __future__ import annotations

import json
import shutil

import pytest
from click.testing import CliRunner

from benchmark.cli.main import cli as main_command
from benchmark.rows.grouping import setting_key, title_of
from support.audits import audited
from support.runs import LEARNS, NOISE, forge, numbers, only_row, path_run, rows, states
from support.teacher_files import save_teacher

ONE_STEP = ("--stop-after", "0.001s")
ASKS_AGAIN = LEARNS.replace(
    "        self.rounds = 0\n",
    "        self.rounds = 0\n        self.asked = self.oracle(torch.rand(30, *self.spec.shape))\n",
).replace("images = torch.rand(50, *self.spec.shape)", "images = torch.rand(45, *self.spec.shape)")


@pytest.fixture
def command(method_file):
    return path_run(method_file("asks_again", ASKS_AGAIN), 300, "--no-reference")


@pytest.fixture
def defence(request, tmp_path):
    """A text with the twin of an ensemble: a network for digits that has learnt nothing."""
    path = save_teacher(tmp_path / "teachers", 1, "mlp")
    sha = json.loads(path.with_suffix(".json").read_text())["sha256"][:8]
    return request.param.replace("ensemble", f"ensemble:mlp@{sha}")


DEFENCES = ("flip:0.2", "refuse-near:6.5", "ensemble", "rate:9/min")
TOGETHER = "ensemble+refuse-near:6.5+flip:0.1"


@pytest.mark.parametrize("defence", [*DEFENCES, TOGETHER], indirect=True)
def test_a_run_made_again_and_one_that_is_stopped_end_in_the_same_row(
    cli, command, tmp_path, defence
):
    given = (*command, "--defence", defence, "--results")
    assert cli(*given, tmp_path / "whole")[0] == 0
    assert cli(*given, tmp_path / "again")[0] == 0
    for _ in range(2):
        assert cli(*given, tmp_path / "parts", *ONE_STEP)[0] == 75
    assert cli(*given, tmp_path / "parts")[0] == 0
    whole, again, parts = (only_row(tmp_path / name) for name in ("whole", "again", "parts"))
    assert parts.resumes == 2 and whole.defence == defence and whole.asked_in_all == 300
    for other in (again, parts):
        assert numbers(other) == numbers(whole)
        assert other.defended_accuracy == whole.defended_accuracy
    assert parts.asked_in_all == 300


@pytest.mark.parametrize("defence", [TOGETHER], indirect=True)
def test_a_run_that_was_killed_after_it_had_asked_on_ends_in_the_undisturbed_row(
    cli, command, tmp_path, defence
):
    given = (*command, "--defence", defence, "--results")
    assert cli(*given, tmp_path / "parts", *ONE_STEP)[0] == 75
    (state,) = states(tmp_path / "parts")
    last = state.read_bytes()
    for _ in range(2):
        assert cli(*given, tmp_path / "parts", *ONE_STEP)[0] == 75
    state.write_bytes(last)  # that of the kill: the journal holds what was asked after it
    assert cli(*given, tmp_path / "parts")[0] == 0
    assert cli(*given, tmp_path / "whole")[0] == 0
    whole, parts = only_row(tmp_path / "whole"), only_row(tmp_path / "parts")
    assert numbers(parts) == numbers(whole)
    assert parts.asked_in_all == 300


@pytest.mark.slow
@pytest.mark.parametrize("defence", [TOGETHER], indirect=True)
def test_a_method_in_a_process_of_its_own_gets_the_same_answers(cli, command, tmp_path, defence):
    given = (*command, "--defence", defence, "--results")
    own = (tmp_path / "process", "--isolation", "process")
    assert cli(*given, *own, *ONE_STEP)[0] == 75
    assert cli(*given, *own)[0] == 0
    assert cli(*given, tmp_path / "thread")[0] == 0
    assert numbers(only_row(tmp_path / "process")) == numbers(only_row(tmp_path / "thread"))


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


def test_an_endpoint_takes_no_defence_but_its_owners(cli, tmp_path):
    described = tmp_path / "prices.toml"
    described.write_text("")
    given = ("run", "--methods", "noise", "--dataset", "digits", "--results", tmp_path)
    given = (*given, "--teacher", f"endpoint:{described}", "--dry-run", "--defence")
    code, _, error = cli(*given, "flip:0.1")
    assert code == 2
    assert "defences of its owner" in " ".join(error.split())
    assert "defences of its owner" not in cli(*given, "none")[2]


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


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """A store with a row behind a defence and its images, which no test may change."""
    folder = tmp_path_factory.mktemp("defended")
    more = ("--no-reference", "--keep-bought", "--isolation", "thread")
    asked = (*NOISE, "--defence", "flip:0.25+refuse-near:0.5", *more, "--results", folder)
    assert CliRunner().invoke(main_command, [str(one) for one in asked]).exit_code == 0
    return folder


@pytest.fixture
def results(store, tmp_path):
    """A copy of that store."""
    return shutil.copytree(store, tmp_path / "copy")


def test_the_row_says_what_honest_users_lose(results):
    row = only_row(results)
    assert row.teacher_accuracy - row.defended_accuracy == pytest.approx(25, abs=6)


def test_an_audit_makes_a_defended_row_again(cli, results):
    code, output = audited(cli, results)
    assert code == 0 and "all exact parts are equal" in output
    assert "behind flip:0.25+refuse-near:0.5" in output


def test_an_audit_finds_a_forged_loss_of_honest_users(cli, results):
    forge(results, defended_accuracy=99.0)
    code, output = audited(cli, results)
    assert code == 1 and "defended_accuracy is" in output


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"defended_accuracy": None}, "both or neither"),
        ({"defence": ""}, "not that of its settings"),
    ],
)
def test_an_audit_finds_half_a_defence(cli, results, changes, said):
    forge(results, **changes)
    code, output = audited(cli, results)
    assert code == 1 and said in " ".join(output.split())


def test_another_defence_in_a_rows_file_makes_it_unsound(cli, results):
    forge(results, defence="flip:0.4")
    found = only_row(results)
    assert found.own_id != found.id
