"""The report: one page from the rows, the same bytes each time, safe, and alive in a browser."""

from __future__ import annotations

import re
import subprocess
from dataclasses import replace

import pytest

from benchmark.report import page as report
from benchmark.report import prose
from benchmark.tables.table import Table, heads, line
from benchmark.tables.values import NO_MEAN, count
from support.made_rows import FAILED, make_row, seeds
from support.made_tables import head, texts
from support.report_pages import HOSTILE, Page, many, store_of
from support.suite import bench_command, bench_environment


def test_the_page_is_whole_and_loads_nothing(tmp_path):
    text = report.html(store_of(tmp_path, many()))
    page = Page(text)
    assert page.open == [] and text.startswith("<!DOCTYPE html>")
    assert len(page.ids) == len(set(page.ids)), "two elements have one identifier"
    assert {link[1:] for link in page.links} <= set(page.ids)
    assert page.loads == [] and "@import" not in text
    assert "url(" not in text
    assert re.search(r"default-src 'none'.*script-src 'sha256-[\w+/]{43}='", text)


def test_the_page_says_what_was_measured(tmp_path):
    text = Page(report.html(store_of(tmp_path, many()))).text
    assert "Runs 14 complete, 1 failed; 1 more of tuning seeds are in no table" in text
    assert "digits: lenet to lenet" in text and "mnist: lenet to lenet" in text
    assert "83.00 ± 8.96 (3)" in text and "best floor noise 71.00 ± " in text
    assert "The curve in numbers: separate runs per budget" in text
    assert "Zhang, Chen, Lyu: IDEAL, ICLR 2023. Version 2." in text and "96.32" in text
    assert "tuning seed, in no table" in text and "uncommitted code" in text
    assert "2026-01-02T03:04:05+00:00" in text and "abcdef012345" in text


def test_the_papers_tables_show_what_was_measured_of_them(tmp_path):
    cell = {"dataset": "mnist", "budget": 25_000, "config": {"batch": 250, "generator_steps": 5}}
    rows = [*seeds(91, 92, method="ideal", **cell), make_row(dataset="mnist")]
    text = Page(report.html(store_of(tmp_path, rows))).text
    part = text.partition("against what a meter counts.")[2].partition("Methods")[0]
    assert "(Table 2 of the IDEAL paper)" in part and "91.50 † (2)" in part and "96.32" in part
    assert "Table 3" not in part.partition("Metered against claimed")[0]
    assert "1,262,500" in part.partition("Metered against claimed")[2]


def test_names_notes_and_errors_of_a_row_are_text_and_nothing_else(tmp_path):
    html = report.html(store_of(tmp_path, many()))
    page = Page(html)
    assert page.scripts == 1 and "<script>window" not in html
    shown = " ".join(HOSTILE.split())
    assert page.text.count(shown) > 8, "in table, picture, method, provenance, note, error"
    assert f"ValueError: {shown}" in page.text
    assert "not a part of the suite that wrote the page" in page.text


def test_the_same_rows_give_the_same_bytes(tmp_path):
    first = report.write(store_of(tmp_path / "a", many_fixed()), tmp_path / "one")
    second = report.write(store_of(tmp_path / "b", many_fixed()[::-1]), tmp_path / "two")
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.slow
def test_another_process_with_other_surroundings_writes_the_same_bytes(tmp_path):
    store = store_of(tmp_path, many_fixed())
    surroundings = {"PYTHONHASHSEED": "7", "COLUMNS": "40", "TZ": "Asia/Tokyo", "LC_ALL": "C"}
    (tmp_path / "matplotlibrc").write_text("axes.facecolor: red\nfont.size: 20\n")
    done = subprocess.run(
        bench_command("report", "-o", "there"),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env=bench_environment(tmp_path) | surroundings,
    )
    assert (done.returncode, done.stdout) == (0, "wrote there/index.html\n"), done.stderr
    assert (tmp_path / "there" / "index.html").read_text() == report.html(store)


def many_fixed() -> list[dict]:
    return [replace(one, id=f"{number:012x}") for number, one in enumerate(many())]


def test_an_empty_store_and_an_unwritable_folder_are_told(cli, tmp_path):
    code, text, errors = cli("report")
    assert (code, text) == (2, "") and "there are no rows in" in errors
    store_of(tmp_path, seeds(80))
    code, _, errors = cli("report", "--dataset", "mnist")
    assert code == 2 and "there are no rows of mnist" in errors
    (tmp_path / "file").write_text("")
    code, text, errors = cli("report", "-o", "file/page")
    assert (code, text) == (2, "") and errors == "bench: cannot make file/page: Not a directory\n"
    (tmp_path / "taken" / "index.html").mkdir(parents=True)
    code, _, errors = cli("report", "-o", "taken")
    assert code == 2 and errors == "bench: cannot write taken/index.html: Is a directory\n"
    assert list((tmp_path / "taken").iterdir()) == [tmp_path / "taken" / "index.html"]


def test_only_failed_rows_make_a_page_without_curves(cli, tmp_path):
    store_of(tmp_path, [make_row(method="ideal", **FAILED), make_row(seed=1, **FAILED)])
    code, text, _ = cli("report")
    assert (code, text) == (0, "wrote results/report/index.html\n")
    page = Page((tmp_path / "results" / "report" / "index.html").read_text())
    assert "Runs 0 complete, 2 failed" in page.text and "so there is no curve" in page.text
    assert "ideal failed (0/1)" in page.text and "ValueError: x" in page.text
    assert "agreement" not in page.text.partition("Methods")[0].partition("Results")[2]


def test_one_data_set_alone(tmp_path):
    text = Page(report.html(store_of(tmp_path, many()), "mnist")).text
    assert "mnist: lenet to lenet" in text and "digits: lenet to lenet" not in text
    assert "Runs 8 complete" in text and "tuning" not in text.partition("Results")[0]


def test_columns_without_news_are_left_out():
    lines = [line("x", None, count(1)), line("y", NO_MEAN, None)]
    kept = Table("", (), heads(["method"], ["a", "b"]), lines).without_empty_columns()
    assert head(kept) == ("method", "b") and texts(kept) == [("x", "1"), ("y", "—")]


def test_a_docstring_becomes_paragraphs_heads_and_items():
    queries = "Queries of one round. ``batch``,\n  no more."
    text = f"X: an idea.\n\n{queries}\n\nDeviations.\n1. One\n   a.\n2. Two\n"
    first, queries, deviations = prose.blocks(text)
    assert (first.head, first.text) == ("", "X: an idea.")
    assert (queries.head, queries.text) == ("Queries of one round", "``batch``, no more.")
    assert (deviations.head, deviations.text, deviations.items) == (
        "Deviations",
        "",
        ["One a.", "Two"],
    )
    parts = prose.inline("``a*b`` is *own* text, e * b * c, 2*3*4")
    assert parts == [("code", "a*b"), ("", " is "), ("em", "own"), ("", " text, e * b * c, 2*3*4")]
