"""Documents that state numbers are generated from the committed rows, and are fresh."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from PIL import Image

from benchmark import parse
from benchmark.checks import rounds
from benchmark.cli import runs
from benchmark.cli.main import cli
from benchmark.errors import BenchError
from benchmark.papers import presets
from benchmark.pictures import curves, saving
from benchmark.report import page
from benchmark.rows import grouping
from benchmark.rows.store import Store
from benchmark.rows.wanted import Wanted
from benchmark.run import registry
from benchmark.tables import documents, table
from benchmark.tables import tuning as tuned
from support.made_rows import fill, row
from support.suite import ROOT

STALE = "stale: run `make tables`"
TABLES, FIGURES = ROOT / "results" / "tables", ROOT / "results" / "figures"
MAKEFILE = (ROOT / "Makefile").read_text().replace("\\\n", " ")


def curve_commands() -> list[list[str]]:
    """What the Makefile draws with `bench curve` for the repository; the output comes last."""
    found = []
    for text in re.findall(r"bench (curve .*)", MAKEFILE):
        words = shlex.split(text)
        at = words.index("-o")
        if words[at + 1].startswith("results/figures/"):
            found.append([*words[:at], *words[at + 2 :], "-o", words[at + 1]])
    return found


CURVES = curve_commands()


def mark(picture: Path) -> str:
    """The rows that a PNG says it was drawn from."""
    with Image.open(picture) as content:
        return content.text["Source"]


def test_the_readmes_table_is_that_of_the_committed_rows():
    rows = grouping.select(Store(ROOT / "results"), Wanted("mnist", budget=[25_000]))
    text = table.markdown(rows, compare=True)
    readme = ROOT / "README.md"
    assert documents.insert(text, readme, documents.ROWS) == readme.read_text(), STALE


@pytest.mark.parametrize(
    ("name", "chosen"),
    [
        ("mnist", {"wanted": Wanted("mnist")}),
        ("digits", {"wanted": Wanted("digits")}),
        ("cifar10-jpeg", {"wanted": Wanted("folder:cifar10_jpg")}),
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
        ("home-turf", ["--home-turf"]),
        ("parts", ["--parts"]),
        ("table2", ["--preset", "table2", "--compare", "published"]),
    ],
)
def test_the_papers_tables_are_those_of_the_committed_rows(name, options, cli):
    code, text, errors = cli("table", *options, "--results", ROOT / "results")
    assert code == 0, errors
    assert text.strip() == (TABLES / f"{name}.md").read_text().strip(), STALE


def test_the_table_of_tuning_is_that_of_the_committed_trials():
    text, unsound = tuned.markdown(ROOT / "results" / "tuning")
    assert not unsound
    assert text == (TABLES / "tuned.md").read_text(), STALE


def test_the_numbers_of_the_curves_are_those_of_the_committed_rows():
    text = curves.markdown(grouping.select(Store(ROOT / "results")), parse.per_cents("50,80,90"))
    assert text == (TABLES / "curves.md").read_text(), STALE


@pytest.mark.parametrize("name", ["samples", "features"])
def test_the_pictures_of_samples_are_those_of_the_committed_rows(name):
    rows = [row for _, row in runs.of_preset(Store(ROOT / "results"), presets.find("fig4"))[0]]
    assert mark(FIGURES / f"{name}.png") == saving.drawn_from(rows), STALE


@pytest.mark.parametrize("command", CURVES, ids=lambda command: Path(command[-1]).stem)
def test_the_curves_are_those_of_the_committed_rows(command, cli, tmp_path):
    *options, committed = command
    name = Path(committed).name
    code, _, errors = cli(*options, tmp_path / name, "--results", ROOT / "results")
    assert code == 0, errors
    again = {path.name: mark(path) for path in tmp_path.glob("*.png")}
    stem = Path(name).stem
    there = {path.name: mark(path) for path in FIGURES.glob(f"{stem}*.png")}
    assert name in again and there == again, STALE


def test_every_committed_picture_is_made_by_make_tables():
    made = [Path(path).stem for path in re.findall(r" -o (results/figures/\S+)", MAKEFILE)]
    for path in FIGURES.glob("*.*"):
        assert any(path.stem == stem or path.stem.startswith(f"{stem}-") for stem in made), path
    assert len(CURVES) >= 3


def test_another_row_makes_a_picture_stale(cli, tmp_path):
    fill(tmp_path, row())
    marks = []
    for accuracy in (50.0, 60.0):
        fill(tmp_path, row(method="ideal", accuracy=accuracy))
        assert cli("curve", "-o", "one.png")[0] == 0
        marks.append(mark(tmp_path / "one.png"))
    assert marks[0] != marks[1]


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
    for wrong in ("no marks", "<!-- end of table -->\n<!-- bench table -->\n"):
        document.write_text(wrong)
        with pytest.raises(BenchError, match="must contain"):
            documents.insert("new", document, documents.ROWS)
    document.write_bytes(b"\xff\xfe")
    with pytest.raises(BenchError, match="no text in UTF-8"):
        documents.insert("new", document, documents.ROWS)
    with pytest.raises(BenchError, match="cannot read"):
        documents.insert("new", tmp_path / "missing.md", documents.ROWS)
