"""A teacher of another recipe beside the usual one: its card, its file, and who finds it."""

from __future__ import annotations

import json
from dataclasses import asdict
from types import SimpleNamespace

import pytest
import torch

from benchmark.errors import BenchError
from benchmark.nets.architectures import build
from support.noise_teachers import RECIPE, noise_set, save
from support.runs import rows
from support.sets import RUN
from support.tiny_formats import write_folder
from teachers import cards, shelf
from teachers.recipe import schedule

MNIST = noise_set("mnist")
FLOWERS = noise_set("folder:flowers")


def save_named(folder, dataset, name):
    path = shelf.path_for(folder, dataset, "lenet", name)
    torch.manual_seed(7)
    module = build("lenet", dataset.shape, 2)
    cards.save(module, path, dataset, "lenet", RECIPE, 7, name)
    return path


def recipe_of(**changes):
    data = SimpleNamespace(
        name="mnist", shape=(1, 28, 28), train=SimpleNamespace(labels=torch.zeros(60_000))
    )
    return schedule(data, "lenet", **changes)


@pytest.mark.parametrize(
    ("augmentation", "padding"), [("none", 0), ("flip", 0), ("crop", 4), ("crop+flip", 4)]
)
def test_an_augmentation_that_was_asked_for_brings_its_shifts_however_short_the_training(
    augmentation, padding
):
    found = recipe_of(augmentation=augmentation, weight_decay=5e-4, epochs=1)
    changed = {"augmentation": augmentation, "padding": padding, "weight_decay": 5e-4, "epochs": 1}
    assert asdict(found) == asdict(recipe_of()) | changed


def test_a_change_that_was_not_asked_for_changes_nothing():
    assert recipe_of(augmentation=None, weight_decay=None) == recipe_of()
    assert recipe_of(weight_decay=0.0).weight_decay == 0


@pytest.mark.parametrize("dataset", [MNIST, FLOWERS], ids=lambda of: of.name)
def test_a_named_teacher_never_is_the_usual_one_of_its_data(dataset, tmp_path):
    named = save_named(tmp_path, dataset, "shifts")
    assert named.stem.endswith("-shifts") and cards.load(named).card["name"] == "shifts"
    assert shelf.find(dataset, "lenet", tmp_path) is None
    assert named not in shelf.namesakes(noise_set(dataset.name, 1), "lenet", tmp_path)
    usual = save(tmp_path, dataset)
    assert usual != named and "name" not in cards.read_card(usual)
    assert shelf.find(dataset, "lenet", tmp_path) == usual
    assert shelf.path_for(tmp_path, dataset, "lenet", "shifts") == named  # for --force
    assert not shelf.path_for(tmp_path, dataset, "lenet", "other").exists()
    cards.card_of(named).write_text("{")  # a broken one is in nobody else's way
    assert shelf.find(dataset, "lenet", tmp_path) == usual
    assert shelf.path_for(tmp_path, dataset, "lenet", "shifts") == named


def test_a_named_teacher_of_other_data_is_not_replaced(tmp_path):
    first = save_named(tmp_path, MNIST, "shifts")
    second = save_named(tmp_path, noise_set("mnist", 1), "shifts")
    assert first.name == "mnist-lenet-shifts.safetensors" and second.stem.endswith("-shifts")
    assert cards.load(first) and cards.load(second) and first != second
    assert shelf.path_for(tmp_path, MNIST, "lenet", "shifts") == first


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"name": "other"}, "its card is for lenet on mnist, named other"),
        ({"name": None}, "wrong type for 'name'"),
        ({"name": ""}, "a name that no teacher can have"),
        ({"name": "../up"}, "a name that no teacher can have"),
    ],
)
def test_a_card_whose_name_is_not_the_files_is_refused(changes, problem, tmp_path):
    path = save_named(tmp_path, MNIST, "shifts")
    card = json.loads(cards.card_of(path).read_text())
    cards.card_of(path).write_text(json.dumps(card | changes))
    with pytest.raises(BenchError, match=problem):
        cards.load(path)
    del card["name"]
    cards.card_of(path).write_text(json.dumps(card))
    with pytest.raises(BenchError, match="its card is for lenet on mnist"):
        cards.load(path)


def test_a_usual_teacher_renamed_is_refused(tmp_path):
    path = save(tmp_path, MNIST)
    for file in (path, cards.card_of(path)):
        file.rename(file.with_stem("mnist-lenet-shifts"))
    with pytest.raises(BenchError, match="its card is for lenet on mnist"):
        cards.load(path.with_stem("mnist-lenet-shifts"))


@pytest.mark.parametrize("name", ["a b", "../x", "-x", "x" * 41, "ü"])
def test_a_name_that_no_file_should_have_is_refused(name, tmp_path):
    with pytest.raises(BenchError, match="a teacher cannot be named"):
        shelf.path_for(tmp_path, MNIST, "lenet", name)


def test_the_command_trains_another_recipe_beside_the_usual_one(cli, tmp_path):
    flowers = ("--dataset", f"folder:{write_folder(tmp_path / 'flowers')}")
    train = ("teacher", "train", *flowers, "--architecture", "lenet")
    changes = ("--epochs", 1, "--augmentation", "crop", "--weight-decay", "5e-4")
    code, output, _ = cli(*train, *changes, "--name", "shifts")
    (file,) = (tmp_path / "teachers").glob("*-shifts.safetensors")
    assert code in (0, 1) and f"saved as {file}" in output
    assert "changed in it: epochs 1, augmentation crop, weight_decay 0.0005" in output
    told = cards.read_card(file)["recipe"]
    assert (told["epochs"], told["weight_decay"]) == (1, 5e-4)
    assert (told["augmentation"], told["padding"]) == ("crop", 4)
    code, _, errors = cli(*train, *changes, "--name", "shifts")
    assert code == 2 and "use another --name" in errors
    assert any(line.split()[2] == "shifts" for line in cli("teacher", "list")[1].splitlines())
    code, _, errors = cli(*train, *changes, "--name", "a b")
    assert code == 2 and len(errors.splitlines()) == 1 and "cannot be named" in errors
    assert cli("run", *flowers, *RUN, "--teacher", file)[0] == 0
    (row,) = rows(tmp_path / "results")
    assert (row.teacher, row.teacher_sha) == ("lenet", cards.read_card(file)["sha256"])
    assert (row.teacher_name, row.teacher_label) == ("shifts", "lenet shifts")
    cli(*train, "--epochs", 1)  # the usual one
    assert cli("run", *flowers, *RUN)[0] == 0
    both = rows(tmp_path / "results")
    assert sorted(row.teacher_name for row in both) == ["", "shifts"]
    titles = [line for line in cli("table")[1].splitlines() if line.startswith("###")]
    assert sorted(title.partition(": ")[2].partition(",")[0] for title in titles) == [
        "lenet shifts to lenet",
        "lenet to lenet",
    ]


@pytest.mark.parametrize(
    "option",
    [
        ("--augmentation", "shift"),
        ("--augmentation", ""),
        ("--weight-decay", "-0.1"),
        ("--weight-decay", "nan"),
        ("--weight-decay", "much"),
    ],
)
def test_a_bad_value_is_refused_before_anything_is_trained(option, cli, tmp_path):
    train = ("teacher", "train", "--dataset", "digits", "--architecture", "lenet")
    code, _, errors = cli(*train, *option)
    assert code == 2 and option[0] in errors and not (tmp_path / "teachers").exists()
