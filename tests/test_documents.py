"""Documents that state numbers are generated from the committed rows, and are fresh."""

from __future__ import annotations

import re

import pytest
from PIL import Image

from benchmark import parse, registry, runs
from benchmark.cli import cli
from benchmark.errors import BenchError
from benchmark.papers import presets
from benchmark.pictures import curves, saving
from benchmark.report import page
from benchmark.store import Store
from benchmark.tables import documents, grid, grouping, rounds, table
from conftest import ROOT

STALE = "stale: run `make tables`"
TABLES = ROOT / "results" / "tables"


def test_the_readmes_table_is_that_of_the_committed_rows():
    rows = grouping.select(Store(ROOT / "results"), "mnist", budgets="25k")
    text = table.markdown(rows, compare=True)
    readme = ROOT / "README.md"
    assert documents.insert(text, readme, documents.ROWS) == readme.read_text(), STALE


@pytest.mark.parametrize(
    ("name", "chosen"),
    [
        ("mnist", {"datasets": "mnist"}),
        ("digits", {"datasets": "digits"}),
        ("cifar10-jpeg", {"datasets": "folder:cifar10_jpg"}),
        ("tuning", {"tuning": True}),
    ],
)
def test_the_tables_are_those_of_the_committed_rows(name, chosen):
    text = table.markdown(grouping.select(Store(ROOT / "results"), **chosen))
    assert text == (TABLES / f"{name}.md").read_text(), STALE


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("queries", ["--queries"]),
        ("cost", ["--cost"]),
        ("table2", ["--preset", "table2", "--compare", "published"]),
    ],
)
def test_the_papers_tables_are_those_of_the_committed_rows(name, options, cli):
    code, text, errors = cli("table", *options, "--results", ROOT / "results")
    assert code == 0, errors
    assert text.strip() == (TABLES / f"{name}.md").read_text().strip(), STALE


def test_the_numbers_of_the_curves_are_those_of_the_committed_rows():
    text = curves.markdown(grouping.select(Store(ROOT / "results")), parse.per_cents("50,80,90"))
    assert text == (TABLES / "curves.md").read_text(), STALE


@pytest.mark.parametrize(
    ("name", "preset"), [("budgets", "budgets"), ("samples", "fig4"), ("features", "fig4")]
)
def test_the_pictures_are_those_of_the_committed_rows(name, preset):
    store, preset = Store(ROOT / "results"), presets.find(preset)
    if name == "budgets":
        rows = [row for line in grid.lines(preset, grouping.select(store)) for row in line.rows]
    else:
        rows = [row for _, row in runs.of_preset(store, preset)[0]]
    with Image.open(ROOT / "results" / "figures" / f"{name}.png") as picture:
        assert picture.text["Source"] == saving.drawn_from(rows), STALE


def test_the_report_is_that_of_the_committed_rows():
    """But for pictures, whose bytes depend on the version of matplotlib."""
    written = (ROOT / "results" / "report" / "index.html").read_text()
    pictures = re.compile(r"<svg.*?</svg>|data:image/png;base64,[^\"]*", re.DOTALL)
    here = page.html(Store(ROOT / "results"))
    assert pictures.sub("", here) == pictures.sub("", written), STALE


def test_the_table_of_rounds_is_that_of_the_methods():
    assert (TABLES / "rounds.md").read_text() == rounds.markdown() + "\n", STALE


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
