"""Imports run one way: a room rests on those below it, and on no other."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import benchmark
from support.suite import ROOT

GROUND = "ground"
ORDER = (
    GROUND,
    "confine",
    "datasets",
    "nets",
    "oracle",
    "defences",
    "endpoint",
    "teachers",
    "rows",
    "method",
    "methods",
    "host",
    "papers",
    "run",
    "tuning",
    "tables",
    "pictures",
    "report",
    "exposure",
    "checks",
    "perf",
    "serve",
    "api",
    "cli",
)
# the ground
FLAT = {
    "errors",
    "files",
    "reading",
    "filenames",
    "text",
    "env",
    "version",
    "own",
    "parse",
    "trust",
    "backing",
    "compiler",
}
ABOVE_ALL = {"__main__": "cli"}


def room(module: str) -> str:
    """The layer of a module; the suite's ``__init__`` and API lie above all but the command."""
    top, *inner = module.split(".")
    if top != "benchmark":
        return top
    if not inner or inner[0] in benchmark.__all__:
        return "api"
    if inner[0] in FLAT:
        return GROUND
    return ABOVE_ALL.get(inner[0], inner[0])


def imports(text: str) -> Iterator[str]:
    """The suite's modules, or names of them, that a file imports anywhere."""
    for node in ast.walk(ast.parse(text)):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        yield from (n for n in names if n.split(".")[0] in ("benchmark", "methods", "teachers"))


def upward(module: str, text: str) -> list[str]:
    """A module's imports from rooms above its own."""
    return [n for n in imports(text) if ORDER.index(room(n)) > ORDER.index(room(module))]


def modules() -> Iterator[tuple[str, Path]]:
    for package in ("benchmark", "methods", "teachers"):
        for file in sorted((ROOT / package).rglob("*.py")):
            parts = file.relative_to(ROOT).with_suffix("").parts
            yield ".".join(part for part in parts if part != "__init__"), file


@pytest.mark.parametrize(("module", "file"), modules(), ids=lambda one: str(one))
def test_a_module_imports_nothing_from_a_room_above_its_own(module, file):
    assert upward(module, file.read_text()) == []


@pytest.mark.parametrize(
    ("module", "text"),
    [
        ("benchmark.rows.store", "from benchmark.tables import table"),
        ("teachers.cards", "from methods._blocks.augment import augment"),
        ("benchmark.run.session", "def late():\n    from benchmark.cli import screen"),
        ("benchmark.errors", "import benchmark.datasets.images"),
    ],
)
def test_an_import_from_below_is_found_wherever_it_stands(module, text):
    assert len(upward(module, text)) == 1
