"""How the tests of confinement start their programs, each in a fresh interpreter."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmark.confine import environment, strongest
from support.suite import ROOT

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def here_confined() -> None:
    """Skip where this machine cannot confine a process; the reason is the probe's."""
    found = strongest()
    if found.isolation != "confined":
        pytest.skip(f"this machine cannot confine a process: {found.reason}")


@pytest.fixture(scope="session")
def start():
    """``start(program, *arguments, **options)``: the process of a program beside this file."""

    def started(program: str, *arguments: object, **options) -> subprocess.CompletedProcess:
        command = [sys.executable, "-I", "-B", str(HERE / program)]
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
