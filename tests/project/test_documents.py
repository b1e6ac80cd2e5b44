"""Documents that state numbers are generated from the committed rows, and are fresh."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import click
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from benchmark.cli import documents, runs
from benchmark.errors import BenchError, NoRows
from benchmark.papers import presets
from benchmark.pictures import saving
from benchmark.rows.file import remembering
from benchmark.rows.row import Row
from benchmark.rows.store import Store
from benchmark.tables.documents import ROWS, insert
from support.made_rows import fill, make_row
from support.suite import ROOT

STALE = "stale: run `make tables`"
FIGURES = ROOT / "results" / "figures"
LIST = ROOT / "results" / "documents.json"
ALL = documents.read(LIST)
TEXTS = [one for one in ALL if one.path.endswith(".md")]
CURVES = [one for one in ALL if one.command[0] == "curve" and one.path.endswith(".png")]
COMMITTED: dict[Path, Row] = {}
SAMPLES = [one for one in ALL if one.command[0] == "samples"]


def each(found: list[documents.Generated]):
    return pytest.mark.parametrize("document", found, ids=lambda one: one.path)


@pytest.fixture
def here(monkeypatch):
    """Where `make tables` runs, and no variable that says otherwise."""
    monkeypatch.chdir(ROOT)
    for name in ("BENCH_RESULTS", "BENCH_DATA", "BENCH_TEACHERS"):
        monkeypatch.delenv(name, raising=False)
    with remembering(COMMITTED):
        yield


def mark(picture: Path) -> str:
    """The rows that a PNG says it was drawn from."""
    with Image.open(picture) as content:
        return content.text["Source"]


@each(TEXTS)
def test_a_text_is_that_of_the_committed_rows(document, here, tmp_path):
    committed, again = ROOT / document.path, tmp_path / "again.md"
    if document.by == "insert":
        shutil.copy(committed, again)
    try:
        document.make(again)
    except NoRows:
        assert not committed.exists()
    else:
        assert again.read_text() == committed.read_text(), STALE


@pytest.fixture
def unpainted(monkeypatch):
    """Pictures are drawn to the last line, but a file has only the name of their rows."""

    def save(figure, stream, suffix, origin):
        told = PngInfo()
        told.add_text(saving.KEY[suffix], origin)
        Image.new("1", (1, 1)).save(stream, format=suffix[1:], pnginfo=told)

    monkeypatch.setattr(saving, "save", save)


@each(CURVES)
def test_the_curves_are_those_of_the_committed_rows(document, here, unpainted, tmp_path):
    name = Path(document.path)
    document.make(tmp_path / name.name)
    again = {path.name: mark(path) for path in tmp_path.glob("*.png")}
    there = {path.name: mark(path) for path in FIGURES.glob(f"{name.stem}*.png")}
    assert name.name in again and there == again, STALE


@each(SAMPLES)
def test_the_pictures_of_samples_are_those_of_the_committed_rows(document):
    """Drawn again they would need every student and sample, which are not committed."""
    preset = presets.find(document.command[document.command.index("--preset") + 1])
    rows = [row for _, row in runs.of_preset(Store(ROOT / "results"), preset)[0]]
    assert mark(ROOT / document.path) == saving.drawn_from(rows), STALE


@pytest.mark.slow
def test_the_report_of_the_committed_rows_has_every_run(here, cli, tmp_path):
    code, _, errors = cli("report", "-o", tmp_path, "--results", ROOT / "results")
    assert code == 0, errors
    page = (tmp_path / "index.html").read_text()
    ids = {path.stem[-12:] for path in (ROOT / "results" / "runs").glob("*.json")}
    assert ids and all(one in page for one in ids)


def test_every_committed_table_and_picture_is_in_the_list():
    stems = {Path(one.path).stem for one in [*CURVES, *SAMPLES]}
    for path in FIGURES.glob("*.*"):
        assert any(path.stem == stem or path.stem.startswith(f"{stem}-") for stem in stems), path
    tables = {path.relative_to(ROOT).as_posix() for path in (ROOT / "results/tables").glob("*.*")}
    assert tables <= {one.path for one in TEXTS}
    assert sorted(TEXTS + CURVES + SAMPLES, key=ALL.index) == ALL, "a kind no test knows"


def test_another_row_makes_a_picture_stale(cli, tmp_path):
    fill(tmp_path, make_row())
    marks = []
    for accuracy in (50.0, 60.0):
        fill(tmp_path, make_row(method="ideal", accuracy=accuracy))
        assert cli("curve", "-o", "one.png")[0] == 0
        marks.append(mark(tmp_path / "one.png"))
    assert marks[0] != marks[1]


def entry(**changes) -> dict[str, str]:
    return {"document": "digits.md", "by": "output", "command": "table --dataset digits"} | changes


def made(capsys, tmp_path, *entries) -> tuple[int, str]:
    """Exit code and output of making a list's documents."""
    path = tmp_path / "list.json"
    path.write_text(json.dumps(entries))
    code = documents.make_all.main([str(path)], standalone_mode=False) or 0
    told = capsys.readouterr()
    return code, told.out + told.err


def test_a_list_makes_each_way_of_document_and_leaves_out_what_has_no_row(cli, capsys, tmp_path):
    fill(tmp_path, make_row())
    (tmp_path / "page.md").write_text("a\n<!-- bench table -->\n<!-- end of table -->\nb\n")
    code, told = made(
        capsys,
        tmp_path,
        entry(document="none.md", command="table --dataset mnist"),
        entry(),
        entry(document="page.md", by="insert"),
        entry(document="printed.md", by="print"),
    )
    assert code == 0 and "left out: none.md: there are no rows of mnist" in told
    text = (tmp_path / "digits.md").read_text()
    assert text.startswith("### digits: lenet to lenet") and not (tmp_path / "none.md").exists()
    assert (tmp_path / "printed.md").read_text().strip() == text.strip()
    assert text in (tmp_path / "page.md").read_text()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (entry(by="hand"), "entry 1: by must be one of output, insert, print, not 'hand'"),
        (entry(more="x"), "entry 1 must have by, command, document and nothing else"),
        (entry(command="tabel --dataset digits"), "No such command 'tabel'"),
        (entry(by="insert"), "cannot read digits.md"),
    ],
)
def test_what_is_wrong_with_a_list_ends_the_work(wrong, message, cli, capsys, tmp_path):
    fill(tmp_path, make_row())
    with pytest.raises(click.ClickException, match=message):
        made(capsys, tmp_path, wrong)


@pytest.mark.parametrize(
    "content, message",
    [
        ("[", r"cannot read .*list\.json"),
        ('{"document": 1}', r"list\.json holds no list of documents"),
        ("[[]]", "entry 1 must have by, command, document and nothing else"),
        ('[{"document": "x", "by": [], "command": "y"}]', "entry 1 has values that are no texts"),
        (json.dumps([entry(command="table 'x")]), "entry 1: its command is no command"),
    ],
)
def test_a_list_that_is_none_is_named(content, message, tmp_path):
    (tmp_path / "list.json").write_text(content)
    with pytest.raises(BenchError, match=message):
        documents.read(tmp_path / "list.json")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no FIFO")
def test_a_document_or_a_list_that_is_no_file_is_refused_without_waiting(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "endless").symlink_to("/dev/zero")
    for name, kind in (("fifo", "FIFO"), ("endless", "device")):
        with pytest.raises(BenchError, match=f"{name} is a {kind}, not a file"):
            insert("new\n", tmp_path / name, ROWS)
        with pytest.raises(BenchError, match=f"{name} is a {kind}, not a file"):
            documents.read(tmp_path / name)


def test_insert_needs_its_two_comments(tmp_path):
    document = tmp_path / "page.md"
    document.write_text("a\n<!-- bench table -->\nold\n<!-- end of table -->\nb\n")
    assert insert("new\n", document, ROWS) == (
        "a\n<!-- bench table -->\nnew\n<!-- end of table -->\nb\n"
    )
    for wrong in ("no marks", "<!-- end of table -->\n<!-- bench table -->\n"):
        document.write_text(wrong)
        with pytest.raises(BenchError, match="must contain"):
            insert("new", document, ROWS)
    document.write_bytes(b"\xff\xfe")
    with pytest.raises(BenchError, match="no text in UTF-8"):
        insert("new", document, ROWS)
    with pytest.raises(BenchError, match="cannot read"):
        insert("new", tmp_path / "missing.md", ROWS)
