"""Shared parts of the tests: a stub oracle without any network, tiny values, a command runner."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import sys
import textwrap
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from benchmark import env
from benchmark.method import Spec, config
from benchmark.nets import architectures
from benchmark.oracle import open_oracle
from benchmark.oracle.answering import Network
from benchmark.perf import machine
from benchmark.run import reference, setting
from benchmark.run.registry import Entry
from support import forked, suite
from support.runs import only_row, path_run
from support.suite import CPU, ISOLATION, StubTeacher, bench_command, bench_environment
from teachers import probe


def pytest_xdist_auto_num_workers() -> int:
    """One more than cores: where a test waits for a process that it started, another one runs."""
    return (os.cpu_count() or 1) + 1


@pytest.fixture(autouse=True)
def seeded(request) -> None:
    """Every test draws the same random numbers in whatever order tests run."""
    env.seed_all(request.node.nodeid)


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch) -> None:
    """No test reads or fills the user's cache of digests, or keeps a rate with another."""
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.getbasetemp()))


@pytest.fixture(autouse=True)
def beside_the_suite(monkeypatch) -> None:
    """Methods of tests run in this process, unless a test says otherwise."""
    for name, value in ISOLATION.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(autouse=True)
def one_machine_and_few_teachers(monkeypatch) -> None:
    """A network with the same weights has the same fingerprint and labels, and most tests load one
    teacher; no row depends on how fast a machine is, or on whether its disk outlives a power cut.
    The checkout is the same for all.
    """
    monkeypatch.setattr(probe, "probe", suite.probed_once)
    monkeypatch.setattr(setting, "predict", suite.predicted_once)
    monkeypatch.setattr(env, "_git", suite.told_once)
    monkeypatch.setattr(machine, "rates", suite.supposed_rates)
    monkeypatch.setattr(os, "fsync", lambda file: None)


@pytest.fixture(autouse=True)
def commands_as_copies(request, monkeypatch) -> None:
    """Commands start in a hundredth of the time, but where a test looks at the start itself."""
    if not request.node.get_closest_marker("starts"):
        monkeypatch.setattr(subprocess, "Popen", forked.Popen)


@pytest.fixture
def four_passes(monkeypatch) -> None:
    """Reference students learn long enough for one of their states to take another's place."""
    monkeypatch.setattr(reference, "MOST", 4)


@pytest.fixture
def spec() -> Spec:
    return Spec((1, 8, 8), 3, CPU)


@pytest.fixture
def stub_oracle():
    """``make(spec, budget, **options) -> (oracle, account)``; closed at the end of the test."""
    closers = []

    def make(spec: Spec, budget: int, **options):
        oracle, account, close = open_oracle(
            spec,
            budget,
            [Network(StubTeacher(spec.classes), spec.access != "hard-label")],
            **options,
        )
        closers.append(close)
        return oracle, account

    yield make
    for close in closers:
        close()


@pytest.fixture
def make_method(stub_oracle):
    """``make(entry, spec, budget, seed, access) -> (method, account)``, set up as by the runner."""

    def make(entry: Entry, spec: Spec, budget: int, seed: int = 0, access: str = ""):
        spec = replace(spec, access=access or entry.method.access[0])
        oracle, account = stub_oracle(spec, budget)
        env.seed_all(seed, "student")
        student = architectures.build("lenet", spec.shape, spec.classes)
        values = config.resolve(entry.method, entry.label, entry.overrides, entry.method.tiny)
        method = entry.method(spec, values, oracle, student)
        if spec.access == "white-box":
            env.seed_all("white-box teacher")
            teacher = architectures.build("lenet", spec.shape, spec.classes)
            method.teacher = teacher.eval().requires_grad_(False)
        if entry.method.real_images:
            env.seed_all("real images")
            method.images = torch.randint(256, (50, *spec.shape), dtype=torch.uint8)
        env.seed_all(seed, entry.name, "setup")
        method.setup()
        return method, account

    return make


@pytest.fixture
def bench(tmp_path):
    """``run(*arguments) -> CompletedProcess`` of the real command in its own process."""

    def run(*arguments: object, **options) -> subprocess.CompletedProcess:
        return subprocess.run(
            bench_command(*arguments),
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env=bench_environment(tmp_path),
            **options,
        )

    return run


@pytest.fixture
def drawn(monkeypatch, tmp_path):
    """``draw(rows) -> figure`` of the one picture of curves that is made of them."""
    from support.pictured import drawing

    return drawing(monkeypatch, tmp_path)


@pytest.fixture
def cli(tmp_path, monkeypatch, capsys):
    """``run(*arguments) -> (exit code, output, errors)`` of the command inside this process."""
    from benchmark.cli.main import main

    for name, value in bench_environment(tmp_path).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["bench", *map(str, arguments)])
        capsys.readouterr()
        code = 0
        try:
            main()
        except SystemExit as end:
            code = end.code or 0
        output = capsys.readouterr()
        return code, output.out, output.err

    return run


@pytest.fixture
def method_file(tmp_path):
    """``write(name, body) -> path`` of a method file: ``body`` is the inside of its class."""

    def write(name: str, body: str) -> Path:
        head = f'"""{name}: a method of a test.\n\nQueries of one round. Some."""\n'
        imports = (
            "from dataclasses import dataclass\n\nimport torch\n\n"
            "from benchmark.method import Method, param\n\n\n"
        )
        path = tmp_path / f"{name}.py"
        indented = textwrap.indent(textwrap.dedent(body).strip(), "    ")
        path.write_text(f"{head}{imports}class Tested(Method):\n{indented}\n")
        return path

    return write


@pytest.fixture(scope="session")
def pristine(tmp_path_factory) -> Path:
    """A store with one honest row of a learning method, which no test may change."""
    from click.testing import CliRunner

    from benchmark.cli.main import cli
    from support.runs import IDEAL

    folder = tmp_path_factory.mktemp("pristine")
    done = CliRunner().invoke(cli, [*IDEAL, "--results", str(folder)])
    assert done.exit_code == 0
    return folder


@pytest.fixture
def results(pristine, tmp_path) -> Path:
    """A copy of that store, to be forged."""
    return Path(shutil.copytree(pristine, tmp_path / "results"))


@pytest.fixture
def row_of(cli, method_file, tmp_path):
    """``run(body, budget, *more, code=0) -> row`` of a method with that body, each in a new store.

    All have one name, so that equal bodies draw equal numbers.
    """
    folders = (tmp_path / f"results-{number}" for number in itertools.count())

    def run(body: str, budget: int = 300, *more: object, code: int = 0):
        folder = next(folders)
        command = path_run(method_file("cheats", body), budget, "--results", folder, *more)
        got, output, errors = cli(*command)
        assert got == code, output + errors
        assert "Traceback" not in output + errors
        run.output = output
        return only_row(folder)

    return run
