"""One process a run: on systems with locks and without, however the holder ends."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import time

import filelock
import pytest

from benchmark.files import StoreError
from benchmark.rows import lock as locks
from benchmark.rows.lock import lock
from support.runs import NOISE, only_row, rows

NO_LOCKS = [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "0123456789ab.lock"


@pytest.fixture(params=["fcntl", *NO_LOCKS])
def system(request, monkeypatch):
    """This system, and file systems that refuse its locks."""
    monkeypatch.setattr(locks, "LEASE", 0.3)
    if request.param != "fcntl":
        fcntl = pytest.importorskip("fcntl")

        def refuse(*_):
            raise OSError(request.param, os.strerror(request.param))

        monkeypatch.setattr(fcntl, "flock", refuse)
    return request.param


def test_one_lock_at_a_time_and_other_runs_are_free(system, path, tmp_path):
    with lock(path) as first, lock(path) as second, lock(tmp_path / "other.lock") as other:
        assert (first.mine, second.mine, other.mine) == (True, False, True)
        assert second.path.parent == tmp_path and second.path.exists()
        named = f"has no locks ({os.strerror(system)}); a file" if system != "fcntl" else ""
        assert named in first.note and bool(first.note) == bool(named)
    with lock(path) as again:
        assert again.mine


def test_a_lock_is_free_after_an_error(system, path):
    with pytest.raises(ValueError), lock(path) as one:
        assert one.mine
        raise ValueError
    with lock(path) as again:
        assert again.mine


def test_a_lock_file_is_not_emptied_and_no_link_is_followed(system, path, tmp_path):
    if system == "fcntl":
        path.write_text("an older suite's, or somebody's")
        with lock(path) as one:
            assert one.mine
        assert path.read_text() == "an older suite's, or somebody's"
        path.unlink()
    target = tmp_path / "target"
    target.write_text("precious")
    path.symlink_to(target)
    if system != "fcntl":
        path.with_suffix(".lease").symlink_to(target)
    try:
        with lock(path) as one:
            mine = one.mine
    except StoreError as problem:
        mine = None
        assert "cannot lock" in str(problem) and "delete that file" in str(problem)
        assert str(path.with_suffix("")) in str(problem)
    assert target.read_text() == "precious"
    assert not mine or not path.with_suffix(".lease").is_symlink()


def test_what_is_no_file_is_named(path):
    path.mkdir()
    with (
        pytest.raises(StoreError, match=f"cannot lock {path}: Is a directory; if no other"),
        lock(path),
    ):
        pass


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no FIFO")
def test_a_fifo_is_not_waited_for(path):
    os.mkfifo(path)
    with lock(path) as one:
        assert one.mine  # it can be locked as well as a file


def test_a_python_without_fcntl_says_so_and_has_a_lease(path, monkeypatch):
    monkeypatch.setattr(filelock, "FileLock", filelock.SoftFileLock)
    monkeypatch.setattr(locks, "LEASE", 0.3)
    with lock(path) as one, lock(path) as other:
        assert one.mine and not other.mine
        assert one.note.startswith("this Python has no fcntl, so no locks; a file that is renewed ")
        assert one.note.endswith(str(path.with_suffix(".lease")))
    assert not path.with_suffix(".lease").exists()


OWNER = """
import sys, time
from pathlib import Path
from benchmark.rows import lock as locks
locks.LEASE, locks._filelock().FileLock = {lease}, locks._filelock().SoftFileLock
with locks.lock(Path(sys.argv[1])) as one:
    print(one.mine, flush=True)
    time.sleep(600)
"""


@pytest.mark.slow
def test_a_lease_outlives_its_length_while_its_owner_lives_and_is_free_when_it_dies(
    path, monkeypatch
):
    monkeypatch.setattr(locks, "LEASE", 0.5)
    monkeypatch.setattr(filelock, "FileLock", filelock.SoftFileLock)
    command = [sys.executable, "-c", OWNER.format(lease=0.5), str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout.readline() == "True\n"
        time.sleep(1)  # twice as long as a lease that nobody renews
        with lock(path) as one:
            assert not one.mine
        owner.kill()
        owner.wait()
        with lock(path) as one:
            assert one.mine


FORKS = """
import os, subprocess, sys
from pathlib import Path
from benchmark.rows.lock import lock
with lock(Path(sys.argv[1])) as one:
    assert one.mine
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"],
                             close_fds=False, stdout=subprocess.DEVNULL)
    heard, said = os.pipe()
    if os.fork() == 0:
        os.closerange(0, 3)
        os.write(said, b"x")
        __import__("time").sleep(600)
    os.read(heard, 1)  # the child lives, and has done what it does first
    print(other.pid, flush=True)
    os._exit(9)  # no more a clean end than SIGKILL is
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.slow
def test_no_child_of_a_run_that_died_holds_its_lock(path):
    command = [sys.executable, "-c", FORKS, str(path)]
    died = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
    assert died.stdout.readline().strip().isdigit() and died.wait() == 9
    try:
        with lock(path) as one:
            assert one.mine
    finally:
        os.killpg(died.pid, 9)
        died.stdout.close()


HOLD = """
import fcntl, sys
handle = open(sys.argv[1], "w")
fcntl.flock(handle, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()
"""


def test_a_run_of_another_process_is_skipped_until_that_process_dies(cli, tmp_path):
    assert cli(*NOISE)[0] == 0
    (path,) = (tmp_path / "results" / "runs").glob("*.json")
    before, held = path.read_bytes(), only_row(tmp_path / "results").id
    lock = tmp_path / "results" / ".state" / f"{held}.lock"
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-c", HOLD, str(lock)], **pipes) as other:
        assert other.stdout.readline() == "held\n"
        command = [text if text != "0" else "0,1" for text in NOISE]
        code, output, _ = cli(*command, "--force")
        assert code == 75  # not all is done, and a script has to know
        assert output.startswith("skipped") and "another process is running it" in output
        assert f"(it holds {lock})" in output
        assert output.endswith("runs the rest; the same command goes on later\n")
        assert path.read_bytes() == before
        assert [row.seed for row in rows(tmp_path / "results")] == [0, 1]  # the other cell ran
        other.kill()
        other.wait()
        code, output, _ = cli(*NOISE, "--force")
    assert code == 0 and "done" in output
