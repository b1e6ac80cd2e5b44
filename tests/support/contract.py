"""The promises of every method, for the tests that hold all methods to them."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import subprocess
import sys
from pathlib import Path

import torch

from benchmark import env
from benchmark.method import Method, Spec
from benchmark.run import registry
from support.suite import ROOT, bench_environment

VARIANTS = registry.labels()


# every method and variant as it comes, then every method under each further access
LABELS = [
    *VARIANTS,
    *(f"{name}@{a}" for name in registry.names() for a in registry.find(name).method.access[1:]),
]


BUDGET = 120
FEW = 31  # queries of which the last batch has one
RESUMED = 100  # queries of a run that is stopped after its first or second step


@functools.cache
def find(label: str) -> tuple[registry.Entry, str]:
    """The entry and the access ("" for the method's default) of one of ``LABELS``."""
    name, _, access = label.partition("@")
    return registry.find(name), access


def run_steps(
    method: Method, entry: registry.Entry, first: int, last: int | None, seed: int
) -> int:
    """Steps as the runner does them; returns the number of the step that ended it."""
    step = first
    while last is None or step < last:
        env.seed_all(seed, entry.name, step)
        going_on = method.step()
        assert going_on in (True, False), f"step() must return True or False, not {going_on!r}"
        if not going_on:
            break
        step += 1
        assert step < 10_000, "the method does not end"
    return step


def fingerprint(method: Method, account) -> str:
    """Digest of every weight of the delivered student and of every label it was given."""
    digest = hashlib.sha256(account.digest().encode())
    for name, tensor in method.deliver().state_dict().items():
        digest.update(name.encode() + tensor.detach().numpy().tobytes())
    return digest.hexdigest()


RESUME = """
import sys, torch
sys.path.insert(0, {tests!r})
from support import contract
import pytest

class TestResumes:
    @pytest.mark.parametrize("number, label", enumerate({labels!r}))
    def test_resume(self, number, label, spec, make_method, request):
        saved = torch.load({folder!r} + f"/{{number}}.pt", weights_only=True)
        entry, access = contract.find(label)
        method, account = make_method(entry, spec, contract.RESUMED, access=access)
        method.load_state_dict(saved["method"])
        account.load_state_dict(saved["account"])
        contract.run_steps(method, entry, saved["step"], None, seed=0)
        assert contract.fingerprint(method, account) == saved["expected"]
"""


def resume_elsewhere(labels: list[str], spec: Spec, make_method, folder: Path) -> None:
    """Hold methods that one other process finishes against the same ones left alone."""
    for number, label in enumerate(labels):
        entry, access = find(label)
        method, account = make_method(entry, spec, RESUMED, access=access)
        run_steps(method, entry, 0, None, seed=0)
        expected = fingerprint(method, account)
        method, account = make_method(entry, spec, RESUMED, access=access)
        step = run_steps(method, entry, 0, 1 + number % 2, seed=0)
        state = {"method": method.state_dict(), "account": account.state_dict()}
        torch.save(state | {"step": step, "expected": expected}, folder / f"{number}.pt")
    script = RESUME.format(tests=str(ROOT / "tests"), folder=str(folder), labels=labels)
    (folder / "test_resumes.py").write_text(script)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "conftest", str(folder / "test_resumes.py")],
        capture_output=True,
        text=True,
        cwd=folder,
        env=bench_environment(folder) | {"PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"},
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    assert f"{len(labels)} passed" in done.stdout


def has_generator(method: str) -> bool:
    fields = dataclasses.fields(registry.find(method).method.Config)
    return "generator" in {field.name for field in fields}


WITH_A_GENERATOR = [method for method in registry.names() if has_generator(method)]
