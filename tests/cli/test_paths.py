"""Paths that a person types: with commas, to files that are no teachers, to missing files."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmark import datasets
from benchmark.errors import BenchError
from benchmark.nets.names import NETWORKS
from support.runs import LEARNS, TINY, path_run, rows
from support.sets import RUN
from support.suite import ROOT
from support.tiny_formats import write_folder
from teachers import names, shelf

NONE = (
    "dir/victim.ckpt",
    "../victim.bin",
    "~/victim.h5",
    "victim.json",
    "./lenet",
    "lenet/",
    ".\\lenet",
    "/dev/null",
    "model.safetensors.index.json",
)

MODELS = ("./victim.pth", "victim.pth", "victim.pt", "victim.onnx", "a,victim.pth", "lenet.pkl")


@pytest.mark.parametrize("there", [True, False])
@pytest.mark.parametrize("text", NONE)
def test_a_path_is_never_an_unknown_architecture(text, there, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    if there and not text.startswith(("/", "~", "..", "lenet/", ".\\")):
        (tmp_path / text).parent.mkdir(exist_ok=True)
        (tmp_path / text).write_bytes(b"")
    with pytest.raises(BenchError) as caught:
        names.teacher_path(text)
    said = str(caught.value)
    assert repr(text) in said and "unknown" not in said and "\n" not in said
    assert ".safetensors file with its card" in said and "bench teacher train" in said


@pytest.mark.parametrize("text", MODELS)
def test_a_model_of_ones_own_is_a_file_that_is_there(text, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BenchError, match="there is no teacher file"):
        names.teacher_path(text)
    (tmp_path / text).write_bytes(b"")
    assert names.teacher_path(text) == names.teacher_path(f"{text}@lenet")


def test_a_folder_with_an_at_sign_ends_no_files_name():
    assert names.model_of("/home/a@b.c/net.onnx") == (Path("/home/a@b.c/net.onnx"), "")
    assert names.model_of("a@b/w.pt@./net.py:Net") == (Path("a@b/w.pt"), "./net.py:Net")
    assert names.model_of("lenet@w.txt") is None


@pytest.mark.parametrize("name", [*NETWORKS, "timm:resnet18.a1_in1k"])
def test_an_architecture_is_none_of_the_paths(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).mkdir()
    assert names.teacher_path(name) is None


@pytest.mark.parametrize("name", ["a.safetensors", "~/a.safetensors", "/a/b.safetensors"])
def test_a_teacher_file_that_is_not_there_is_named(name):
    with pytest.raises(BenchError, match="there is no teacher file"):
        names.teacher_path(name)


def test_a_home_folder_is_found(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "a,b.safetensors").touch()
    assert names.teacher_path("~/a,b.safetensors") == tmp_path / "a,b.safetensors"


def test_wrong_teachers_are_one_line_before_the_first_run(cli, method_file, tmp_path):
    (tmp_path / "victim.pth").write_bytes(b"")
    command = path_run(method_file("learns", LEARNS))
    for text in ("lenet,./victim.pth", "./victim.pth", "lenet,gone.safetensors"):
        code, output, errors = cli(*command, "--teacher", text)
        assert (code, output) == (2, "") and errors.count("\n") == 1
    assert not (tmp_path / "results").exists()


def test_a_set_a_teacher_and_a_method_may_have_commas_in_their_paths(cli, method_file, tmp_path):
    write_folder(tmp_path / "s" / "a,b", classes=("x", "y"))
    teacher = tmp_path / "t,1" / "digits-lenet.safetensors"
    teacher.parent.mkdir()
    for suffix in (".json", ".safetensors"):
        shipped = (shelf.SHIPPED / teacher.name).with_suffix(suffix)
        teacher.with_suffix(suffix).write_bytes(shipped.read_bytes())
    method = method_file("learns", LEARNS)
    (tmp_path / "m,1").mkdir()
    method = method.rename(tmp_path / "m,1" / method.name)
    asked = ("--methods", f"noise,{method}", "--teacher", f"mlp,{teacher}", *TINY, "300")
    code, output, _ = cli("run", *asked, "--dataset", "folder:s/a,b,digits", "--dry-run")
    lines = [line.split()[1:3] for line in output.splitlines()[:8]]
    assert code == 0 and lines == [
        [name, data]
        for data in ("folder:s/a,b", "digits")
        for _ in "ab"
        for name in ("noise", "learns")
    ]
    cli("teacher", "train", "--dataset", "folder:s/a,b", "--architecture", "lenet", "--epochs", 1)
    assert cli("run", "--dataset", "folder:s/a,b", *RUN)[0] == 0
    (row,) = rows(tmp_path / "results")
    assert row.dataset == "folder:a,b"
    code, output, _ = cli("table", "--dataset", "folder:a,b")
    assert code == 0 and "folder:a,b: lenet to lenet" in output


SPLIT = ["folder:s/a,c", "folder:s/a b,c", "digits,folder:gone", "folder:gone,digits"]


@pytest.mark.parametrize("text", SPLIT)
def test_a_path_that_is_not_there_was_split_at_its_comma(text, tmp_path):
    write_folder(tmp_path / "s" / "a,b")
    with pytest.raises(BenchError, match=r"there is no folder or archive '[^,]+' here or in"):
        datasets.split_names(text, tmp_path)
    try:
        datasets.split_names(text, tmp_path)
    except BenchError as error:
        assert f"{text!r} was split at its commas" in str(error)


def test_a_folder_whose_name_ends_with_a_blank_is_found(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_folder(tmp_path / "set ")
    assert datasets.split_names("folder:set ,digits", ROOT) == ["folder:set ", "digits"]
    assert datasets.load("folder:set ", ROOT).classes == ("apple", "bear", "cat")


@pytest.mark.parametrize("name", ["x" * 300, "x" * 5000, "a\0b", ""])
def test_a_folder_that_no_file_system_has_is_not_there(name, tmp_path):
    with pytest.raises(BenchError, match="there is no folder or archive"):
        datasets.load(f"folder:{name}", tmp_path)
