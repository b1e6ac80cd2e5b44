"""Commands that tests start are copies of one process; whatever is strange about one is not."""

from __future__ import annotations

import functools
import os
import subprocess
import sys

import pytest

from benchmark.run import hand
from benchmark.version import __version__
from support import forked
from support.suite import bench_command, bench_environment

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="commands are copies on Linux")
STRANGE = {
    "another program": (["git", "--version"], {}),
    "another module": ([sys.executable, "-m", "pip", "--version"], {}),
    "a command in words": ("bench --version", {"shell": True}),
    "another file": (bench_command("--version"), {"executable": sys.executable}),
    "a file that stays open": (bench_command("--version"), {"pass_fds": (0,)}),
    "threads": (bench_command("--version"), {"env": os.environ | {"OMP_NUM_THREADS": "3"}}),
    "modules from elsewhere": (bench_command("--version"), {"env": {"PYTHONPATH": "/nowhere"}}),
}


@pytest.fixture
def no_start(monkeypatch):
    """No interpreter can start. Modules of a place of the user's own are a reason to start one."""
    monkeypatch.delenv(forked.PATH, raising=False)
    forked._server(os.getpid())

    @functools.wraps(forked.real._execute_child)  # its parameters are looked at
    def refuse(*given):
        raise AssertionError("an interpreter was to start")

    monkeypatch.setattr(forked.real, "_execute_child", refuse)


@pytest.mark.parametrize("words", [bench_command("--version"), hand.command(["--version"])])
def test_a_command_and_a_worker_are_copies_with_their_own_folder_and_output(
    words, no_start, tmp_path
):
    done = subprocess.run(
        words, cwd=tmp_path, env=bench_environment(tmp_path), capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "") and __version__ in done.stdout


@pytest.mark.parametrize("name", STRANGE)
def test_a_start_that_is_not_that_of_a_plain_command_is_a_start(name, no_start):
    words, how = STRANGE[name]
    with pytest.raises(AssertionError, match="was to start"):
        subprocess.run(words, **how)


def test_a_copy_ends_with_the_code_and_the_words_of_its_command(no_start, bench):
    done = bench("run", "--methods", "nosie", "--dataset", "digits")
    assert done.returncode == 2 and "noise" in done.stderr and done.stdout == ""


def test_code_that_says_so_is_a_copy_and_what_it_starts_is_one(no_start, tmp_path):
    code = "import subprocess, sys\nprint(subprocess.Popen.__module__, *sys.argv, flush=True)\n"
    code += f"subprocess.run({bench_command('--version')!r})\nraise SystemExit('its end')\n"
    words = [sys.executable, "-c", forked.COPY + code, "a word"]
    how = {"cwd": tmp_path, "env": bench_environment(tmp_path)}
    done = subprocess.run(words, **how, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (1, "its end\n")
    assert done.stdout.splitlines()[0] == "support.forked -c a word" and __version__ in done.stdout


def test_a_copy_that_fails_shows_its_traceback(no_start, tmp_path):
    words = [sys.executable, "-c", f"{forked.COPY}1 / 0"]
    done = subprocess.run(words, env=bench_environment(tmp_path), capture_output=True, text=True)
    assert done.returncode == 1 and done.stderr.endswith("ZeroDivisionError: division by zero\n")
