"""What a hostile method would try from inside: each attempt is refused, and real without."""

from __future__ import annotations

import importlib.util
import json
import os
import runpy
import socket
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from benchmark.confine import packages
from support.suite import ROOT

ATTEMPTS = runpy.run_module("confine.attempts")["ATTEMPTS"]
# Without root, or by a kernel that was built without it, the free run is refused, too.
PRIVILEGED = {
    "change the root",
    "type on a terminal",
    "open by a handle",
    "bpf",
    "mount",
    "mount by the young call",
    "open a tree",
    "perf",
    "userfaultfd",
    "io_uring",
    "the kernel's log",
    "trace another",
    "read the memory of another",
    "queue a signal",
    "let others trace it",
}


@pytest.fixture(scope="module")
def targets(tmp_path_factory):
    """Files, sockets and a process that an attempt may aim at."""
    folder = tmp_path_factory.mktemp("targets")
    shared = Path("/dev/shm", f"targets-{uuid.uuid4().hex}")
    world = made(folder) | {"shared": str(shared), "victim": 0}
    shared.write_text("secret")
    victim = subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", "input()"], stdin=subprocess.PIPE, start_new_session=True
    )
    with socket.create_server(("127.0.0.1", 0)) as tcp, _unix(folder) as _, _abstract(world) as _:
        yield world | {"victim": victim.pid, "port": tcp.getsockname()[1]}
    victim.kill()
    victim.communicate()
    shared.unlink()


def made(folder: Path) -> dict[str, object]:
    files = ("data/images.bin", "results/row.json", "allowed/shipped/teacher.bin", "kept")
    more = ("allowed/sub/module.py", "spare", "spare2", "scratch/empty")
    for name in (*files, *more):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("secret")
    (folder / "allowed/link").symlink_to(folder / "data/images.bin")
    datasets = sklearn_datasets()
    names = {
        name: str(folder / name) for name in ("data", "results", "allowed", "scratch", "atexit")
    }
    return names | {
        "suite": str(ROOT),
        "kept_path": str(folder / "kept"),
        "readable": str(folder / "allowed/sub/module.py"),
        "spare": str(folder / "spare"),
        "spare2": str(folder / "spare2"),
        "unix": str(folder / "s"),
        "abstract_name": uuid.uuid4().hex,
        "teacher": str(next((ROOT / "teachers/shipped").glob("*.safetensors"))),
        "digits": str(datasets / "data/digits.csv.gz"),
        "packages": [*map(str, packages("scikit-learn")), str(ROOT / "teachers")],
        "excluded": [
            str(folder / "allowed/shipped"),
            str(datasets),
            str(ROOT / "teachers/shipped"),
        ],
    }


def sklearn_datasets() -> Path:
    return Path(importlib.util.find_spec("sklearn").origin).parent / "datasets"


def _unix(folder: Path) -> socket.socket:
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(os.path.relpath(folder / "s"))  # a name of a socket has at most 107 letters
    listening.listen()
    return listening


def _abstract(world: dict[str, object]) -> socket.socket:
    receiving = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    receiving.bind(f"\0{world['abstract_name']}")
    return receiving


@pytest.fixture(scope="module")
def confined(here_confined, start, targets) -> dict[str, str]:
    done = start("attempts", targets, "confined")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout) | {"written at exit": str(Path(targets["atexit"]).exists())}


@pytest.fixture(scope="module")
def free(confined, start, targets) -> dict[str, str]:
    done = start("attempts", targets, "free")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout) | {"written at exit": str(Path(targets["atexit"]).exists())}


def test_the_first_landlock_and_the_filter_refuse_as_much(here_confined, start, targets):
    done = start("attempts", targets, "oldest")
    assert {name for name, end in json.loads(done.stdout).items() if end != "refused"} == set()


@pytest.mark.parametrize("name", ATTEMPTS)
def test_a_confined_process_is_refused_what_a_hostile_method_would_try(confined, name):
    assert confined[name] == "refused"


@pytest.mark.parametrize("name", ATTEMPTS)
def test_each_attempt_gets_further_where_nothing_is_confined(free, name):
    if name in PRIVILEGED and free[name] == "refused":
        pytest.skip("this user, or this kernel, is refused it anyway")
    assert free[name] != "refused"


def test_what_runs_at_exit_writes_nothing(confined, free):
    assert (confined["written at exit"], free["written at exit"]) == ("False", "True")
