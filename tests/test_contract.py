"""The contract every method keeps; a new file in ``methods/`` is tested here as it is."""

from __future__ import annotations

import dataclasses
import hashlib
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from benchmark import env
from benchmark.errors import BenchError
from benchmark.method import Method, Spec, config
from benchmark.run import registry
from conftest import CPU, ROOT, bench_environment

VARIANTS = registry.labels()
# every method and variant as it comes, then every method under each further access
LABELS = [
    *VARIANTS,
    *(f"{name}@{a}" for name in registry.names() for a in registry.find(name).method.access[1:]),
]
BUDGET = 200
each_method = pytest.mark.parametrize("label", LABELS)


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


@each_method
def test_budget_is_used_and_never_exceeded(label, spec, make_method):
    for budget in (BUDGET, 31):  # 31: the last batch is a single image
        entry, access = find(label)
        method, account = make_method(entry, spec, budget, access=access)
        before = [parameter.clone() for parameter in method.student.parameters()]
        run_steps(method, entry, 0, None, seed=0)
        assert 0.95 * budget <= account.spent <= budget
        after = method.deliver().parameters()
        assert any(not torch.equal(old, new) for old, new in zip(before, after, strict=True))
        assert all(torch.isfinite(tensor).all() for tensor in method.deliver().parameters())


@each_method
def test_same_seed_same_student_other_seed_other_student(label, spec, make_method):
    (entry, access), prints = find(label), []
    for seed in (5, 5, 6):
        method, account = make_method(entry, spec, 90, seed, access)
        run_steps(method, entry, 0, None, seed)
        prints.append(fingerprint(method, account))
    assert prints[0] == prints[1] != prints[2]


@each_method
def test_the_first_round_costs_what_the_formula_says(label, spec, make_method):
    entry, access = find(label)
    method, account = make_method(entry, spec, 20_000, access=access)
    run_steps(method, entry, 0, 1, seed=0)
    assert account.spent == method.round_cost(method.config, method.spec)
    assert method.least_budget(method.config, method.spec) <= 1000


@each_method
@pytest.mark.parametrize(
    ("shape", "classes"), [((3, 10, 14), 7), ((1, 9, 9), 2), ((2, 16, 16), 101)]
)
def test_odd_shapes_and_class_counts(label, shape, classes, make_method):
    entry, access = find(label)
    method, account = make_method(entry, Spec(shape, classes, CPU), 70, access=access)
    run_steps(method, entry, 0, None, seed=0)
    assert account.spent >= 0.95 * 70
    assert method.deliver()(torch.rand(2, *shape)).shape == (2, classes)


@pytest.mark.parametrize("label", VARIANTS)
def test_every_hyper_parameter_has_a_source(label):
    entry = registry.find(label)
    for field in dataclasses.fields(entry.method.Config):
        assert field.metadata.get("source"), (
            f"{label}.{field.name}: where does its value come from?"
        )
    config.resolve(entry.method, label, entry.overrides)
    page = sys.modules[entry.method.__module__].__doc__
    assert "Queries of one round." in page and entry.method.paper


@pytest.mark.parametrize("name", registry.names())
def test_the_page_is_the_methods_own_and_not_the_templates(name):
    method = registry.find(name).method
    title, colon, idea = sys.modules[method.__module__].__doc__.splitlines()[0].partition(": ")
    assert colon and idea and title != "NAME", "first line: `Readable name: idea (authors, year)`"
    assert not method.paper.startswith("Authors:")


guard = {"on": False}


def _audit(event: str, arguments: tuple) -> None:
    if not guard["on"] or event not in ("open", "socket.connect"):
        return
    if event == "open" and str(arguments[0]).endswith((".py", ".pyc", ".so")):
        return  # a lazy import
    raise PermissionError(f"a data-free method may not {event} {arguments[:1]}")


sys.addaudithook(_audit)  # cannot be removed again; without the guard it does nothing


def run_guarded(method: Method, entry: registry.Entry) -> None:
    guard["on"] = True
    try:
        run_steps(method, entry, 0, None, seed=0)
    finally:
        guard["on"] = False


@each_method
def test_methods_touch_no_file_and_no_network(label, spec, make_method):
    entry, access = find(label)
    method, _ = make_method(entry, spec, 90, access=access)
    run_guarded(method, entry)


def test_the_guard_catches_a_method_that_reads_a_file(spec, make_method, method_file, tmp_path):
    (tmp_path / "images.bin").write_bytes(b"real data")
    path = method_file("peeks", f"""
        def step(self):
            return bool(open({str(tmp_path / "images.bin")!r}).read())
    """)  # fmt: skip
    entry = registry.find(str(path))
    method, _ = make_method(entry, spec, 90)
    with pytest.raises(PermissionError, match="data-free"):
        run_guarded(method, entry)


RESUME = """
import sys, torch
sys.path.insert(0, {tests!r})
import conftest, test_contract
import pytest

class TestResumes:
    @pytest.mark.parametrize("number, label", enumerate({labels!r}))
    def test_resume(self, number, label, spec, make_method, request):
        saved = torch.load({folder!r} + f"/{{number}}.pt", weights_only=True)
        entry, access = test_contract.find(label)
        method, account = make_method(entry, spec, test_contract.BUDGET, access=access)
        method.load_state_dict(saved["method"])
        account.load_state_dict(saved["account"])
        test_contract.run_steps(method, entry, saved["step"], None, seed=0)
        assert test_contract.fingerprint(method, account) == saved["expected"]
"""


@pytest.mark.slow
def test_resume_in_a_new_process_is_bit_equal(spec, make_method, tmp_path):
    """Every method is stopped after some steps, saved, and finished by one other process."""
    resume_elsewhere(LABELS, spec, make_method, tmp_path)


def resume_elsewhere(labels: list[str], spec: Spec, make_method, folder: Path) -> None:
    """Hold methods that one other process finishes against the same ones left alone."""
    for number, label in enumerate(labels):
        entry, access = find(label)
        method, account = make_method(entry, spec, BUDGET, access=access)
        run_steps(method, entry, 0, None, seed=0)
        expected = fingerprint(method, account)
        method, account = make_method(entry, spec, BUDGET, access=access)
        step = run_steps(method, entry, 0, 1 + number % 3, seed=0)
        state = {"method": method.state_dict(), "account": account.state_dict()}
        torch.save(state | {"step": step, "expected": expected}, folder / f"{number}.pt")
    script = RESUME.format(tests=str(ROOT / "tests"), folder=str(folder), labels=labels)
    (folder / "test_resumes.py").write_text(script)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "conftest", str(folder / "test_resumes.py")],
        capture_output=True, text=True, cwd=folder,
        env=bench_environment(folder) | {"PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    assert f"{len(labels)} passed" in done.stdout


def test_a_config_that_is_no_dataclass_and_a_file_that_does_not_import_are_named(method_file):
    path = method_file("plain", "class Config:\n    batch: int = 3")
    with pytest.raises(BenchError, match="must be a dataclass"):
        registry.find(str(path))
    path.write_text("import nothing_of_that_name")
    with pytest.raises(BenchError, match=r"plain\.py cannot be imported: ModuleNotFoundError"):
        registry.find(str(path))
