"""A teacher is resolved once: a file that is replaced afterwards makes no row."""

from __future__ import annotations

import shutil

import pytest

from benchmark import datasets
from benchmark.errors import BenchError
from benchmark.run import opening, setting
from support.runs import IDLE, only_row, path_run, rows
from support.teacher_files import change_card, save_teacher
from teachers import cards, imported, shelf
from teachers.resolving import TeacherRef, resolve

DIGITS = datasets.load("digits")
MORE = ("--allow-weak-teacher", "--no-reference")


@pytest.fixture
def replaced(tmp_path):
    """A resolved teacher, and ``replace()``, which puts another one into its place."""
    teacher = TeacherRef.of(save_teacher(tmp_path / "teachers", 1))
    save_teacher(tmp_path / "new", 2)

    def replace(*endings: str) -> None:
        for ending in endings or (".safetensors", ".json"):
            shutil.copy(tmp_path / "new" / f"digits-lenet{ending}", teacher.path.parent)

    return teacher, replace


def refused(teacher: TeacherRef) -> str:
    with pytest.raises(BenchError) as problem:
        teacher.load()
    return str(problem.value)


def test_weights_and_identity_are_of_one_read(replaced):
    teacher, _ = replaced
    loaded = teacher.load(probed=False)
    assert (loaded.sha, loaded.card) == (teacher.sha, teacher.card)
    assert teacher == TeacherRef.of(teacher.path) and "card" not in repr(teacher)


def test_another_teacher_in_its_place_is_named_and_none_of_its_weights_is_used(replaced):
    teacher, replace = replaced
    replace()
    text = refused(teacher)
    assert text.startswith(f"{teacher.path} was replaced by another teacher")
    assert "start it again" in text and "\n" not in text
    assert TeacherRef.of(teacher.path) != teacher  # the new one is whole
    assert TeacherRef.of(teacher.path).load().sha != teacher.sha


@pytest.mark.parametrize(
    ("endings", "text"),
    [
        ((".safetensors",), "its SHA-256 is not the one on its card"),
        ((".json",), "was replaced by another teacher"),
    ],
)
def test_half_of_another_teacher_is_refused(endings, text, replaced):
    teacher, replace = replaced
    replace(*endings)
    if endings == (".json",):  # the weights are still those that were resolved
        assert teacher.load().sha == teacher.sha
        with pytest.raises(BenchError, match=text):
            teacher.check()
    else:
        assert text in refused(teacher)


def test_a_file_that_is_gone_by_now_is_one_line(replaced):
    teacher, _ = replaced
    teacher.path.unlink()
    text = refused(teacher)
    assert f"there is no teacher at {teacher.path}" in text and "\n" not in text


def test_the_same_weights_saved_again_are_the_same_teacher(replaced):
    teacher, _ = replaced
    save_teacher(teacher.path.parent, 1)
    change_card(teacher.path, created="later")
    assert teacher.load().card["created"] == teacher.card["created"]


def test_a_model_of_others_that_is_replaced_is_named_too(tmp_path):
    own, folder = tmp_path / "mine.safetensors", tmp_path / "teachers"
    own.write_bytes(shelf.find(DIGITS, "lenet").read_bytes())
    teacher = resolve(f"{own}@lenet", DIGITS, folder)
    assert teacher.load().card["architecture"] == "own:mine"
    own.write_bytes(save_teacher(tmp_path / "new", 2).read_bytes())
    other = imported.import_model(own, DIGITS, tmp_path / "other", "lenet")
    for file in (other, cards.card_of(other)):
        shutil.copy(file, teacher.path.with_suffix(file.suffix))
    assert "was replaced by another teacher" in refused(teacher)


def test_a_teacher_that_is_yet_to_be_trained_is_none_and_a_missing_file_an_error(tmp_path):
    assert resolve("mlp", DIGITS, tmp_path) is None
    with pytest.raises(BenchError, match="there is no teacher file"):
        resolve(str(tmp_path / "none.safetensors"), DIGITS, tmp_path)


def test_a_file_replaced_between_resolution_and_load_gives_one_line_and_no_row(
    cli, method_file, replaced, tmp_path, monkeypatch
):
    teacher, replace = replaced
    command = path_run(method_file("idle", IDLE), 300, *MORE)
    real = setting.open_setting

    def late(*parts, **options):
        replace()
        return real(*parts, **options)

    with monkeypatch.context() as patch:
        patch.setattr(opening.setting, "open_setting", late)
        code, output, errors = cli(*command)
    assert code == 2 and errors.count("\n") == 1 and "done" not in output
    assert f"{teacher.path} was replaced by another teacher" in errors
    assert rows(tmp_path / "results") == []
    assert cli(*command)[0] == 0  # the next command has the new one
    assert only_row(tmp_path / "results").teacher_sha == TeacherRef.of(teacher.path).sha


def test_a_command_resolves_each_teacher_once(cli, method_file, replaced, monkeypatch):
    found = []
    real = TeacherRef.of.__func__

    def counted(kind, path):
        found.append(path)
        return real(kind, path)

    monkeypatch.setattr(TeacherRef, "of", classmethod(counted))
    assert cli(*path_run(method_file("idle", IDLE), 300, *MORE))[0] == 0
    assert len(found) == 1
