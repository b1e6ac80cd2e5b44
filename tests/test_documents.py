"""Documents that state numbers are generated from the committed rows, and are fresh."""

from __future__ import annotations

import re

import pytest

from benchmark import documents, grouping, registry, table
from benchmark.cli import cli
from benchmark.errors import BenchError
from benchmark.store import Store
from conftest import ROOT


def test_the_readmes_table_is_that_of_the_committed_rows():
    text = table.markdown(grouping.select(Store(ROOT / "results")))
    readme = ROOT / "README.md"
    assert documents.insert(text, readme, documents.ROWS) == readme.read_text(), (
        "stale: run `bench table --insert README.md`"
    )


def test_the_tuning_table_is_that_of_the_committed_rows():
    text = table.markdown(grouping.select(Store(ROOT / "results"), tuning=True))
    document = ROOT / "results" / "tables" / "tuning.md"
    assert text == document.read_text(), f"stale: run `bench table --tuning -o {document}`"


def test_every_command_of_the_readme_exists():
    commands = re.findall(r"^ +bench ([a-z]+)", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert len(commands) > 5 and set(commands) <= set(cli.commands)


def test_the_template_is_a_method_and_no_part_of_the_registry():
    assert registry.find(str(ROOT / "methods" / "_template.py")).method.variants
    assert "_template" not in registry.names()


def test_insert_needs_its_two_marks(tmp_path):
    document = tmp_path / "page.md"
    document.write_text("a\n<!-- bench table -->\nold\n<!-- end of table -->\nb\n")
    assert documents.insert("new\n", document, documents.ROWS) == (
        "a\n<!-- bench table -->\nnew\n<!-- end of table -->\nb\n"
    )
    document.write_text("no marks")
    with pytest.raises(BenchError, match="must contain"):
        documents.insert("new", document, documents.ROWS)
    with pytest.raises(BenchError, match="cannot read"):
        documents.insert("new", tmp_path / "missing.md", documents.ROWS)
