"""How the tests of confinement start their programs, each in a fresh interpreter."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmark.confine import environment, strongest
from support.suite import ROOT

# Isolated as a method's interpreter will be, with the folder of the tests on the path.
PROGRAM = (
    "import runpy, sys; sys.path.insert(0, sys.argv.pop(1)); "
    "runpy.run_module(sys.argv.pop(1), run_name='__main__')"
)


@pytest.fixture(scope="session")
def here_confined() -> None:
    """Skip where this machine cannot confine a process; the reason is the probe's."""
    found = strongest()
    if found.isolation != "confined":
        pytest.skip(f"this machine cannot confine a process: {found.reason}")


def command(program: str, *arguments: object) -> list[str]:
    words = [one if isinstance(one, str) else json.dumps(one) for one in arguments]
    folder = str(Path(__file__).parent.parent)
    return [sys.executable, "-I", "-B", "-c", PROGRAM, folder, f"confine.{program}", *words]


@pytest.fixture(scope="session")
def start():
    """``start(program, *arguments, **options)``: what a program beside this file did."""

    def started(program: str, *arguments: object, **options) -> subprocess.CompletedProcess:
        usual = {
            "env": environment(2),
            "stdin": subprocess.DEVNULL,
            "capture_output": True,
            "text": True,
            "timeout": 300,
            "start_new_session": True,
            "cwd": ROOT,
        }
        return subprocess.run(command(program, *arguments), **usual | options)

    return started


@pytest.fixture
def waiting():
    """A confined process that waits for the end of its input."""
    pipe = subprocess.PIPE
    with subprocess.Popen(command("tricks", "waits"), stdin=pipe, stdout=pipe) as process:
        assert process.stdout.readline() == b"ready\n"
        yield process
        process.kill()
