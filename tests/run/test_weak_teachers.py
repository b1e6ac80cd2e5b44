"""A teacher that hardly beats a constant answer: refused, or its rows say so."""

from __future__ import annotations

import pytest
import torch

from benchmark import datasets
from benchmark.run import session
from benchmark.run.setting import weakness
from support.runs import LEARNS, only_row, path_run, rows
from support.teacher_files import save_teacher
from teachers import cards

RULES = [  # accuracy in %, images of each class, weak
    (54.99, (50, 50), True),
    (55.0, (50, 50), False),
    (14.99, (10,) * 10, True),
    (15.0, (10,) * 10, False),
    (74.9, (70, 10, 20), True),
    (75.0, (70, 10, 20), False),
    (38.0, (0, 0, 10), True),  # classes without a test image are classes
    (100.0, (0, 0, 10), False),
    (96.9, (94, 6), True),  # between 94 and 100 there is no room for more
    (97.0, (94, 6), False),
    (0.0, (5, 5), True),
]


@pytest.mark.parametrize(("accuracy", "counts", "weak"), RULES)
def test_a_teacher_must_beat_the_largest_class_and_chance(accuracy, counts, weak):
    assert bool(weakness(accuracy, counts)) == weak


@pytest.fixture
def untrained(tmp_path):
    """The file of a teacher of digits that has learnt nothing, in the place of one's own."""
    return save_teacher(tmp_path / "teachers", 1)


def test_a_weak_teacher_is_refused_before_anything_else_is_done(
    untrained, cli, method_file, tmp_path
):
    command = path_run(method_file("learns", LEARNS))
    for more in ([], ["--dry-run"], ["--force"], ["--teacher", untrained]):
        code, output, errors = cli(*command, *more)
        assert (code, output) == (2, "") and errors.count("\n") == 1
        assert f"the teacher {untrained} is weak: " in errors and "--allow-weak-teacher" in errors
        assert "(the largest class alone gives 10.1" in errors
    assert not (tmp_path / "results").exists()


def test_a_command_with_one_weak_teacher_among_sound_ones_runs_nothing(
    untrained, cli, method_file, tmp_path
):
    command = path_run(method_file("learns", LEARNS))
    weak = untrained.rename(untrained.with_name("digits-mlp.safetensors"))
    cards.card_of(untrained).rename(cards.card_of(weak))
    text = cards.card_of(weak).read_text().replace('"lenet"', '"mlp"')
    cards.card_of(weak).write_text(text)
    code, output, errors = cli(*command, "--teacher", "lenet,mlp")
    assert (code, output) == (2, "") and f"the teacher {weak} is weak" in errors
    assert not (tmp_path / "results").exists()


def test_rows_of_a_weak_teacher_are_flagged_and_stay_done(untrained, cli, method_file, tmp_path):
    command = path_run(method_file("learns", LEARNS))
    assert cli(*command, "--allow-weak-teacher")[0] == 0
    row = only_row(tmp_path / "results")
    assert row.flags == ("weak-teacher",) and row.teacher_accuracy < 15
    code, output, _ = cli(*command)  # no query is spent any more
    assert code == 0 and output.startswith("exists ")
    assert cli(*command, "--force")[0] == 2 and only_row(tmp_path / "results") == row
    assert "weak-teacher" in cli("table")[1]
    code, output, _ = cli("check", "--against", tmp_path / "results", "--device", "cpu")
    assert code in (0, 2)  # the method is none of the suite's


def test_a_teacher_measured_on_other_data_is_measured_here(cli, method_file, tmp_path):
    file = save_teacher(tmp_path / "teachers", 1)
    text = file.with_suffix(".json").read_text()
    digits = datasets.load("digits")
    accuracy = cards.read_card(file)["accuracy"]
    foreign = text.replace('"digits"', '"folder:pets"').replace(digits.test_digest, "0" * 64)
    foreign = foreign.replace(f'"accuracy": {accuracy}', '"accuracy": 99.0')
    pets = tmp_path / "pets"
    pets.mkdir()
    card = cards.strict_json(foreign.encode())
    other = pets / f"{cards.stems(card)[0]}.safetensors"
    other.write_bytes(file.read_bytes())
    cards.card_of(other).write_text(foreign)
    code, output, errors = cli(*path_run(method_file("learns", LEARNS)), "--teacher", other)
    assert code == 2 and f"the teacher {other} is weak: {accuracy:.2f} %" in errors
    assert "done" not in output and rows(tmp_path / "results") == []


def test_a_sound_teacher_is_not_flagged(cli, method_file, tmp_path):
    assert cli(*path_run(method_file("learns", LEARNS)))[0] == 0
    row = only_row(tmp_path / "results")
    assert row.flags == () and row.teacher_shipped


def test_training_a_weak_teacher_says_so_last_and_exits_with_1(cli, tmp_path, monkeypatch):
    def learns_nothing(data, architecture, plan, seed, device, on_epoch):
        torch.manual_seed(seed)
        return session.setting.architectures.build(architecture, data.shape, 10).eval()

    monkeypatch.setattr(session.setting.training, "train", learns_nothing)
    code, output, _ = cli("teacher", "train", "--dataset", "digits")
    (file,) = (tmp_path / "teachers").glob("*.safetensors")
    accuracy = cards.read_card(file)["accuracy"]
    assert code == 1 and accuracy < 15  # that of the saved teacher, not the recipe's
    saved, last = output.splitlines()[-2:]
    assert saved == f"{accuracy:.2f} % on the test set, saved as {file}"
    assert last.startswith(f"weak: {accuracy:.2f} % on the test set is less than 15.1")
    assert "--allow-weak-teacher" in last
