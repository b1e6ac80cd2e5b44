"""A row's surroundings: the commit, whether code was changed, the peak of memory."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from benchmark import env
from benchmark.perf import files as profiles
from benchmark.report.provenance import provenance
from benchmark.tables.provenance import source
from support.made_rows import make_row
from support.made_tables import texts
from support.runs import IDLE, NOISE, only_row
from support.suite import CPU, bench_environment

IDENTITY = {
    "GIT_AUTHOR_NAME": "a",
    "GIT_AUTHOR_EMAIL": "a@b",
    "GIT_COMMITTER_NAME": "a",
    "GIT_COMMITTER_EMAIL": "a@b",
    "GIT_CONFIG_GLOBAL": os.devnull,
}


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(
        ["git", *words], cwd=folder, env=os.environ | IDENTITY, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture
def checkout(tmp_path, monkeypatch) -> Path:
    """A checkout of a suite of three files, which ``env`` takes for its own."""
    folder = tmp_path / "checkout"
    for name in ("benchmark/a.py", "methods/b.py", "teachers/c.py", "README.md"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("1\n")
    (folder / ".gitignore").write_text("methods/hidden.py\n")
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "first")
    monkeypatch.setattr(env, "ROOT", folder)
    return folder


def test_a_clean_checkout_gives_its_commit(checkout):
    assert env._commit() == (git(checkout, "rev-parse", "HEAD")[:12], False)
    (checkout / "README.md").write_text("changed, but no code\n")
    assert env._commit()[1] is False
    assert env._commit([checkout / "methods" / "b.py"])[1] is False


@pytest.mark.parametrize("name", ["benchmark/a.py", "methods/b.py", "teachers/c.py"])
def test_changed_staged_and_deleted_code_is_uncommitted(name, checkout):
    (checkout / name).write_text("2\n")
    assert env._commit()[1] is True
    git(checkout, "add", name)
    assert env._commit()[1] is True
    git(checkout, "reset", "-q", "--hard")
    assert env._commit()[1] is False
    (checkout / name).unlink()
    assert env._commit()[1] is True


@pytest.mark.parametrize("name", ["mine.py", "hidden.py", "_blocks/mine.py", "mit Umlaut ä.py"])
def test_a_file_of_ones_own_counts_only_where_it_is_run(name, checkout, tmp_path):
    mine = checkout / "methods" / name
    mine.parent.mkdir(exist_ok=True)
    mine.write_text("mine\n")
    assert env._commit()[1] is False
    assert env._commit([checkout / "methods" / "b.py"])[1] is False
    assert env._commit([checkout / "methods" / "b.py", mine])[1] is True
    elsewhere = tmp_path / "elsewhere.py"
    elsewhere.write_text("")
    assert env._commit([elsewhere])[1] is False  # its own SHA-256 stands in the row


def test_a_wheel_is_no_checkout(tmp_path, monkeypatch):
    monkeypatch.setattr(env, "ROOT", tmp_path)
    assert env._commit() == ("", False)


def on_path(tmp_path, monkeypatch, script: str) -> None:
    """Put another git, or none, first on the path."""
    folder = tmp_path / "bin"
    folder.mkdir()
    if script:
        (folder / "git").write_text(f"#!/bin/sh\n{script}\n")
        (folder / "git").chmod(0o755)
    monkeypatch.setenv("PATH", str(folder) if not script else f"{folder}:{os.environ['PATH']}")


@pytest.mark.parametrize(
    "script",
    ["", "exec sleep 60", "exit 128", "echo warning; exit 1", "kill -9 $$"],
    ids=["none", "hangs", "refuses", "fails", "dies"],
)
def test_what_git_does_not_tell_is_unknown_and_not_clean(script, checkout, tmp_path, monkeypatch):
    monkeypatch.setattr(env, "GIT_SECONDS", 0.3)
    on_path(tmp_path, monkeypatch, script)
    assert env._commit([checkout / "methods" / "b.py"]) == ("", None)


def test_a_checkout_of_another_owner_is_unknown(checkout, monkeypatch):
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)  # where such a checkout is called safe
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)
    assert env._commit() == ("", None)


def test_a_repository_without_a_commit_is_unknown(tmp_path, monkeypatch):
    git(tmp_path, "init", "-q")
    monkeypatch.setattr(env, "ROOT", tmp_path)
    assert env._commit() == ("", None)


@pytest.mark.parametrize("name", ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR"])
def test_a_hook_of_another_repository_does_not_lead_there(name, checkout, tmp_path, monkeypatch):
    other = tmp_path / "other"
    other.mkdir()
    git(other, "init", "-q")
    expected = env._commit()
    value = other if name == "GIT_WORK_TREE" else other / ".git"
    monkeypatch.setenv(name, str(value / "index" if name == "GIT_INDEX_FILE" else value))
    assert env._commit() == expected and expected[1] is False


def test_a_row_may_be_of_an_unknown_state_and_says_so(cli, tmp_path, monkeypatch):
    monkeypatch.setattr(env, "_commit", lambda files: ("", None))
    code, output, _ = cli(*NOISE)
    found = only_row(tmp_path / "results")
    assert code == 0 and output.splitlines()[-1].endswith("[commit unknown]")
    assert found.dirty is None and found.commit == ""
    assert cli("audit", found.id, "--device", "cpu")[0] == 0
    assert "(some of an unknown state)" in source([found])
    assert "unknown" not in source([make_row()])
    assert "commit unknown" in texts(provenance([found]))[0]


def test_a_run_asks_about_the_files_of_its_method(cli, method_file, tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(env, "_commit", lambda files: (asked.extend(files) or "", False))
    path = method_file("mine", IDLE)
    assert cli("run", "--methods", f"{path},noise", *NOISE[3:])[0] == 0
    names = [file.name for file in asked]
    assert names[0] == "mine.py" and "noise.py" in names and "collect.py" in names


def test_without_the_module_resource_the_peak_is_unknown_and_one_line_says_so(
    cli, tmp_path, monkeypatch
):
    assert env.missing() == [] and env.peak_memory_mb(CPU) > 0
    monkeypatch.setattr(env, "resource", None)
    code, output, _ = cli(*NOISE)
    assert code == 0 and output.splitlines()[0].startswith("no `resource` module here")
    assert output.count("resource") == 1
    found = only_row(tmp_path / "results")
    assert found.peak_memory_mb is None
    assert cli("audit", found.id, "--device", "cpu")[0] == 0
    profile = ("profile", "noise", *NOISE[3:7], "--budget", "100")
    code, output, _ = cli(*profile, "--set", "noise.batch=50", "-o", "perf")
    assert code == 0 and "peak MB" in output
    assert profiles.load(Path("perf"))[0]["peak_memory_mb"] is None


@pytest.mark.slow
def test_the_suite_is_imported_without_what_windows_has_not_got(tmp_path):
    code = "import sys, signal\nsys.modules['resource'] = None\ndel signal.SIGHUP\n"
    code += "from benchmark import env\nfrom benchmark.cli import signals\n"
    code += "with signals.Signals(lambda: None): print(env.missing())"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env=bench_environment(tmp_path),
    )
    assert done.returncode == 0, done.stderr
    assert "resource" in done.stdout


def test_freed_memory_is_kept_where_the_library_can_and_nothing_happens_elsewhere(monkeypatch):
    for problem in (OSError, AttributeError, TypeError):

        def refuse(*_, problem=problem):
            raise problem

        monkeypatch.setattr(env.ctypes, "CDLL", refuse)
        env.keep_freed_memory()
    assert env.pick_device("cpu") == torch.device("cpu")
