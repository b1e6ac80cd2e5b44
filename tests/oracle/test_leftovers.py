"""No run leaves anything behind: a later one would train on labels that it has not paid for."""

from __future__ import annotations

import sys

import pytest
import torch

from benchmark.run import outlines, registry
from support.contract import LABELS, find, run_steps
from support.leftovers import differences, look
from support.runs import numbers, only_row, path_run, rows

PLUGINS = sorted(outlines.plugins())


def left_by(entry: registry.Entry, spec, make_method, access: str = "") -> list[str]:
    """Where a tiny run has changed the method's module, a block, or the base class."""
    watched = [entry.method.__module__, "benchmark.method.base"]
    watched += sorted(name for name in sys.modules if name.startswith("methods._blocks"))
    before = look(watched)
    method, _ = make_method(entry, spec, 60, access=access)
    run_steps(method, entry, 0, None, seed=0)
    method.deliver()
    return differences(before, look(watched))


@pytest.mark.parametrize("label", [*LABELS, *PLUGINS])
def test_a_method_leaves_nothing_in_its_class_or_its_module(label, spec, make_method):
    entry, access = find(label)
    assert left_by(entry, spec, make_method, access) == []


KEEPS = """
    pool = []
    by_class = {'a': [0]}
    bank = torch.zeros(3)
    net = torch.nn.Linear(1, 1)

    def step(self, seen=[]):
        labels = self.oracle(torch.rand(10, *self.spec.shape))
        STATEMENT
        return False
"""
SLIPS = {
    "self.pool.append(labels)": "pool",
    "self.by_class['a'][0] = 1": "by_class",
    "self.bank[0] = labels[0] + 1": "bank",
    "type(self).bank = labels": "bank",
    "type(self).best = 3": "best",
    "torch.nn.init.ones_(self.net.weight)": "net",
    "seen.append(1)": "step.__defaults__",
    "type(self).step.count = 1": "step.count",
    "globals()['found'] = labels": "found",
    "Method.pool = labels": "pool",
}


@pytest.mark.parametrize("slip", SLIPS)
def test_what_a_method_leaves_is_found_wherever_it_is(
    slip, spec, make_method, method_file, monkeypatch
):
    monkeypatch.setattr(registry.Method, "pool", None, raising=False)
    body = KEEPS.replace("STATEMENT", slip)
    entry = registry.find(str(method_file("keeps", body)))
    found = left_by(entry, spec, make_method)
    assert found and all(SLIPS[slip] in name for name in found)
    assert (
        left_by(
            registry.find(str(method_file("tidy", KEEPS.replace("STATEMENT", "pass")))),
            spec,
            make_method,
        )
        == []
    )


CARRIES = """
    @dataclass(frozen=True)
    class Config:
        images: int = param(50, 'a test')

    pool = []

    def step(self):
        images = torch.rand(self.config.images, *self.spec.shape)
        self.pool.append(self.oracle(images))
        self.log(labels=sum(map(len, self.pool)))
        return self.oracle.remaining > 0
"""


def test_labels_in_a_class_attribute_do_not_reach_the_next_run(cli, method_file, tmp_path):
    path = method_file("carries", CARRIES)
    command = [text if text != "0" else "0,1" for text in path_run(path, 100)]
    code, output, errors = cli(*command)
    assert code == 0, output + errors
    alone = [text if text != "0" else "1" for text in path_run(path, 100)]
    assert cli(*alone, "--results", tmp_path / "alone")[0] == 0
    found = rows(tmp_path / "results")
    assert [row.curve[-1].logged["labels"] for row in found] == [100, 100]
    assert numbers(found[1]) == numbers(only_row(tmp_path / "alone"))


def test_a_file_is_executed_anew_as_it_was_when_it_was_found(method_file):
    path = method_file("mine", "pool = []\n\ndef step(self):\n    return False")
    entry = registry.find(str(path))
    path.write_text("a file that is being edited")
    entry.method.pool.append(torch.zeros(1))
    first, second = entry.fresh("thread"), entry.fresh("thread")
    assert first.method.pool == [] and first.method is not second.method
    assert (first.source_sha, first.label) == (entry.source_sha, entry.label)
    assert sys.modules[second.method.__module__].Tested is second.method
    assert registry.find("noise").fresh("thread").method is registry.find("noise").method
