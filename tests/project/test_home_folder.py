"""The home folder: in variables, in options, of a user who has none."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmark import files
from benchmark.errors import BenchError
from support.runs import IDLE, NOISE, TINY, only_row


@pytest.fixture
def home(tmp_path, monkeypatch) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    return folder


def test_the_home_folder_is_found_in_variables_and_options(home, cli, tmp_path, monkeypatch):
    monkeypatch.setenv("BENCH_RESULTS", "~/rows")
    monkeypatch.setenv("BENCH_DATA", "~/data")
    monkeypatch.setenv("BENCH_TEACHERS", "~/teachers")
    assert cli(*NOISE)[0] == 0
    assert only_row(home / "rows").complete
    code, _, errors = cli("run", "--methods", "noise", "--dataset", "tiny-imagenet")
    assert code == 2 and str(home / "data") in errors
    train = ("teacher", "train", "--dataset", "digits", "--architecture", "mlp", "--epochs", "1")
    code, output, _ = cli(*train, "--device", "cpu")
    assert code == 0 and str(home / "teachers") in output
    assert cli("curve", "--results", "~/rows", "-o", "~/curve.png")[0] == 0
    assert (home / "curve.png").is_file()
    monkeypatch.setenv("BENCH_TEACHERS", "~/other")
    for teacher in (home / "teachers").glob("*.safetensors"):
        named = ("--teacher", f"~/teachers/{teacher.name}", "--results", "~/more")
        assert cli(*NOISE, *named)[0] == 0
    assert only_row(home / "more").teacher == "mlp"
    assert not list(tmp_path.glob("~*"))


def test_a_method_file_is_found_in_the_home_folder(home, cli, method_file):
    path = method_file("mine", IDLE)
    path.rename(home / path.name)
    code, output, _ = cli("run", "--methods", "~/mine.py", *TINY, "100")
    assert code == 0 and "done     mine" in output


@pytest.mark.parametrize("words", [("table", "--results"), ("table", "-o"), ("report", "-o")])
def test_a_home_folder_that_nobody_has_is_wrong_usage(words, cli):
    code, _, errors = cli(*words, "~nobody-of-this-name/rows")
    assert code == 2 and "there is no home folder for '~nobody-of-this-name/rows'" in errors


@pytest.mark.parametrize(("name", "variable"), [("data", "BENCH_DATA"), ("t", "BENCH_TEACHERS")])
def test_a_user_without_a_home_folder_is_told_what_to_set(name, variable, monkeypatch):
    def nobody(*_):
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", nobody)
    monkeypatch.delenv(variable, raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    with pytest.raises(BenchError, match=f"no home folder.*set {variable}, or give --"):
        files.user_folder(name, variable)
    monkeypatch.setenv(variable, "/elsewhere")
    assert files.user_folder(name, variable) == Path("/elsewhere")


def test_what_cannot_be_had_again_does_not_lie_in_a_cache(home, monkeypatch):
    for variable in ("XDG_CACHE_HOME", "XDG_STATE_HOME", "BENCH_SERVE"):
        monkeypatch.delenv(variable, raising=False)
    assert files.user_folder("serve", "BENCH_SERVE", "state") == home / ".local/state/bench/serve"
    monkeypatch.setenv("XDG_STATE_HOME", "/states")
    assert files.user_folder("serve", "BENCH_SERVE", "state") == Path("/states/bench/serve")
