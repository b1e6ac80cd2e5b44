"""The count of a server outlives it: killed, torn, damaged, foreign, on a full disk, twice."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import closing, contextmanager
from dataclasses import replace

import pytest

from benchmark.files import StoreError
from benchmark.oracle.journal import appended
from benchmark.serve.meter import Meter
from benchmark.serve.refused import Refused
from benchmark.serve.tally import SYNC_EVERY, Counted, Tally, held
from support.disks import Full
from support.serving import KEY, NAME, VARIABLE, digits, serving
from support.suite import bench_command, bench_environment

HEAD = {"format": "bench-serve-count-1", "model": NAME, "sha256": "ab" * 32}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a.count"


def tally(path, **more):
    return closing(Tally(path, HEAD, **more))


def test_a_count_goes_on_where_it_was_and_a_failed_request_is_taken_back(path):
    for start in range(3):
        with tally(path) as kept:
            meter = Meter(["a", "b"], quota=20, tally=kept)
            meter.take("a", 6)
            meter.take("b", 5)
            meter.give_back("b", 5)
            assert meter.told()["a"]["images"] == 6 * (start + 1)
            assert meter.told()["b"] == {"images": 0, "left": 20, "calls": 0, "refused": 0}
    with tally(path) as kept, pytest.raises(Refused, match="3 images are asked, 2 of 20 are left"):
        Meter(["a"], quota=20, tally=kept).take("a", 3)
    with tally(path) as kept:  # b, which was not served, is not forgotten
        assert kept.counts == {"a": Counted(18, 3), "b": Counted(0, 0)}
    assert len(path.read_bytes().splitlines()) == 3, "a start writes a line a client"


def test_a_quota_that_became_smaller_leaves_nothing(path):
    with tally(path) as kept:
        Meter(["a"], tally=kept).take("a", 9)
        assert Meter(["a"], quota=5, tally=kept).told()["a"]["left"] == 0


def test_a_server_that_is_killed_has_counted_all_that_it_answered(path):
    """Cut at each byte of the last line: its answer had not left."""
    with tally(path) as kept:
        kept.add("a", 7, 1)
        before = path.stat().st_size
        kept.add("a", 5, 1)
    content = path.read_bytes()
    for end in range(before, len(content)):
        path.write_bytes(content[:end])
        with tally(path) as kept:
            assert kept.counts == {"a": Counted(7, 1)}
            kept.add("a", 1, 1)
        with tally(path) as kept:
            assert kept.counts == {"a": Counted(8, 2)}


def damaged(content):
    yield content.replace(b'"images": 7', b'"images": 0'), "damaged at line 2"
    first, second, *rest = content.splitlines(keepends=True)
    yield b"".join([first, *rest]), "damaged at line 2"
    yield first + b"\n" + second, "damaged at line 2"
    yield content[10:], "no count of bench serve, or damaged at its head"
    yield b"", "no count of bench serve, or damaged at its head"
    yield b"\x89PNG\r\n\x1a\n\x00\n", "no count of bench serve, or damaged at its head"
    yield content[: len(first) // 2], "no count of bench serve, or damaged at its head"


@pytest.mark.parametrize("which", range(7))
def test_a_damaged_or_foreign_file_is_refused_and_left_alone(path, which):
    with tally(path) as kept:
        kept.add("a", 7, 1)
        kept.add("a", 5, 1)
    content, words = list(damaged(path.read_bytes()))[which]
    path.write_bytes(content)
    with pytest.raises(StoreError, match=words) as refused:
        Tally(path, HEAD)
    assert "move it away" in str(refused.value) and path.read_bytes() == content


def test_the_count_of_another_teacher_and_what_is_no_file_are_refused(path):
    Tally(path, HEAD).close()
    with pytest.raises(StoreError, match=f"counts for another teacher, {NAME}"):
        Tally(path, {**HEAD, "sha256": "cd" * 32})
    path.unlink()
    path.symlink_to(path.with_name("elsewhere"))
    with pytest.raises(StoreError, match="symbolic link"):
        Tally(path, HEAD)


def test_two_servers_on_one_file_are_refused(tmp_path):
    with held(tmp_path, digits()) as first:
        with pytest.raises(StoreError, match=r"process \d+ serves digits-lenet too.*--state-dir"):
            held(tmp_path, digits()).__enter__()
        other = replace(digits(), name="another")
        with held(tmp_path, other) as second:
            assert second.path != first.path
    with held(tmp_path, digits()):
        pass


def test_on_a_full_disk_nothing_is_answered_until_there_is_room(path):
    said = []
    with tally(path) as kept, serving(tally=kept, quota=100) as running:
        running.meter._say = said.append
        body = {"data": [[7] * 256] * 3}
        assert running.ask("POST", "/score", body)[0] == 200
        file = kept._file.file
        kept._file.file = Full(file, 20)
        for _ in range(2):
            status, answer, headers = running.ask("POST", "/score", body)
            assert status == 503 and "cannot keep its count" in answer["error"]
            assert headers["retry-after"] == "60" and str(path) not in answer["error"]
        kept._file.file = file
        assert running.ask("POST", "/score", body)[0] == 200
        told = running.meter.told()["anyone"]
    (line,) = said
    assert "No space left on device; nothing is answered until" in line and str(path) in line
    assert told == {"images": 6, "left": 94, "calls": 2, "refused": 2}
    with tally(path) as kept:
        assert kept.counts == {"anyone": Counted(6, 2)}


def test_what_is_written_is_on_the_disk_within_a_second(path, monkeypatch):
    now, synced = [0.0], []
    monkeypatch.setattr(appended, "_sync", lambda file: synced.append(now[0]))
    with tally(path, clock=lambda: now[0]) as kept:
        for now[0] in (0.0, 0.5 * SYNC_EVERY, SYNC_EVERY, 1.5 * SYNC_EVERY, 9 * SYNC_EVERY):
            kept.add("a", 1, 1)
    assert synced == [SYNC_EVERY, 9 * SYNC_EVERY, 9 * SYNC_EVERY], "the last one at its end"


def test_after_a_failed_sync_nothing_is_answered_any_more(path, monkeypatch):
    def fails(file):
        raise OSError(5, "Input/output error")

    kept = Tally(path, HEAD, clock=iter([0.0, SYNC_EVERY]).__next__)
    monkeypatch.setattr(appended, "_sync", fails)
    for _ in range(2):
        with pytest.raises(StoreError, match="Input/output error"):
            kept.add("a", 1, 1)
    monkeypatch.undo()
    with pytest.raises(StoreError, match="start the server again"):
        kept.add("a", 1, 1)
    kept._file.close()


def test_a_server_whose_file_was_taken_over_answers_no_more(path):
    lost = []
    with tally(path, lost=lambda: bool(lost)) as kept:
        kept.add("a", 1, 1)
        lost.append(True)
        with pytest.raises(StoreError, match="another server counts"):
            kept.add("a", 1, 1)


@contextmanager
def started(folder):
    """A server in a process, and its address."""
    command = bench_command(
        *("serve", "--teacher", NAME, "--port", "0", "--quota", "10"),
        *("--api-key-env", VARIABLE, "--write-endpoint", folder / "a.toml"),
    )
    environment = {**bench_environment(folder), VARIABLE: KEY}
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    )
    try:
        lines = [process.stdout.readline() for _ in range(4)]
        yield process, lines[0].split()[3], lines[2]
    finally:
        process.kill()
        process.communicate()


def asked(address, count):
    """The status of so many images."""
    headers = {"Content-Type": "application/json", "X-Api-Key": KEY}
    body = json.dumps({"data": [[7] * 256] * count}).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(f"{address}/score", body, headers)) as a:
            return a.status
    except urllib.error.HTTPError as refused:
        return refused.code


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="kill -9")
def test_a_quota_outlives_kill_9_and_a_second_server_is_one_line(tmp_path, bench):
    with started(tmp_path) as (process, address, _):
        assert asked(address, 7) == 200
        second = bench("serve", "--teacher", NAME, "--port", "0")
        assert second.returncode == 2 and second.stdout == ""
        assert second.stderr.count("\n") == 1 and "serves digits-lenet too" in second.stderr
        process.send_signal(signal.SIGKILL)
        process.wait()
    with started(tmp_path) as (_, address, counted):
        assert f"counted so far: {VARIABLE} 7 images" in counted
        assert asked(address, 4) == 403 and asked(address, 3) == 200 and asked(address, 1) == 403
