"""Methods' processes are copies of one that has imported torch: how they begin and end."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import threading
import time
from pathlib import Path

import pytest

from benchmark.confine import strongest
from benchmark.errors import BenchError
from benchmark.host import forks, process
from benchmark.host.frames import Ended, Frame, receive, send
from benchmark.host.levels import Isolation
from benchmark.host.patience import Patient
from support.runs import only_row

PROCESS = Isolation("process")
STRONGEST = Isolation(strongest().isolation)
FILE = """
import os, torch
from benchmark.method import Method

class Looks(Method):
    def step(self):
        leads = os.getsid(0) == os.getpgid(0) == os.getpid()
        raise ValueError(f"{leads} {torch.cuda._is_in_bad_fork()} {torch.get_num_threads()}")
"""

pytestmark = pytest.mark.slow


@pytest.fixture
def begun():
    """``begin(isolation) -> process`` that has answered; all are closed at the end of the test."""
    with contextlib.ExitStack() as stack:

        def begin(isolation: Isolation = PROCESS) -> process.Interpreter:
            one = process.started(isolation)
            stack.callback(one.close)
            assert answer(one) == "told"
            return one

        yield begin


def answer(one: process.Interpreter) -> str:
    """The kind of its answer to a greeting; its last words where there is none."""
    connection = Patient(one.connection, one.errors, lambda: None)
    send(connection, Frame("greet"))
    with contextlib.suppress(Ended):
        return receive(connection, ["told"], most=0).kind
    return connection.last_words()


def parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def is_there(pid: int) -> bool:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, 0)
        return True
    return False


def gone(pid: int) -> bool:
    end = time.monotonic() + 20
    while is_there(pid) and time.monotonic() < end:
        time.sleep(0.01)
    return not is_there(pid)


def test_processes_are_copies_of_one_that_is_prepared_once(begun):
    process.prepare(PROCESS)
    (server,) = [of for kind, of in process._servers.items() if kind.level == "process"]
    process.prepare(PROCESS)
    one, other = begun(), begun()
    assert {parent(one.pid), parent(other.pid)} == {server.process.pid}
    assert one.pid != other.pid and os.getsid(one.pid) == one.pid


def test_one_ends_when_it_is_closed_and_the_others_do_not(begun):
    one, other = begun(), begun()
    one.close()
    one.close()
    assert gone(one.pid) and one.kill() == -signal.SIGKILL and is_there(other.pid)
    other.connection.close()
    assert other.kill(20) == 0, "it ended by itself, with the connection"


def test_one_ends_when_nobody_holds_its_life_line(begun):
    one = begun()
    pid = one.pid
    one.life.close()
    assert gone(pid)


def test_where_the_server_ends_all_do_and_the_next_comes_from_another(begun):
    one = begun()
    server = one.server
    server.kill()
    assert server.wait() == -signal.SIGKILL and gone(one.pid)
    assert one.kill() == -signal.SIGKILL
    assert begun().server is not server


def test_a_thread_has_a_server_of_its_own_as_it_ends_with_it(begun):
    servers = []
    thread = threading.Thread(target=lambda: servers.append(begun().server))
    thread.start()
    thread.join()
    assert begun().server not in servers
    assert servers[0].wait(20) == -signal.SIGKILL


def test_servers_end_with_the_suite_or_on_demand(begun):
    one = begun()
    process.end_servers()
    assert one.server.returncode is not None and process._servers == {} and gone(one.pid)
    with pytest.raises(ChildProcessError):
        os.waitpid(one.server.pid, os.WNOHANG)
    if child := os.fork():
        assert os.waitpid(child, 0)[1] == 0
    else:
        code = 1
        try:
            code = 0 if answer(process.started(PROCESS)) == "told" else 2
        finally:
            os._exit(code)


def test_a_library_that_is_missing_is_named_by_the_process(monkeypatch):
    monkeypatch.setattr(process, "LIBRARIES", ("numpy",))
    process.end_servers()
    one = process.started(STRONGEST)
    try:
        if STRONGEST.level == "process":
            pytest.skip("what is not confined imports whatever lies beside it")
        assert "No module named 'torch'" in answer(one) and one.kill(20) == 1
    finally:
        one.close()
        process.end_servers()


def test_a_server_that_cannot_start_is_one_line(monkeypatch):
    monkeypatch.setattr(process.sys, "executable", "/nowhere/python")
    process.end_servers()
    with pytest.raises(BenchError, match=r"the process of the method cannot be started: .*nowhere"):
        process.started(PROCESS)
    assert process._servers == {}


def test_a_copy_that_cannot_be_made_says_why(monkeypatch):
    def refused():
        raise OSError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(forks.os, "fork", refused)
    here, desk = socket.socketpair()
    pairs = [socket.socketpair() for _ in range(forks.SOCKETS)]
    with here, desk:
        socket.send_fds(here, [forks.MESSAGE.pack(0)], [there.fileno() for _, there in pairs])
        here.shutdown(socket.SHUT_WR)
        for _, there in pairs:
            there.close()
        assert forks.serve(desk) is None
        (connection, errors, life) = (mine for mine, _ in pairs)
        assert b"it cannot be made: [Errno 11] Resource" in errors.recv(200)
        assert connection.recv(1) == life.recv(1) == b""
    for mine, _ in pairs:
        mine.close()


@pytest.mark.parametrize("level", ["process", STRONGEST.level])
def test_a_copy_leads_a_session_and_no_library_had_begun_to_compute(level, cli, tmp_path):
    (path := tmp_path / "looks.py").write_text(FILE)
    run = ("run", "--methods", path, "--dataset", "digits", "--budget", "60", "--seeds", "0")
    assert cli(*run, "--device", "cpu", "--isolation", level)[0] == 1
    row = only_row(tmp_path / "results")
    assert row.isolation == level and "ValueError: True False 1" in row.error
