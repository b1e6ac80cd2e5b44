"""Where the reference student is shown: fields of a row, a column of tables, bars of the report."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

import pytest

from benchmark.rows import schema
from benchmark.rows.row import Row
from benchmark.rows.store import Store
from benchmark.tables import paper, settings
from benchmark.tables.render import render
from support.made_rows import FIELDS, make_row, seeds
from support.made_tables import head, texts
from support.paper_rows import DFME, IDEAL, TABLE_2


@pytest.mark.parametrize(
    ("name", "value"),
    [("reference_accuracy", 101), ("reference_images", -1), ("reference_digest", "x")],
)
def test_a_row_with_a_wrong_field_of_it_is_refused(name, value, pristine):
    path = next((pristine / "runs").glob("*.json"))
    honest = json.loads(path.read_text())
    assert honest.keys() >= FIELDS and not schema.problem(honest)
    assert f"its {name} is" in schema.problem(honest | {name: value})


def referring(*accuracies: float, images: int = 1000, **more) -> list[Row]:
    rows = seeds(*(50.0 for _ in accuracies), method="dfme", **more)
    return [
        replace(one, reference_accuracy=value, reference_images=images)
        for one, value in zip(rows, accuracies, strict=True)
    ]


def test_a_table_has_the_column_where_a_row_has_the_number():
    without = seeds(70, 71, 72)
    (alone,) = settings.tables(without)
    assert "reference" not in head(alone)
    rows = [*without, *referring(80, 82, 87)]
    (found,) = settings.tables(rows)
    shown = dict(zip(head(found), next(of for of in texts(found) if of[0] == "dfme"), strict=True))
    assert shown["reference"] == "83.00 ± 8.96 (3)"
    for form in ("md", "latex", "html"):
        text = render(settings.sheet(rows), form)
        assert "83.00" in text and "a fresh student trained by one recipe" in " ".join(text.split())
    lines = list(csv.DictReader(io.StringIO(render(settings.sheet(rows), "csv"))))
    by_name = {line["method"]: line for line in lines}
    assert float(by_name["dfme"]["reference_mean"]) == 83 and by_name["dfme"]["reference_n"] == "3"
    assert by_name["noise"]["reference_mean"] == ""


def test_a_table_says_where_a_sample_was_learnt():
    text = render(settings.sheet(referring(80, 81, 82, images=400)), "md")
    assert "of a uniform sample of 400 where more were bought" in " ".join(text.split())


def test_the_report_s_first_screen_has_both_students(tmp_path):
    from benchmark.report import page, panels

    store = Store(tmp_path / "results")
    store.prepare()
    for one in [*seeds(70, 71, 72), *referring(80, 82, 87), make_row(method="ideal")]:
        store.write(one)
    found = panels.of_setting(store.rows(), "digits")
    both = {one.contender.label: one.contender.reference for one in found.main.entrants}
    assert both == {"noise": None, "dfme": 83.0, "ideal": None}
    text = page.html(store)
    assert 'class="reference" style="left: 83.00%' in text
    assert 'class="mean" style="left: 50.00%' in text


@pytest.mark.parametrize("compare", [False, True])
def test_the_paper_s_tables_have_a_line_of_it_where_a_run_trained_one(compare):
    own, of = seeds(90, 91, 92, **IDEAL), (80.0, 82.0, 87.0)
    referred = [
        replace(one, reference_accuracy=a, reference_images=25_000)
        for one, a in zip(own, of, strict=True)
    ]
    without = paper.sheet(TABLE_2, own, compare)
    assert "reference" not in render(without, "md")
    found = paper.sheet(TABLE_2, [*referred, *seeds(60, 61, 62, **DFME)], compare)
    (one,) = found.tables
    (line,) = (line for line in texts(one) if "reference" in line)
    shown = dict(zip(head(one), line, strict=True))
    assert (shown["IDEAL"], shown["DFME"]) == ("83.00 ± 8.96 (3)", "")
    text = " ".join(render(found, "latex").split())
    assert "a fresh student trained by one recipe" in text and "83.00" in text
