"""The rate of an endpoint is one for all clients of a machine."""

from __future__ import annotations

import os
import stat
import subprocess
import sys

import pytest

from benchmark.endpoint import rate
from benchmark.endpoint.form import Signer
from benchmark.endpoint.rate import SHARE, SLOT, Limiter, Shared, shared
from benchmark.files import StoreError
from support.endpoints import endpoint
from support.forked import COPY
from support.suite import ROOT

CALLS = 40
# A clock that stands still: a call waits until it has been told to sleep for the whole wait.
ASKING = f"""{COPY}
import sys
from pathlib import Path
from benchmark.endpoint.rate import Limiter, Shared
now = [0.0]
def sleep(seconds):
    now[0] += seconds
limiter = Limiter(10.0, lambda: now[0], sleep, Shared(Path(sys.argv[1])))
print("ready", flush=True)
sys.stdin.readline()
for _ in range(int(sys.argv[2])):
    now[0] = 100.0
    limiter.wait(1)
    print(now[0], flush=True)
"""


def asking(path, calls=CALLS):
    """A process that asks so many times when it gets a line; it starts with the others."""
    process = subprocess.Popen(
        [sys.executable, "-c", ASKING, str(path), str(calls)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert process.stdout.readline() == "ready\n"
    return process


def slots(count):
    return pytest.approx([100.0 + number / (10.0 * SHARE) for number in range(count)])


@pytest.mark.slow
def test_two_processes_get_each_moment_once(tmp_path):
    both = [asking(tmp_path / "a.slot") for _ in range(2)]
    for process in both:
        process.stdin.write("\n")
        process.stdin.flush()
    said = [process.communicate()[0].split() for process in both]
    assert [len(one) for one in said] == [CALLS, CALLS]
    assert sorted(float(moment) for one in said for moment in one) == slots(2 * CALLS)


@pytest.mark.slow
def test_a_client_that_is_killed_holds_nobody_up(tmp_path):
    path = tmp_path / "a.slot"
    process = asking(path, 10**9)
    process.stdin.write("\n")
    process.stdin.flush()
    for _ in range(20):
        process.stdout.readline()
    process.kill()
    process.communicate()
    _, free = SLOT.unpack(path.read_bytes())
    assert free > 102.0 and Shared(path).take(100.0, 1.0) == free


@pytest.mark.parametrize("content", [b"", b"torn", SLOT.pack(500.0, 9_999.0)])
def test_a_file_that_is_new_torn_or_of_an_earlier_boot_holds_nobody_up(content, tmp_path):
    path = tmp_path / "a.slot"
    path.write_bytes(content)
    assert Shared(path).take(100.0, 2.0) == 100.0
    assert Shared(path).take(100.0, 2.0) == 102.0
    assert Shared(path).take(300.0, 2.0) == 300.0, "what was not asked is not saved up"


def test_clients_of_one_address_and_key_share_and_others_do_not():
    one = endpoint("https://a.invalid/score", rate=5.0)
    other = endpoint("https://a.invalid/score", rate=5.0, signer=Signer(kind="bearer", env="KEY"))
    assert shared(one).path == shared(endpoint("https://a.invalid/score", rate=9.0)).path
    assert len({shared(each).path for each in (one, other, endpoint("https://b.invalid"))}) == 3
    assert stat.S_IMODE(shared(one).path.parent.stat().st_mode) == 0o700


def test_a_folder_that_is_not_ones_own_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "bench").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StoreError, match="not a folder of this user"):
        rate.shared(endpoint("https://a.invalid"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "missing"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "missing"))
    with pytest.raises(StoreError, match=r"cannot make .*TMPDIR"):
        rate.shared(endpoint("https://a.invalid"))
    (tmp_path / "a.slot").mkdir()
    with pytest.raises(StoreError, match=r"cannot keep the rate .*TMPDIR"):
        Shared(tmp_path / "a.slot").take(0.0, 1.0)


def test_without_a_rate_nothing_is_waited_for_or_written(tmp_path):
    Limiter(0.0, slots=Shared(tmp_path / "a.slot")).wait(5)
    assert list(tmp_path.iterdir()) == []
