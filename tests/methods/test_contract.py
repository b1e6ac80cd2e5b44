"""The contract every method keeps; a new file in ``methods/`` is tested here as it is."""

from __future__ import annotations

import dataclasses
import itertools
import sys

import pytest
import torch

from benchmark.errors import BenchError
from benchmark.method import Method, Spec, config
from benchmark.run import registry
from support.contract import (
    BUDGET,
    FEW,
    LABELS,
    VARIANTS,
    find,
    fingerprint,
    resume_elsewhere,
    run_steps,
)
from support.suite import CPU

each_method = pytest.mark.parametrize("label", LABELS)


@each_method
def test_budget_is_used_and_never_exceeded(label, spec, make_method):
    for budget in (BUDGET, FEW):
        entry, access = find(label)
        method, account = make_method(entry, spec, budget, access=access)
        before = [parameter.clone() for parameter in method.student.parameters()]
        run_steps(method, entry, 0, None, seed=0)
        assert 0.95 * budget <= account.spent <= budget
        after = method.deliver().parameters()
        assert any(not torch.equal(old, new) for old, new in zip(before, after, strict=True))
        assert all(torch.isfinite(tensor).all() for tensor in method.deliver().parameters())


@each_method
def test_same_seed_same_student_other_seed_other_student_no_file_and_no_network(
    label, spec, make_method
):
    (entry, access), prints = find(label), []
    for seed in (5, 5, 6):
        method, account = make_method(entry, spec, FEW, seed, access)
        run_guarded(method, entry, seed)
        prints.append(fingerprint(method, account))
    assert prints[0] == prints[1] != prints[2]


@each_method
def test_the_first_round_costs_what_the_formula_says(label, spec, make_method):
    entry, access = find(label)
    method, account = make_method(entry, spec, 20_000, access=access)
    run_steps(method, entry, 0, 1, seed=0)
    assert account.spent == method.round_cost(method.config, method.spec)
    assert method.least_budget(method.config, method.spec) <= 1000


ODD = ((3, 10, 14), 7)
MORE = [((1, 9, 9), 2), ((2, 16, 16), 101)]  # for each method as it comes


@pytest.mark.parametrize(
    ("label", "shape", "classes"),
    [(label, *ODD) for label in LABELS]
    + [(name, *of) for name, of in itertools.product(registry.names(), MORE)],
)
def test_odd_shapes_and_class_counts(label, shape, classes, make_method):
    entry, access = find(label)
    method, account = make_method(entry, Spec(shape, classes, CPU), FEW, access=access)
    run_steps(method, entry, 0, None, seed=0)
    assert account.spent >= 0.95 * FEW
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


def run_guarded(method: Method, entry: registry.Entry, seed: int) -> None:
    guard["on"] = True
    try:
        run_steps(method, entry, 0, None, seed)
    finally:
        guard["on"] = False


def test_the_guard_catches_a_method_that_reads_a_file(spec, make_method, method_file, tmp_path):
    (tmp_path / "images.bin").write_bytes(b"real data")
    path = method_file(
        "peeks",
        f"""
        def step(self):
            return bool(open({str(tmp_path / "images.bin")!r}).read())
    """,
    )
    entry = registry.find(str(path))
    method, _ = make_method(entry, spec, 90)
    with pytest.raises(PermissionError, match="data-free"):
        run_guarded(method, entry, 0)


@pytest.mark.slow
def test_resume_in_a_new_process_is_bit_equal(spec, make_method, tmp_path):
    """Every method is stopped after some steps, saved, and finished by one other process."""
    resume_elsewhere(LABELS, spec, make_method, tmp_path)


def test_a_config_that_is_no_dataclass_and_a_file_that_does_not_import_are_named(method_file):
    path = method_file("plain", "class Config:\n    batch: int = 3")
    with pytest.raises(BenchError, match="must be a dataclass"):
        registry.find(str(path))
    path.write_text("import nothing_of_that_name")
    with pytest.raises(BenchError, match=r"plain\.py cannot be imported: ModuleNotFoundError"):
        registry.find(str(path))
