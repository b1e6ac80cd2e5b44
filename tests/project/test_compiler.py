"""torch's compiler: no optimiser imports it, and whoever uses it gets the whole of it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from benchmark import compiler
from support.suite import bench_environment

TRAINS = """
import sys
import torch
from benchmark import compiler, env
env.pick_device("cpu")
weight = torch.ones(2, requires_grad=True)
for make in (torch.optim.SGD, torch.optim.Adam, torch.optim.AdamW):
    optimiser = make([weight], lr=0.1)
    weight.square().sum().backward()
    optimiser.step()
    optimiser.zero_grad()
    optimiser.load_state_dict(optimiser.state_dict())
"""
LEFT = """
parts = [name for name in sys.modules if name.startswith(compiler.NAME + ".")]
assert not parts and "sympy" not in sys.modules, parts
"""
COMPILES = """
@torch.compile(backend="eager")
def doubled(x):
    return 2 * x
assert doubled(weight).tolist() == (2 * weight).tolist()
assert type(torch._dynamo) is not compiler.OnDemand is not type(sys.modules[compiler.NAME])
assert torch._dynamo.utils.counters["stats"]["unique_graphs"] == 1
optimiser.step()
"""
PART = """
import torch._dynamo.config
assert torch._dynamo.config.cache_size_limit and type(torch._dynamo) is not compiler.OnDemand
env.pick_device("cpu")
assert type(torch._dynamo) is not compiler.OnDemand
"""


@pytest.mark.parametrize("then", [LEFT, LEFT + COMPILES, PART], ids=["trains", "compiles", "part"])
def test_the_compiler_is_imported_by_those_who_use_it(then, tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", TRAINS + then],
        capture_output=True,
        text=True,
        env=bench_environment(tmp_path),
    )
    assert done.returncode == 0, done.stderr


class Whole:
    """In the place of the compiler."""

    @staticmethod
    def disable(function, *given, **named):
        return "disabled", given, named


@pytest.fixture
def standing(monkeypatch):
    monkeypatch.setattr(compiler.importlib, "import_module", lambda name: Whole)
    monkeypatch.setitem(sys.modules, compiler.NAME, found := compiler.OnDemand(compiler.NAME))
    return found


def test_torch_may_exclude_its_own_functions_from_compiling_and_others_ask_the_compiler(standing):
    assert standing.graph_break() is None
    assert standing.disable(len, True, wrapping=False) is len
    assert sys.modules[compiler.NAME] is standing
    assert standing.disable(len, False) == ("disabled", (False,), {"wrapping": True})
    assert compiler.NAME not in sys.modules


def test_looking_at_all_modules_imports_nothing(standing):
    with pytest.raises(AttributeError, match="not imported yet and has no '__warningregistry__'"):
        standing.__warningregistry__  # noqa: B018
    assert sys.modules[compiler.NAME] is standing
