"""``bench tune``: trials that are runs, that go on after a stop, and that read no test image."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace

import pytest

from benchmark.datasets import built_in
from benchmark.rows.checksum import OLDER, checksum
from benchmark.rows.store import Store
from benchmark.run import behind, registry
from benchmark.tuning import sets, trials
from support.runs import LEARNS, states
from support.sets import without_test_split
from teachers import cards, recipe, shelf

QUICK = ("--dataset", "digits", "--device", "cpu", "--budget", "300")
CONFIG = """
    space = {{"": {{"rate": (1e-3, 1.0), "asked": {asked}}}}}

    @dataclass(frozen=True)
    class Config:
        rate: float = param(0.1, "a test", low=0)
        asked: int = param(50, "a test", low=1)

    @classmethod
    def least_budget(cls, config, spec):
        return 6 * config.asked
"""
BODY = CONFIG.format(asked="(10, 50)") + LEARNS.replace("0.1)", "self.config.rate)").replace(
    "torch.rand(50,", "torch.rand(self.config.asked,"
)
FAILS = 'if self.config.rate != 0.1:\n            raise ValueError("too fast")\n        images = '
FAILING = BODY.replace("images = ", FAILS)


@pytest.fixture(scope="session")
def shelf_of_tuning(tmp_path_factory):
    """A teacher of the tuning set of digits, trained for two epochs, without any test image."""
    from benchmark.datasets.held_out import held_out
    from benchmark.run.setting import train_teacher
    from support.suite import CPU

    folder = tmp_path_factory.mktemp("tuning") / "teachers"
    part = held_out(without_test_split(built_in.load_digits()))
    chosen = replace(recipe.schedule(part, "lenet"), epochs=2)
    train_teacher(part, "lenet", folder, CPU, chosen)
    return folder


@pytest.fixture
def tune(cli, monkeypatch, shelf_of_tuning, method_file, tmp_path):
    """``tune(*arguments, body=, results=) -> (code, output, errors)`` without any test image."""
    unread = without_test_split(built_in.load_digits())
    monkeypatch.setitem(built_in.BUILT_IN, "digits", lambda: unread)

    def run(*more, body: str = BODY, results: str = "results"):
        folder = tmp_path / results
        if not (folder / "tuning" / "teachers").exists():
            shutil.copytree(shelf_of_tuning, folder / "tuning" / "teachers")
        path = method_file("quick", body)
        return cli("tune", path, *QUICK, "--results", folder, *more)

    return run


def made(tmp_path, results: str = "results") -> list[dict]:
    studies, unsound = trials.read_all(tmp_path / results / "tuning")
    assert not unsound and len(studies) == 1
    return studies[0]


def numbers(found: list[dict]) -> list[dict]:
    """All of trials that must not depend on interruptions."""
    names = ("number", "params", "config", "status", "reason", "score", "accuracies", "runs")
    return [{name: one[name] for name in (*names, "study")} for one in found]


def test_a_trial_is_a_metered_run_that_no_test_image_judges(tune, tmp_path):
    code, output, errors = tune("--trials", "3")
    assert (code, errors) == (0, ""), output
    found, rows = made(tmp_path), Store(tmp_path / "results" / "tuning").rows()
    assert [one["number"] for one in found] == [0, 1, 2]
    assert found[0]["params"] == {"rate": 0.1, "asked": 50} != found[1]["params"]
    by_id = {row.id: row for row in rows}
    for one in found:
        (row,) = [by_id[name] for name in one["runs"].values()]
        assert row.queries == 6 * one["params"]["asked"] and row.seed == one["seed"] == 100
        assert (
            row.dataset == "tuning:digits"
            and row.data_digest == (one["sets"]["digits"]["test_digest"])
        )
        assert one["score"] == row.accuracy == one["accuracies"]["digits"]
        assert one["config"] == one["params"] and one["device"] == row.device
        assert one["sets"]["digits"]["teacher_sha"] == row.teacher_sha
    assert not (tmp_path / "results" / "runs").exists()
    assert "trial 3 of 3" in output and f"best {max(one['score'] for one in found):.2f} %" in output


def test_the_teacher_of_a_trial_lies_in_the_folder_of_the_tuning_with_its_card(tune, tmp_path):
    assert tune("--trials", "1")[0] == 0
    (card,) = [c for c in shelf.catalogue(tmp_path / "results/tuning/teachers") if not c["shipped"]]
    one = made(tmp_path)[0]["sets"]["digits"]
    assert cards.digests(card) == (one["train_digest"], one["test_digest"])
    assert card["sha256"] == one["teacher_sha"]
    assert one["test_digest"] != built_in.load_digits().test.digest


def test_a_tuning_that_was_stopped_goes_on_as_if_it_had_not_been(tune, tmp_path):
    assert tune("--trials", "4")[0] == 0
    code, output, _ = tune("--trials", "4", "--stop-after", "0.001s", results="parts")
    assert code == 75 and "the same command goes on from here" in output
    for count in ("2", "3", "4"):
        assert tune("--trials", count, results="parts")[0] == 0
    assert numbers(made(tmp_path, "parts")) == numbers(made(tmp_path))
    assert states(tmp_path / "parts" / "tuning") == []
    again, before = tune("--trials", "4", results="parts"), made(tmp_path, "parts")
    assert "4 trials are there already" in again[1] and made(tmp_path, "parts") == before


def test_a_trial_whose_file_was_lost_is_made_again_as_it_was(tune, tmp_path):
    assert tune("--trials", "3")[0] == 0
    before = numbers(made(tmp_path))
    next((tmp_path / "results" / "tuning" / "trials").glob("*/001.json")).unlink()
    code, output, _ = tune("--trials", "3")
    assert code == 0 and "exists   quick" in output  # its run has its row
    assert numbers(made(tmp_path)) == before


def test_ctrl_c_saves_the_run_and_the_same_command_goes_on(tune, tmp_path, monkeypatch):
    body = BODY.replace(
        "self.rounds += 1",
        'self.rounds += 1\n        os.environ.pop("STOP", "") and os.kill(os.getpid(), 2)',
    ).replace("def setup(self):", "def setup(self):\n        global os\n        import os")
    monkeypatch.setenv("STOP", "1")
    code, output, _ = tune("--trials", "2", body=body)
    assert code == 75 and "stopping after this step" in output
    assert len(states(tmp_path / "results" / "tuning")) == 1
    assert tune("--trials", "2", body=body)[0] == 0
    assert [one["number"] for one in made(tmp_path)] == [0, 1] and "STOP" not in os.environ


def test_a_trial_that_fails_is_kept_with_its_reason_and_others_follow(tune, tmp_path):
    code, output, _ = tune("--trials", "3", body=FAILING)
    found = made(tmp_path)
    assert code == 0 and [one["status"] for one in found] == ["complete", "failed", "failed"]
    assert found[1]["reason"] == "digits: ValueError: too fast" and found[1]["score"] is None
    assert "trial 2 of 3  failed: digits: ValueError: too fast" in output
    assert tune("--trials", "4", body=FAILING)[0] == 0
    assert numbers(made(tmp_path))[:3] == numbers(found)


def test_values_that_a_method_cannot_work_with_make_a_failed_trial(tune, tmp_path):
    body = BODY.replace("(10, 50)", "(50, 5000)")
    assert tune("--trials", "2", body=body)[0] == 0
    second = made(tmp_path)[1]
    assert second["status"] == "failed" and second["runs"] == {} == second["accuracies"]
    assert "works with a budget of" in second["reason"] and second["params"]["asked"] > 50


def test_a_tuning_without_any_number_is_a_failure(tune):
    code, output, _ = tune("--trials", "1", body=FAILING.replace("rate != 0.1", "rate == 0.1"))
    assert code == 1 and "failed: digits: ValueError" in output


def test_a_file_that_was_changed_is_named_and_never_written_over(tune, cli, tmp_path):
    assert tune("--trials", "2")[0] == 0
    path = next((tmp_path / "results" / "tuning" / "trials").glob("*/001.json"))
    good = path.read_text()
    forged = json.loads(good) | {"score": 99.0}
    other = forged | {"number": 5}
    for text, wrong in {
        json.dumps(forged): "its checksum does not fit",
        good[:100]: "is torn or no JSON",
        json.dumps(forged | {"reason": "both"}): "has a score and a failed one a reason",
        json.dumps(other | {"seal": checksum(other, OLDER)}): "holds trial 5",
    }.items():
        path.write_text(text)
        code, _, errors = tune("--trials", "3")
        assert code == 2 and str(path) in errors and wrong in errors and errors.count("\n") == 1
        code, output, errors = cli("tune", "--list", "--results", tmp_path / "results")
        assert code == 1 and wrong in errors and "| quick" in output
        assert path.read_text() == text


def test_a_trial_is_written_once(tune, tmp_path):
    assert tune("--trials", "1")[0] == 0
    (one,) = made(tmp_path)
    study = trials.Study(
        tmp_path / "results" / "tuning", {name: one[name] for name in trials.STUDY}
    )
    assert study.id == one["study"] and study.trials() == [one]
    with pytest.raises(trials.StoreError, match="never written twice"):
        study.write(one)


def test_two_at_once_are_refused(tune, tmp_path):
    assert tune("--trials", "1")[0] == 0
    store = Store(tmp_path / "results" / "tuning")
    with store.claim(made(tmp_path)[0]["study"]):
        code, output, _ = tune("--trials", "2")
    assert code == 75 and " tunes quick (it holds " in output
    assert len(made(tmp_path)) == 1


def test_another_space_begins_another_study_and_the_list_shows_both(tune, cli, tmp_path):
    assert tune("--trials", "2")[0] == 0
    assert tune("--trials", "1", body=BODY.replace("(10, 50)", "(20, 50)"))[0] == 0
    studies, _ = trials.read_all(tmp_path / "results" / "tuning")
    assert sorted(map(len, studies)) == [1, 2]
    code, text, _ = cli("tune", "--list", "--results", tmp_path / "results")
    assert code == 0 and text.count("| quick v1 ") == 2
    assert "Teachers, trained without the images that judge: digits" in text
    assert f"fewer than {sets.TRIALS} trials" in text and "no test image was read" in text
    out = tmp_path / "tuned.md"
    assert cli("tune", "--list", "--results", tmp_path / "results", "-o", out)[0] == 0
    assert out.read_text().strip() == text.strip()


def test_the_best_trial_and_the_defaults_stand_side_by_side(tune, cli, tmp_path):
    assert tune("--trials", "3")[0] == 0
    found = made(tmp_path)
    best = max(found, key=lambda one: one["score"])
    _, text, _ = cli("tune", "--list", "--results", tmp_path / "results")
    (line,) = [line for line in text.splitlines() if line.startswith("| quick")]
    parts = [part.strip() for part in line.strip("|").split("|")]
    gain = f"{best['score'] - found[0]['score']:+.2f}"
    assert parts[1:5] == ["3 †", f"{found[0]['score']:.2f}", f"{best['score']:.2f}", gain]
    assert ("the defaults" if best["number"] == 0 else f"rate={best['params']['rate']}") in parts[5]


def test_no_row_of_a_table_is_touched_by_spaces():
    """The source that a row names is the method's file without its space."""
    entry = registry.find("ideal")
    content = entry.files[0].read_bytes()
    assert entry.method.space and b"    space = {" in content
    assert behind.digest(entry.files) == entry.source_sha
