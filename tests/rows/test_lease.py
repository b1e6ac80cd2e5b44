"""One process a run: on systems with locks and without, however the holder ends."""

from __future__ import annotations

import errno
import json
import os
import platform
import signal
import subprocess
import sys
import threading
import time

import filelock
import pytest

from benchmark.files import StoreError
from benchmark.rows import lease as leases
from benchmark.rows import owner
from benchmark.rows.lease import TakenOver, hold
from support.runs import NOISE, only_row, rows

NO_LOCKS = [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "0123456789ab.lock"


@pytest.fixture(params=["fcntl", *NO_LOCKS])
def system(request, monkeypatch):
    """This system, and file systems that refuse its locks."""
    if request.param != "fcntl":
        fcntl = pytest.importorskip("fcntl")

        def refuse(*_):
            raise OSError(request.param, os.strerror(request.param))

        monkeypatch.setattr(fcntl, "flock", refuse)
    return request.param


def test_one_lock_at_a_time_and_other_runs_are_free(system, path, tmp_path):
    with hold(path) as first, hold(path) as second, hold(tmp_path / "other.lock") as other:
        assert (first.mine, second.mine, other.mine) == (True, False, True)
        assert second.path.parent == tmp_path and second.path.exists()
        named = f"has no locks ({os.strerror(system)}); a file" if system != "fcntl" else ""
        assert named in first.note and bool(first.note) == bool(named)
    with hold(path) as again:
        assert again.mine


def test_a_lock_is_free_after_an_error(system, path):
    with pytest.raises(ValueError), hold(path) as one:
        assert one.mine
        raise ValueError
    with hold(path) as again:
        assert again.mine


def test_a_lock_file_is_not_emptied_and_no_link_is_followed(system, path, tmp_path):
    if system == "fcntl":
        path.write_text("an older suite's, or somebody's")
        with hold(path) as one:
            assert one.mine
        assert path.read_text() == "an older suite's, or somebody's"
        path.unlink()
    target = tmp_path / "target"
    target.write_text("precious")
    path.symlink_to(target)
    if system != "fcntl":
        path.with_suffix(".lease").symlink_to(target)
    try:
        with hold(path) as one:
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
        hold(path),
    ):
        pass


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no FIFO")
def test_a_fifo_is_not_waited_for(path):
    os.mkfifo(path)
    with hold(path) as one:
        assert one.mine  # it can be locked as well as a file


def test_a_python_without_fcntl_says_so_and_has_a_lease(path, monkeypatch):
    monkeypatch.setattr(filelock, "FileLock", filelock.SoftFileLock)
    with hold(path) as one, hold(path) as other:
        assert one.mine and not other.mine
        assert one.note.startswith("this Python has no fcntl, so no locks; a file that is renewed ")
        assert one.note.endswith(str(path.with_suffix(".lease")))
    assert not path.with_suffix(".lease").exists()


OWNER = """
import sys, time
from pathlib import Path
from benchmark.rows import lease as leases, lock as locks, owner
leases.BEAT = 0.1
locks.filelock_().FileLock = locks.filelock_().SoftFileLock
owner.boot = lambda: "another boot"
with leases.hold(Path(sys.argv[1])) as one:
    print(one.mine, flush=True)
    time.sleep(600)
"""


@pytest.fixture
def elsewhere(path, monkeypatch):
    """A process that holds the run and lives, as if on another machine without shared locks."""
    monkeypatch.setattr(filelock, "FileLock", filelock.SoftFileLock)
    for name, seconds in ("BEAT", 0.1), ("EXPIRY", 1.0), ("CONFIRM", 0.4):
        monkeypatch.setattr(leases, name, seconds)
    command = [sys.executable, "-c", OWNER, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout.readline() == "True\n"
        yield owner
        owner.kill()


def taken(path) -> bool:
    with hold(path) as one:
        return one.mine


@pytest.mark.slow
def test_a_lease_outlives_its_length_while_its_owner_lives_and_is_free_when_it_dies(
    path, elsewhere
):
    time.sleep(1.2)  # longer than a lease that nobody renews
    with hold(path) as one:
        assert not one.mine and one.holder == f"process {elsewhere.pid} on {platform.node()}"
    elsewhere.kill()
    elsewhere.wait()
    assert not taken(path)  # as its owner renewed it a moment ago
    time.sleep(1.1)
    with hold(path) as one:
        assert one.mine and one.from_afar


@pytest.mark.slow
@pytest.mark.parametrize("hours", [-1, 1])
def test_a_clock_that_is_an_hour_off_neither_takes_a_living_run_nor_keeps_a_dead_one(
    hours, path, elsewhere, monkeypatch
):
    """Of file systems that date a file by the machine that writes it."""
    now = leases.server_time
    monkeypatch.setattr(leases, "server_time", lambda folder: now(folder) + hours * 3600)
    for _ in range(4):
        assert not taken(path)
        time.sleep(0.3)
    elsewhere.kill()
    elsewhere.wait()
    limit = time.monotonic() + 20
    while not taken(path):
        assert time.monotonic() < limit, "nobody takes it over"
        time.sleep(0.1)


@pytest.mark.slow
def test_an_owner_that_slept_finds_that_its_run_was_taken_over(path, elsewhere, monkeypatch):
    elsewhere.send_signal(signal.SIGSTOP)
    time.sleep(1.1)
    with hold(path) as one:
        assert one.mine
        elsewhere.send_signal(signal.SIGCONT)
        time.sleep(0.5)
        one.check()  # the other leaves it alone


def old_lease(path, seconds: float, **changes: object) -> None:
    """A lease that somebody left behind on another machine."""
    lease = path.with_suffix(".lease")
    lease.write_text(json.dumps({"token": "x", "boot": "y", "process": 7, "host": "far"} | changes))
    when = time.time() - seconds
    os.utime(lease, (when, when))


def test_a_dead_process_of_this_machine_is_not_waited_for(path):
    old_lease(path, 0, boot=owner.boot())
    with hold(path) as one:
        assert one.mine and not one.from_afar


@pytest.mark.skipif(not owner.space(), reason="this system does not number processes so")
def test_where_there_are_no_locks_the_number_of_a_process_tells(path, monkeypatch):
    monkeypatch.setattr(filelock, "FileLock", filelock.SoftFileLock)
    here = {"boot": owner.boot(), "space": owner.space()}
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        pass
    for other, mine in (
        (here | {"process": ended.pid}, True),
        (here | {"process": os.getpid()}, False),
        (here | {"process": ended.pid, "space": "pid:[1]"}, False),  # of another container
        (here | {"process": "x"}, False),
    ):
        old_lease(path, 0, **other)
        with hold(path) as one:
            assert one.mine == mine


def test_the_lock_of_the_system_does_not_decide_where_another_machine_has_the_lease(path):
    old_lease(path, 0)
    with hold(path) as one:
        assert (one.mine, one.holder) == (False, "process 7 on far")
    assert path.with_suffix(".lease").exists()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff"])
def test_a_torn_lease_counts_as_that_of_another(content, path):
    path.with_suffix(".lease").write_bytes(content)
    with hold(path) as one:
        assert (one.mine, one.holder) == (False, "another process")


def test_one_alone_takes_an_old_lease_over(path, monkeypatch):
    monkeypatch.setattr(leases, "CONFIRM", 0.01)
    monkeypatch.setattr(filelock, "FileLock", filelock.SoftFileLock)
    old_lease(path, 1000)
    start, found, end = threading.Barrier(8), [], threading.Event()

    def work():
        start.wait()
        with hold(path) as one:
            found.append(one.mine)
            end.wait()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    while len(found) < 8:
        time.sleep(0.01)
    end.set()
    for thread in threads:
        thread.join()
    assert sorted(found) == [False] * 7 + [True]
    assert not path.with_suffix(".lease").exists()


def test_a_lease_that_was_renewed_since_it_was_looked_at_is_put_back(path):
    with hold(path) as one:
        old = leases.Seen(b"as it was", 0)
        assert not leases._moved_away(one.path, old)
        one.check()
        assert set(path.parent.iterdir()) == {path, one.path}


def test_who_lost_the_lease_writes_no_more(path):
    with hold(path) as one:
        one.check()
        one.path.unlink()
        one.check()  # nobody has it: it is made anew
        one.path.unlink()
        old_lease(path, 0)
        for _ in range(2):
            with pytest.raises(TakenOver, match="another process has taken this run over"):
                one.check()
    assert path.with_suffix(".lease").exists()  # it is the other's


def test_a_folder_that_is_away_for_a_while_loses_nothing(path, tmp_path, monkeypatch):
    monkeypatch.setattr(leases, "BEAT", 0.02)
    inner = tmp_path / "shared"
    inner.mkdir()
    with hold(inner / path.name) as one:
        inner.rename(tmp_path / "away")
        one.check()
        time.sleep(0.1)
        (tmp_path / "away").rename(inner)
        one.check()
        assert not one.lost and one.path.exists()
        with hold(inner / path.name) as other:
            assert not other.mine


FORKS = """
import os, subprocess, sys
from pathlib import Path
from benchmark.rows.lease import hold
with hold(Path(sys.argv[1])) as one:
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
        with hold(path) as one:
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
