"""Rows that were not confined: marked beside others, told once where none was, in every format."""

from __future__ import annotations

import csv
import io
import json

import pytest

from benchmark.rows.file import read_row, text_of
from benchmark.tables import confined, differences, paper, settings
from benchmark.tables.render import render
from support.made_rows import make_row, seeds
from support.paper_rows import DFME, IDEAL, TABLE_2

NONE = "No run was confined."
SOME = "3 of 6 runs were not confined."
NOTE = "not confined: a method's code could reach more than its oracle."
FORMS = ("md", "html", "latex", "csv")


def rows(one: str, other: str) -> list:
    return [
        *seeds(50, 51, 52, method="ideal", isolation=one),
        *seeds(60, 61, 62, method="dfme", isolation=other),
    ]


@pytest.mark.parametrize("form", FORMS)
def test_where_all_runs_were_confined_no_table_says_anything(form):
    text = render(settings.sheet(rows("confined", "confined")), form)
    assert "confined:" not in text and "°" not in text and "circ" not in text


@pytest.mark.parametrize("form", ["md", "html", "latex"])
def test_where_no_run_was_confined_the_foot_says_so_once_and_no_line_is_marked(form):
    text = render(settings.sheet(rows("thread", "process")), form)
    assert text.count("No run was confined") == 1 and "°" not in text and "circ" not in text


def test_where_some_were_each_other_one_is_marked():
    sheet = settings.sheet(rows("process", "confined"))
    assert sorted(line[0].value for line in sheet.tables[0].lines) == ["dfme", "ideal °"]
    assert f"° {NOTE}" in sheet.notes and sheet.notes[-1].endswith(SOME)
    text = render(sheet, "latex")
    assert text.count(r"$^\circ$") == 2 and "°" not in text
    assert "ideal °" in render(sheet, "md") and "ideal °" in render(sheet, "html")


def test_a_csv_has_the_weakest_isolation_of_a_methods_runs():
    made = [*rows("process", "confined"), make_row(method="dfme", seed=7, isolation="thread")]
    found = csv.DictReader(io.StringIO(render(settings.sheet(made), "csv")))
    assert {one["method"]: one["isolation"] for one in found} == {
        "ideal": "process",
        "dfme": "thread",
    }


def test_the_table_of_a_preset_marks_entries_by_a_footnote():
    made = [
        *seeds(90, 91, 92, **IDEAL, isolation="thread"),
        *seeds(60, 61, 62, **DFME, isolation="confined"),
    ]
    sheet = paper.sheet(TABLE_2, made)
    assert sheet.footnotes == [f"N{NOTE[1:]}"]
    marked = [one for line in sheet.tables[0].lines for one in line if one.footnotes]
    assert [one.footnotes for one in marked] == [(1,)] and sheet.notes[-1].endswith(SOME)
    alone = paper.sheet(TABLE_2, made[:3])
    assert alone.footnotes == [] and alone.notes[-1].endswith(NONE)


def test_other_tables_say_it_at_their_foot():
    made = rows("thread", "confined")
    found = differences.sheet(made, "dfme")
    assert found.notes[-1].endswith(SOME)


def test_a_row_older_than_the_field_counts_as_not_confined(tmp_path):
    content = json.loads(text_of(make_row(isolation="thread"))[0])
    assert content.pop("isolation", "thread") == "thread"
    path = tmp_path / f"older-{content['id']}.json"
    path.write_text(json.dumps(content))
    assert confined.loose([read_row(path, check_sum=False)])
    assert not confined.loose([make_row()]) and not confined.mixed([make_row()])
