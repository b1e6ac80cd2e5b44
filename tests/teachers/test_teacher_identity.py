"""Whose teacher it is: by the digests of both splits, whatever the names of sets and files."""

from __future__ import annotations

import functools
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from benchmark.checks import replay
from benchmark.datasets import Dataset
from benchmark.errors import BenchError
from benchmark.rows.file import read_row
from benchmark.rows.store import Store
from benchmark.run import registry
from benchmark.run.setting import check_fit
from support.noise_teachers import noise_set, save
from support.runs import forge, rows
from support.sets import RUN
from support.suite import ROOT
from support.tiny_formats import write_folder, write_tar
from teachers import cards, shelf
from teachers.resolving import TeacherRef

# Other data: another name, training split or test split.
SETS = {
    name: noise_set(*of)
    for name, of in {
        "my set": ("folder:my set",),
        "my-set": ("folder:my-set",),
        "My-Set": ("folder:My-Set",),
        "数据": ("folder:数据",),
        "图片": ("folder:图片",),
        "other training labels": ("folder:my set", 1),
        "other test labels": ("folder:my set", 0, 1),
        "a well-known set": ("mnist",),
        "other data called so": ("mnist", 1),
        "other tests called so": ("mnist", 0, 1),
        "from files, too": ("imagenet12",),
    }.items()
}


def test_every_set_gets_a_teacher_of_its_own_and_finds_it(tmp_path):
    files = {}
    for name, dataset in SETS.items():
        assert shelf.find(dataset, "lenet", tmp_path) is None
        files[name] = save(tmp_path, dataset)
    folded = {str(path).casefold() for path in files.values()}
    assert len(folded) == len(SETS) and files["a well-known set"].name == "mnist-lenet.safetensors"
    for name, dataset in SETS.items():
        assert shelf.find(dataset, "lenet", tmp_path) == files[name]
        assert shelf.path_for(tmp_path, dataset, "lenet") == files[name]  # for --force
        check_fit(TeacherRef.of(files[name]), dataset)
    listed = shelf.catalogue(tmp_path)
    assert [card for card in listed if "error" in card] == []
    assert sum(not card["shipped"] for card in listed) == len(SETS)
    shipped = set(files.values()) | {shelf.SHIPPED / "mnist-lenet.safetensors"}
    found = shelf.namesakes(SETS["a well-known set"], "lenet", tmp_path)
    assert len(found) == 3 and shipped > set(found) and files["a well-known set"] not in found


def test_a_teacher_given_by_its_path_must_not_be_of_other_data_of_that_name(tmp_path):
    teacher = TeacherRef.of(save(tmp_path, SETS["my set"]))
    check_fit(teacher, SETS["图片"])  # of data that do not pretend to be those
    for name, split in (("other training labels", "training"), ("other test labels", "test")):
        with pytest.raises(BenchError, match=f"other data called folder:my set .another {split}"):
            check_fit(teacher, SETS[name])


def older(path: Path) -> Path:
    """The file with the name that teachers of sets of files once had."""
    card = cards.read_card(path)
    name = f"{cards.plain_stem(card['dataset'], card['architecture'])}.safetensors"
    for file in (path, cards.card_of(path)):
        file.rename(file.with_name(name).with_suffix(file.suffix))
    return path.with_name(name)


def test_an_older_file_is_found_where_it_is_of_these_data_and_never_where_it_is_not(tmp_path):
    file = older(save(tmp_path, SETS["my set"]))
    assert file.name == "folder-my-set-lenet.safetensors"
    assert shelf.find(SETS["my set"], "lenet", tmp_path) == file
    assert shelf.path_for(tmp_path, SETS["my set"], "lenet") == file
    for name in ("my-set", "other training labels", "other test labels"):
        assert shelf.find(SETS[name], "lenet", tmp_path) is None
        assert not shelf.path_for(tmp_path, SETS[name], "lenet").exists()
    cards.card_of(file).write_text("{")  # whose it was is not to be known any more
    assert shelf.find(SETS["my set"], "lenet", tmp_path) is None
    assert not shelf.path_for(tmp_path, SETS["my set"], "lenet").exists()


@pytest.mark.parametrize("name", ["my set", "a well-known set", "other data called so"])
def test_an_unusable_file_of_ones_own_is_refused_and_never_replaced_silently(name, tmp_path):
    save(tmp_path, SETS["a well-known set"])
    file = save(tmp_path, SETS[name])
    cards.card_of(file).unlink()
    with pytest.raises(BenchError, match=r"its card \S+ is missing"):
        shelf.find(SETS[name], "lenet", tmp_path)
    assert shelf.path_for(tmp_path, SETS[name], "lenet") == file  # --force mends it
    assert shelf.find(SETS["图片"], "lenet", tmp_path) is None  # and is in nobody else's way


def test_left_overs_of_desktops_and_of_writes_are_no_teachers(tmp_path):
    file = save(tmp_path, SETS["my set"])
    (tmp_path / f"._{file.name}").write_bytes(b"\0\5\x16\7")
    (tmp_path / f".{file.name}").write_bytes(b"")
    assert shelf.find(SETS["my set"], "lenet", tmp_path) == file
    assert [card["file"] for card in shelf.catalogue(tmp_path) if not card["shipped"]] == [
        str(file)
    ]


def test_no_image_is_decoded_to_find_that_there_is_no_teacher(tmp_path):
    def refuse(split):
        raise AssertionError("decoded")

    save(tmp_path, SETS["my set"])
    assert shelf.find(Dataset("folder:x", (1, 8, 8), ("a", "b"), refuse), "lenet", tmp_path) is None


def made(name: str, folder: Path, cli, *more: object) -> tuple[int, str, str]:
    """Run a cell of a folder of images; its teacher is there after one epoch, however weak."""
    cli("teacher", "train", "--dataset", name, "--architecture", "lenet", "--epochs", 1)
    return cli("run", "--dataset", name, *RUN, *more)


def test_sets_whose_names_fold_to_one_have_teachers_and_rows_of_their_own(cli, tmp_path):
    for name in ("my set", "my-set"):
        write_folder(tmp_path / name, classes=("a", "b"))
    for split in ("train", "test"):  # in the other set the two classes are swapped
        place = tmp_path / "my-set" / split
        for old, new in (("a", "x"), ("b", "a"), ("x", "b")):
            (place / old).rename(place / new)
    for name in ("my set", "my-set"):
        code, output, errors = made(f"folder:{name}", tmp_path, cli)
        assert (code, errors) == (0, "") and "training one" not in output
    one, other = rows(tmp_path / "results")
    assert len(list((tmp_path / "teachers").glob("*.safetensors"))) == 2
    assert one.teacher_sha != other.teacher_sha and one.id != other.id
    assert not one.teacher_shipped and "weak-teacher" in one.flags + other.flags


def test_a_set_with_other_training_labels_gets_no_row_and_no_teacher_of_the_first(cli, tmp_path):
    for place in ("one", "other"):
        write_folder(tmp_path / place / "pets", classes=("a", "b"))
    moved = tmp_path / "other" / "pets" / "train" / "a" / "0000.png"
    moved.rename(moved.parents[1] / "b" / "moved.png")
    for place in ("one", "other"):
        code, output, errors = made(f"folder:{place}/pets", tmp_path, cli)
        assert (code, errors) == (0, "") and "done " in output and "exists" not in output
    one, other = rows(tmp_path / "results")
    assert one.dataset == other.dataset == "folder:pets"
    assert one.data_digest == other.data_digest
    assert one.train_digest != other.train_digest
    assert one.teacher_sha != other.teacher_sha and one.id != other.id
    (file,) = (
        p
        for p in (tmp_path / "teachers").glob("*.safetensors")
        if cards.read_card(p)["sha256"] == one.teacher_sha
    )
    told = {row.teacher_sha: row.train_digest for row in (one, other)}
    assert told[one.teacher_sha] == cards.read_card(file)["train_digest"]
    _, table, _ = cli("table")
    assert table.count("folder:pets: lenet") == 2 and "Not shipped with the suite" in table


def test_a_folder_its_archive_and_another_way_to_it_share_teacher_and_row(cli, tmp_path):
    folder = write_folder(tmp_path / "sets" / "pets", classes=("a", "b"))
    write_tar(tmp_path / "pets.tar.gz", folder)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "pets").symlink_to(folder)
    assert made("folder:sets/pets", tmp_path, cli)[0] == 0
    for way in ("pets.tar.gz", "sets/../sets/./pets/", "./sets//pets", folder, "elsewhere/pets"):
        code, output, errors = cli("run", "--dataset", f"folder:{way}", *RUN)
        assert (code, errors) == (0, "") and output.startswith("exists ")
    assert len(rows(tmp_path / "results")) == 1
    assert len(list((tmp_path / "teachers").glob("*.safetensors"))) == 1


def test_a_row_that_is_there_needs_no_image(cli, tmp_path, monkeypatch):
    from benchmark.datasets import known

    monkeypatch.setattr(known, "SETTLED", -1e9)
    write_folder(tmp_path / "pets", classes=("a", "b"))
    assert made("folder:pets", tmp_path, cli)[0] == 0

    def refuse(self, split):
        raise AssertionError(f"{split} was decoded")

    monkeypatch.setattr(Dataset, "_decoded", refuse)
    code, output, errors = cli("run", "--dataset", "folder:pets", *RUN)
    assert (code, errors) == (0, "") and output.startswith("exists ")


@pytest.fixture
def audited(cli, tmp_path):
    """A row of a folder of images, and ``audit() -> (code, output, errors)`` of it."""
    write_folder(tmp_path / "pets", classes=("a", "b"))
    assert made("folder:pets", tmp_path, cli)[0] == 0
    (row,) = rows(tmp_path / "results")
    return row, lambda: cli("audit", row.id, "--dataset", "folder:pets", "--device", "cpu")


def test_an_audit_wants_the_training_images_of_the_row(audited, tmp_path):
    _, audit = audited
    assert audit()[0] == 0
    extra = tmp_path / "pets" / "train" / "a" / "more.png"
    shutil.copy(tmp_path / "pets" / "train" / "a" / "0000.png", extra)
    code, _, errors = audit()
    assert (
        code == 2 and "folder:pets here has other training images than those of the row" in errors
    )
    extra.unlink()
    forge(tmp_path / "results", train_digest="0" * 64)
    assert "FAILED  id" in audit()[1]


def test_a_row_from_before_training_digests_is_sound_and_of_an_older_kind(audited, cli, tmp_path):
    row, _ = audited
    old = replace(row, train_digest="")
    old = replace(old, id=old.run_id)
    next((tmp_path / "results" / "runs").iterdir()).unlink()
    Store(tmp_path / "results").write(old)
    code, output, errors = cli("audit", old.id, "--dataset", "folder:pets", "--device", "cpu")
    assert (code, errors) == (0, "") and "FAILED" not in output
    assert cli("run", "--dataset", "folder:pets", *RUN)[0] == 0  # whose images, it does not say
    assert len(rows(tmp_path / "results")) == 2
    code, table, _ = cli("table")
    assert code == 0 and "folder:pets (training set unknown): lenet to lenet" in table
    assert f"folder:pets (training set {row.train_digest[:8]}): lenet to lenet" in table


def foreign(place: str) -> tuple[object, ...]:
    """The command of a method that gets the images of a folder."""
    settings = (f"dataset=folder:{place}", "batch=10", "passes=1")
    given = [word for one in settings for word in ("--set", f"out-of-domain.{one}")]
    run = ("run", "--methods", "out-of-domain", "--dataset", "digits", "--budget", 30)
    return (*run, *given, "--seeds", 0, "--device", "cpu")


def test_a_method_given_other_images_of_that_name_has_another_row(cli, tmp_path):
    place = write_folder(tmp_path / "pics")
    command = foreign("pics")
    assert cli(*command)[0] == 0 and cli(*command)[1].startswith("exists ")
    (row,) = rows(tmp_path / "results")
    assert len(row.images_digest) == 64 and row.train_digest == ""
    assert cli("audit", row.id, "--device", "cpu")[0] == 0
    shutil.copy(place / "train" / "cat" / "0000.png", place / "train" / "cat" / "more.png")
    code, _, errors = cli("audit", row.id, "--device", "cpu")
    assert code == 2 and "folder:pics here has other images than those the method had" in errors
    assert cli(*command)[0] == 0 and len(rows(tmp_path / "results")) == 2
    lines = [x for x in cli("table")[1].splitlines() if x.startswith("| out-of-domain (")]
    assert len(lines) == 2 and all(" #" in line for line in lines)  # not averaged


def test_the_path_to_a_methods_images_is_no_part_of_its_row(cli, tmp_path):
    (tmp_path / "data").mkdir()
    write_folder(tmp_path / "elsewhere" / "pics")
    shutil.copytree(tmp_path / "elsewhere" / "pics", tmp_path / "data" / "pics")
    assert cli(*foreign(tmp_path / "elsewhere" / "pics"))[0] == 0
    (row,) = rows(tmp_path / "results")
    assert row.config["dataset"] == row.overrides["dataset"] == "folder:pics"
    assert cli(*foreign("pics"))[1].startswith("exists "), "the same images, found by their name"
    shutil.rmtree(tmp_path / "elsewhere")
    assert cli("audit", row.id, "--device", "cpu")[0] == 0


def test_an_audit_takes_the_rows_teacher_whatever_else_is_there(cli, tmp_path):
    write_folder(tmp_path / "pets", classes=("a", "b"))
    command = (
        "teacher",
        "train",
        "--dataset",
        "folder:pets",
        "--architecture",
        "lenet",
        "--epochs",
        1,
    )
    cli(*command)
    own = next((tmp_path / "teachers").glob("*.safetensors"))
    kept = older(own)  # another teacher of these data, with an older name
    cli(*command[:-1], 2, "--seed", 1, "--teacher-dir", tmp_path / "more")
    for file in (tmp_path / "more").iterdir():
        shutil.copy(file, kept.parent)
    assert cli("run", "--dataset", "folder:pets", *RUN, "--teacher", kept)[0] == 0
    (row,) = rows(tmp_path / "results")
    code, output, _ = cli("audit", row.id, "--dataset", "folder:pets", "--device", "cpu")
    assert code == 0 and "ok      teacher" in output


def test_the_committed_rows_keep_their_ids_and_names():
    paths = sorted((ROOT / "results" / "runs").glob("*.json"))
    assert len(paths) > 200 and any(path.name.startswith("folder_") for path in paths)
    for path in paths:
        row = read_row(path)
        assert row.own_id == row.id and row.file_stem == path.stem
        assert not row.train_digest or row.dataset.startswith("folder:")


def test_the_cell_of_a_committed_row_has_the_id_of_the_row():
    named = functools.cache(registry.named)
    known = 0
    for path in sorted((ROOT / "results" / "runs").glob("*.json")):
        row = read_row(path)
        card = {"architecture": row.teacher, "sha256": row.teacher_sha}
        try:
            cell = replay.cell_of(row, entry=named(row.plain_label))
        except BenchError:  # of an earlier version of its method
            continue
        known += 1
        assert replay.run_id_here(row, cell, card) == row.run_id
    assert known > 100
