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


@pytest.fixture(scope="session")
def start():
    """``start(program, *arguments, **options)``: what a program beside this file did."""

    def started(program: str, *arguments: object, **options) -> subprocess.CompletedProcess:
        folder = str(Path(__file__).parent.parent)
        command = [sys.executable, "-I", "-B", "-c", PROGRAM, folder, f"confine.{program}"]
        words = [one if isinstance(one, str) else json.dumps(one) for one in arguments]
        return subprocess.run(
            [*command, *words],
            **{
                "env": environment(2),
                "stdin": subprocess.DEVNULL,
                "capture_output": True,
                "text": True,
                "timeout": 120,
                "start_new_session": True,
                "cwd": ROOT,
            }
            | options,
        )

    return started
