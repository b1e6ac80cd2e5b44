"""Every data set that is not built in, from tiny files to a teacher and a row; teachers by hand."""

from __future__ import annotations

import json
import re
import urllib.request
from dataclasses import replace
from pathlib import Path
from urllib.error import URLError

import pytest

from benchmark.rows.file import read_row
from benchmark.rows.row import Row
from benchmark.run.tasks import TASKS
from support import tiny_formats as tiny
from support.runs import written
from support.sets import ONCE, RUN
from teachers import cards, recipe, shelf

COUNT = 20


def write_flowers(data: Path) -> Path:
    return tiny.write_folder(data / "flowers", classes=("rose", "tulip", "lily", "iris"))


# A writer of files into the data folder, and the number of classes a row must have.
WRITERS = {
    "mnist": (lambda data: tiny.write_mnist(data, COUNT), 10),
    "fmnist": (lambda data: tiny.write_mnist(data, COUNT, name="FashionMNIST"), 10),
    "svhn": (lambda data: tiny.write_svhn(data, COUNT), 10),
    "cifar10": (lambda data: tiny.write_cifar10(data, 10), 10),
    "cifar100": (lambda data: tiny.write_cifar100(data, COUNT), 100),
    "tiny-imagenet": (tiny.write_tiny_imagenet, 3),
    "imagenet12": (tiny.write_imagenet12, 3),
    "folder:flowers": (write_flowers, 4),
    "folder:flowers.tar.xz": (
        lambda data: tiny.write_tar(data / "flowers.tar.xz", write_flowers(data / "unpacked")),
        4,
    ),
}
RESIZED = {"tiny-imagenet", "imagenet12"}  # to 16 px, where a network is quick on any CPU


@pytest.fixture(autouse=True)
def _no_network(monkeypatch):
    def refuse(*_, **__):
        raise URLError("no route to host")

    monkeypatch.setattr(urllib.request, "urlopen", refuse)


@pytest.fixture(autouse=True)
def _short_training(monkeypatch):
    """Teachers of two epochs: no test here looks at how good one is."""
    usual = recipe.recipe_for
    monkeypatch.setattr(recipe, "recipe_for", lambda *of: replace(usual(*of), epochs=2))


@pytest.fixture
def data(tmp_path, monkeypatch) -> Path:
    """The data folder of the ``cli`` fixture, where tiny files count as the published ones."""
    tiny.accept_any_checksum(monkeypatch)
    (tmp_path / "data").mkdir()
    return tmp_path / "data"


def rows(folder: Path) -> list[Row]:
    return [read_row(path) for path in sorted((folder / "results" / "runs").glob("*.json"))]


@pytest.mark.parametrize("name", WRITERS)
def test_a_data_set_runs_end_to_end_and_once(name, cli, data, tmp_path):
    write, classes = WRITERS[name]
    write(data)
    command = ("run", "--dataset", name, *RUN, *(("--size", 16) if name in RESIZED else ()))
    code, output, errors = cli(*command)
    assert (code, errors) == (0, "")
    shown = name.removesuffix(".tar.xz")  # a row names a folder set after its last folder
    said = f"there is no lenet teacher of {shown}"
    assert said in output and "; training one\n" in output and "teacher saved as" in output
    assert output.splitlines()[-1].startswith("done ") and "40 queries" in output

    (row,) = rows(tmp_path)
    assert (row.status, row.error, row.dataset) == ("complete", None, shown)
    assert row.queries == 40 and sum(row.labels_per_class) == 40
    assert row.classes == len(row.labels_per_class) == classes
    assert 0 <= row.accuracy <= 100 and 0 <= row.agreement <= 100
    assert str(tmp_path) not in json.dumps(written(row)), "a row tells where its data lay"

    code, output, _ = cli(*command)
    assert code == 0 and len(output.splitlines()) == 1 and output.startswith("exists ")
    assert rows(tmp_path) == [row]


def test_an_absolute_path_of_a_folder_set_does_not_reach_the_row(cli, data, tmp_path):
    place = write_flowers(tmp_path / "elsewhere")
    code, _, _ = cli("run", "--dataset", f"folder:{place}", *RUN)
    (row,) = rows(tmp_path)
    assert (code, row.dataset) == (0, "folder:flowers")
    assert str(tmp_path) not in json.dumps(written(row))
    files = sorted(file.name for file in (tmp_path / "teachers").iterdir())
    assert [re.sub("-[0-9a-f]{8}", "", name) for name in files] == [
        "folder-flowers-lenet.json",
        "folder-flowers-lenet.safetensors",
    ]


def test_a_teacher_trained_by_hand_is_used_and_not_trained_again(cli, data, tmp_path):
    write_flowers(data)
    options = ("--dataset", "folder:flowers", "--size", "12", "--architecture", "lenet")
    code, output, _ = cli("teacher", "train", *options, "--epochs", "1")
    (file,) = (tmp_path / "teachers").glob("folder-flowers-lenet-*.safetensors")
    assert code == 1 and f"25.00 % on the test set, saved as {file}" in output
    assert output.splitlines()[-1].startswith("weak: 25.00 % on the test set is less than 30.00 %")
    code, output, _ = cli("run", "--dataset", "folder:flowers", "--size", "12", *RUN)
    assert code == 0 and "training" not in output
    code, _, errors = cli("run", "--dataset", "folder:flowers", *RUN, "--teacher", file)  # 16 px
    assert code == 2 and len(errors.splitlines()) == 1 and "3x12x12" in errors


def test_a_shipped_teacher_of_other_data_is_passed_over_and_refused_by_its_path(
    cli, data, tmp_path
):
    tiny.write_mnist(data, COUNT)
    shipped = shelf.SHIPPED / "mnist-lenet.safetensors"
    code, _, errors = cli("run", "--dataset", "mnist", *RUN, "--teacher", shipped)
    assert code == 2 and len(errors.splitlines()) == 1 and rows(tmp_path) == []
    assert "was trained on other data called mnist" in errors
    code, output, _ = cli("run", "--dataset", "mnist", *RUN)
    assert code == 0 and f"({shipped} is of other data of that name); training one" in output
    (row,) = rows(tmp_path)
    (own,) = (tmp_path / "teachers").glob("*.safetensors")
    assert row.teacher_sha == cards.read_card(own)["sha256"] and own.name == shipped.name


def test_a_teacher_file_may_be_given_by_its_path(cli, data, tmp_path):
    write_flowers(data)
    train = ("--dataset", "folder:flowers", "--architecture", "mlp", "--epochs", "1")
    cli("teacher", "train", *train, "--teacher-dir", tmp_path / "mine")
    (file,) = (tmp_path / "mine").glob("folder-flowers-mlp-*.safetensors")
    code, _, _ = cli("run", "--dataset", "folder:flowers", *RUN, "--teacher", file)
    (row,) = rows(tmp_path)
    assert (code, row.teacher) == (0, "mlp")


MISSING = {
    "mnist": ("MNIST/raw", "t10k-labels-idx1-ubyte"),
    "fmnist": ("FashionMNIST/raw", "train-images-idx3-ubyte"),
    "svhn": ("data", "test_32x32.mat"),
    "cifar10": ("cifar-10-batches-py", "data_batch_5"),
    "cifar100": ("cifar-100-python", "meta"),
    "tiny-imagenet": ("tiny-imagenet-200", "train/<wnid>/images"),
    "imagenet12": ("imagenet12", "train/<class>/*"),
    "folder:none": ("none", "train/<class>/*"),
}


@pytest.mark.parametrize("name", MISSING)
def test_missing_data_without_a_network_is_one_line_with_files_and_folder(name, cli, tmp_path):
    code, output, errors = cli("run", "--dataset", name, *RUN)
    assert code == 2 and len(errors.splitlines()) == 1 and "Traceback" not in errors + output
    folder, file = MISSING[name]
    assert folder in errors and file in errors and str(tmp_path / "data") in errors
    assert rows(tmp_path) == []


DEFAULTS = {
    "digits": "lenet->lenet  5k",
    "photos": "lenet->lenet  5k",
    "mnist": "lenet->lenet  25k",
    "fmnist": "lenet->lenet  100k",
    "svhn": "resnet18->resnet18  100k",
    "cifar10": "resnet34->resnet18  250k",
    "cifar100": "resnet34->resnet18  2M",
    "tiny-imagenet": "resnet34->resnet18  2M",
    "imagenet12": "vgg16->resnet18  250k",
    "folder:flowers": "resnet18->resnet18  100k",
}


def test_every_task_has_a_known_default():
    assert set(TASKS) == {name for name in DEFAULTS if not name.startswith("folder:")}


@pytest.mark.parametrize("name", DEFAULTS)
def test_defaults_of_a_data_set_stand_in_its_plan(name, cli, data, tmp_path):
    if name in WRITERS:
        WRITERS[name][0](data)
    before = sorted(tmp_path.rglob("*"))
    code, output, _ = cli("run", "--dataset", name, "--methods", "noise", "--dry-run")
    state = "runs" if name == "digits" else "teacher"  # the shipped one of MNIST is of all of it
    expected = [f"{state:8} noise  {name}  {DEFAULTS[name]}  seed {seed}" for seed in range(3)]
    assert code == 0 and output.splitlines()[:3] == expected
    assert sorted(tmp_path.rglob("*")) == before, "a plan wrote something"


def test_the_batch_of_a_many_class_set_reaches_the_method(cli, data, tmp_path):
    tiny.write_cifar100(data, COUNT)
    assert cli("run", "--dataset", "cifar100", *ONCE, "--budget", "1k")[0] == 0
    assert rows(tmp_path)[0].config["batch"] == 1000


def test_teachers_are_listed_shown_and_told_apart_from_broken_ones(cli, tmp_path):
    (tmp_path / "teachers").mkdir()
    broken = tmp_path / "teachers" / "digits-mlp.safetensors"
    broken.write_bytes(b"no weights")
    code, output, errors = cli("teacher", "list")
    assert (code, errors) == (0, "")
    lines = output.splitlines()
    assert lines[0].startswith("broken") and str(broken) in lines[0] and "card" in lines[0]
    assert any(line.split()[:2] == ["digits", "lenet"] and " % " in line for line in lines)
    code, output, _ = cli("teacher", "show", "digits-lenet")
    assert code == 0 and json.loads(output)["architecture"] == "lenet"
    for asked, message in [(broken, "is missing"), ("digits-lent", "Did you mean digits-lenet")]:
        code, output, errors = cli("teacher", "show", asked)
        assert (code, output, len(errors.splitlines())) == (2, "", 1) and message in errors
    code, _, errors = cli("run", "--dataset", "digits", *RUN, "--teacher", "mlp")
    assert code == 2 and "refused" in errors  # it keeps the file, which may be one's work


@pytest.mark.parametrize("epochs", [-1, 0])
def test_a_teacher_is_trained_for_at_least_one_epoch(epochs, cli, tmp_path):
    place = tiny.write_folder(tmp_path / "flowers")
    train = ("teacher", "train", "--dataset", f"folder:{place}", "--architecture", "lenet")
    assert cli(*train, "--epochs", epochs)[0] == 2 and not (tmp_path / "teachers").exists()


def test_a_teacher_that_is_there_is_replaced_by_force_alone(cli, tmp_path):
    place = tiny.write_folder(tmp_path / "flowers")
    train = (
        "teacher",
        "train",
        "--dataset",
        f"folder:{place}",
        "--architecture",
        "lenet",
        "--epochs",
        1,
        "--teacher-dir",
        tmp_path / "mine",
    )
    assert cli(*train)[0] in (0, 1)  # the accuracy after an epoch does not matter here
    (file,) = (tmp_path / "mine").glob("*.safetensors")
    before = file.read_bytes()
    code, _, errors = cli(*train, "--seed", 1)
    assert code == 2 and "rows may depend on it" in errors and file.read_bytes() == before
    assert cli(*train, "--seed", 1, "--force")[0] in (0, 1) and file.read_bytes() != before
    assert cli(*train, "--seed", -1)[0] == 2


def test_a_teacher_folder_that_cannot_be_written_is_an_error_in_words(cli, tmp_path):
    (tmp_path / "file").write_text("")
    train = ("teacher", "train", "--dataset", "digits", "--epochs", "1")
    code, output, errors = cli(*train, "--teacher-dir", tmp_path / "file" / "x")
    assert code == 2 and len(errors.splitlines()) == 1 and "cannot" in errors
    assert "epoch 1" not in output, "found only after the training"
