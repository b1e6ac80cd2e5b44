"""Code of others is executed in a process of its own, which describes it in plain values."""

from __future__ import annotations

import sys

import pytest

from benchmark.confine import strongest
from benchmark.errors import BenchError
from benchmark.host import described, description, telling
from benchmark.host.description import Strange
from benchmark.host.levels import CONFINED, PROCESS
from benchmark.method import Method, Spec, config
from benchmark.run import registry
from support import plugins
from support.runs import only_row
from support.suite import CPU

STRONGEST = strongest().isolation
HONEST = """
import sys
from benchmark.method import Method, param
sys.honest_was_here = True

class Honest(Method):
    paper = "Somebody, 2026"
    version = 3
    access = ("score", "hard-label")
    variants = {"wide": {"width": 8}}
    space = {"": {"rate": (0.1, 1.0), "kind": ["a", "b"]}}

    @dataclass(frozen=True)
    class Config:
        width: int = param(4, "a test", low=2, high=math.inf)
        rate: float = param(0.5, "a test", later=True)
        kind: Literal["a", "b"] = param("a", "a test")
        twice: int = param(0, "a test")

        def __post_init__(self):
            object.__setattr__(self, "twice", 2 * self.width)

    @classmethod
    def least_budget(cls, config, spec):
        return config.twice * spec.classes

    def step(self):
        return False
"""
HEAD = "import math\nfrom dataclasses import dataclass\nfrom typing import Literal\n"


@pytest.fixture
def told(tmp_path):
    """``find(text, level) -> entry`` of a file with this text after the usual imports."""

    def find(text: str, level: str = STRONGEST) -> registry.Entry:
        path = tmp_path / "told.py"
        path.write_text(HEAD + text)
        return registry.find(str(path), level)

    return find


@pytest.mark.slow
def test_a_described_method_has_all_that_an_executed_one_has_and_was_not_executed_here(told):
    here = told(HONEST, "thread").method
    assert vars(sys).pop("honest_was_here")
    there = told(HONEST).method
    assert "honest_was_here" not in vars(sys)
    for name in ("__name__", "paper", "version", "access", "variants", "space", "floor", "tiny"):
        assert getattr(here, name) == getattr(there, name)
    for of in (here, there):
        found = config.resolve(of, "told", {"width": "6"})
        assert (found.width, found.twice, of.least_budget(found, Spec((1, 8, 8), 3, CPU))) == (
            6,
            12,
            36,
        )
        assert config.sources(of)["rate"] == "a test" and "rate" not in config.identity(found)
        with pytest.raises(BenchError, match=r"told\.width must be at least 2"):
            config.resolve(of, "told", {"width": 1})
        with pytest.raises(BenchError, match=r"told\.kind must be one of a, b, not 'c'"):
            config.resolve(of, "told", {"kind": "c"})


PLAIN = (
    "from benchmark.method import Method\n\nclass Plain(Method):\n    {}\n    def step(self): ...\n"
)
FAULTS = {
    "import os; os._exit(9)": "cannot be imported: its process ended with code 9",
    "while True: pass": "cannot be imported: it did not answer within 1 s",
    "raise ValueError('\\x1b[2Jboo\\x1b]0;title\\x07')": "cannot be imported: ValueError: boo",
    "raise SystemExit": "cannot be imported: SystemExit",
    PLAIN.format("paper = 'x' * 3_000_000"): "is too large to be sent",
    PLAIN.format("paper = '\\x1b[2J'"): "paper is no text of at most 300 visible letters",
    PLAIN.format("tiny = {'a': float('nan')}"): "Out of range float values",
    PLAIN.format(
        "least_budget = lambda c, s: 1\n    variants = {'a': {'b': object()}}"
    ): "TypeError",
}


@pytest.mark.slow
@pytest.mark.parametrize("text", FAULTS)
def test_a_file_that_hurts_when_it_is_executed_ends_in_one_line(text, told, monkeypatch):
    monkeypatch.setattr(described, "ANSWERS", 1.0)
    with pytest.raises(BenchError) as caught:
        told(text)
    said = str(caught.value)
    assert FAULTS[text] in said and "told.py" in said
    assert "\n" not in said and "\x1b" not in said and len(said) < 500


@pytest.mark.slow
@pytest.mark.skipif(STRONGEST != CONFINED, reason="this kernel does not confine a process")
def test_a_package_that_a_confined_file_cannot_have_is_named_with_the_way_to_it(told):
    text = f"import sklearn\n{PLAIN.format('')}"
    with pytest.raises(
        BenchError, match=r"No module named 'sklearn'; a confined file imports torch"
    ):
        told(text)
    assert told(text, PROCESS).method.__name__ == "Plain"


@pytest.mark.slow
def test_a_plugin_is_described_with_the_rest_of_its_package(tmp_path, monkeypatch, cli):
    text = (
        "from benchmark.method import Method\nfrom .near import NUMBER\n\n"
        "class Far(Method):\n    version = NUMBER\n    def step(self): return False\n"
    )
    plugins.install(monkeypatch, tmp_path / "site" / "site-packages", text)
    run = ("run", "--methods", "far", "--dataset", "digits", "--budget", "60", "--seeds", "0")
    code, output, errors = cli(*run, "--device", "cpu", "--isolation", STRONGEST)
    assert (code, "far_methods" in sys.modules) == (0, False), output + errors
    assert only_row(tmp_path / "results").method_version == 3, "as a file beside it says"


def field(**changes) -> dict:
    usual = {"name": "a", "kind": "int", "choices": [], "default": 1, "needed": False}
    flags = {"init": True, "source": "", "later": False, "own": False, "low": None, "high": None}
    return usual | flags | changes


SOUND = {
    "name": "Plain",
    "access": ["hard-label"],
    "own": [],
    "config": [field()],
    "paper": "",
    "version": 1,
    "floor": False,
    "real_images": "",
    "not_validated": "",
    "designed": "",
    "variants": {"a": {"a": 2}},
    "tiny": {},
    "space": {"": {"a": {"range": [1, 2]}}},
    "unrounded": {},
}
WILD = [
    {"name": "a b"},
    {"name": "class"},
    {"name": ["x"]},
    {"access": []},
    {"access": ["root"]},
    {"access": "hard-label"},
    {"own": ["setup"]},
    {"own": [[]]},
    {"config": {}},
    {"config": [field()] * 2},
    {"config": [field(name=f"a{number}") for number in range(101)]},
    {"config": [7]},
    {"config": [field(name="__init__")]},
    {"config": [field(kind="object")]},
    {"config": [field(kind=["int"])]},
    {"config": [field(kind="int", default="x")]},
    {"config": [field(kind="int", default=True)]},
    {"config": [field(default=2**63)]},
    {"config": [field(kind="float", default=[1])]},
    {"config": [field(kind="str", default="\u202e")]},
    {"config": [field(kind="str", default="x" * 101)]},
    {"config": [field(needed=True)]},
    {"config": [field(low="0")]},
    {"config": [field(later=1)]},
    {"config": [field(source="\x1b[2J")]},
    {"config": [field(name="batch", kind="str", default="x")]},
    {"config": [field(choices=[[]])]},
    {"paper": None},
    {"version": True},
    {"version": -1},
    {"floor": "yes"},
    {"real_images": "all"},
    {"real_images": "other"},
    {"variants": {"\x1b[2J": {}}},
    {"variants": {"a": []}},
    {"variants": {"a": {"a": {}}}},
    {"variants": {f"v{number}": {} for number in range(101)}},
    {"space": {"": {"a": [1, 2]}}},
    {"space": {"": {"a": {"range": [1], "choices": [2]}}}},
    {"tiny": None},
]


def test_a_description_has_every_fact_that_a_class_of_a_method_can_state():
    stated = {name for name, kind in vars(Method)["__annotations__"].items() if "ClassVar" in kind}
    assert stated == {*telling.FACTS, *telling.TABLES, "access", "space"}
    assert {*telling.FACTS} == {*description.FACTS}


def test_a_sound_description_is_read():
    found = description.read(SOUND)
    assert found.config().a == 1 and found.facts["space"] == {"": {"a": (1, 2)}}


@pytest.mark.parametrize("wild", WILD, ids=lambda wild: str(wild)[:40])
def test_wild_values_in_a_description_are_refused(wild):
    with pytest.raises(Strange) as caught:
        description.read(SOUND | wild)
    assert str(caught.value).isprintable() and len(str(caught.value)) < 200


@pytest.mark.parametrize("name", SOUND)
def test_a_description_without_one_of_its_parts_is_refused(name):
    with pytest.raises(Strange):
        description.read({key: of for key, of in SOUND.items() if key != name})
