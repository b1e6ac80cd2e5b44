"""The best floor stands in every table, with its interval and seeds, and hides behind nothing."""

from __future__ import annotations

import csv
import io

import pytest

from benchmark.rows import floors
from benchmark.tables import settings
from benchmark.tables.render import FORMATS, render
from support.made_rows import FAILED, lines, make_row, seeds
from support.made_tables import facts, markdown, texts

ROWS = [
    *seeds(60, 62, 64, floor=True),
    make_row(accuracy=50.0, floor=True, variant="blobs"),
    *seeds(70, 71, 72, method="dafl"),
    *seeds(62, 62, 62, method="dast"),
    make_row(method="cmi", **FAILED),
]


def test_a_method_that_does_not_beat_the_best_floor_is_marked_and_floors_are_called_floors():
    text = markdown(ROWS)
    assert "▼ does not beat it" in text and "A floor is a method that learns no images" in text
    assert {line[0]: line[2] for line in lines(text)} == {
        "dafl": "+9.00",
        "noise": "best floor",
        "dast": "+0.00 ▼",
        "noise:blobs": "floor",
        "cmi": "—",
    }


@pytest.mark.parametrize("form", FORMATS)
def test_the_best_floor_stands_in_every_format_with_its_interval_and_seeds(form):
    text = render(settings.sheet(ROWS), form)
    shown = "noise,62.0,4.968275,57.0" if form == "csv" else "best floor noise 62.00 ± 4.97 (3)."
    assert shown.replace("±", r"$\pm$" if form == "latex" else "±") in text.replace("\u00a0", " ")


def test_csv_says_which_floor_and_how_far_above_it_a_method_is():
    found = {
        one["method"]: one
        for one in csv.DictReader(io.StringIO(render(settings.sheet(ROWS), "csv")))
    }
    floor = {name: found["dafl"][name] for name in found["dafl"] if "floor" in name}
    assert floor == {
        "best_floor": "noise",
        "floor_mean": "62.0",
        "floor_half_interval": "4.968275",
        "floor_low": "57.031725",
        "floor_high": "66.968275",
        "floor_n": "3",
        "floor_failed": "0",
        "above_floor": "9.0",
        "floor": "False",
    }
    assert (found["noise:blobs"]["floor"], found["noise:blobs"]["above_floor"]) == ("True", "-12.0")
    assert (found["cmi"]["best_floor"], found["cmi"]["above_floor"]) == ("noise", "")


def test_a_table_of_floors_alone_calls_them_so():
    text = markdown(seeds(60, 62, floor=True))
    assert lines(text)[0][2] == "best floor" and "best floor noise 61.00 † (2)." in text


def test_a_table_without_a_floor_says_so():
    text = markdown(seeds(60, 62))
    assert "chance 10.00 %. No floor was run." in text and "vs floor" not in text
    text = markdown([make_row(method="dafl"), make_row(floor=True, **FAILED)])
    assert "No floor was run." in text, "one that failed is none"


def test_real_images_are_no_floor_whatever_a_row_says():
    rows = [
        *seeds(99, 99, 99, floor=True, real_images="photos"),
        make_row(floor=True, variant="blobs"),
    ]
    assert floors.best(rows).name == "noise:blobs"
    assert floors.best(rows[:3]) is None
    assert [line[2] for line in lines(markdown(rows))] == ["+49.00", "best floor"]


def test_a_floor_is_of_the_same_setting_and_budget():
    for change in (
        {"budget": 2000},
        {"teacher_sha": "b" * 64},
        {"student": "mlp"},
        {"dataset": "mnist"},
        {"data_digest": "e" * 64},
        {"scale": 0.1},
        {"access": "score"},
        {"precision": "float32"},
    ):
        assert (
            floors.reference(make_row(method="dafl"), [make_row(floor=True, **change)]) is None
        ), change
    assert floors.reference(make_row(method="dafl"), [make_row(floor=True)]).name == "noise"


@pytest.mark.parametrize("more", [{"access": "score"}, {"precision": "float32"}])
def test_what_has_more_to_go_by_is_held_against_the_floor_of_hard_labels(more):
    rows = [make_row(floor=True, accuracy=80.0), make_row(method="dafl", **more)]
    sheet = settings.sheet(rows)
    (one,) = (one for one in sheet.tables if any("dafl" in line[0] for line in texts(one)))
    assert "best floor noise (hard labels, 8 bits) 80.00 † (1)." in facts(one)
    assert texts(one)[0][2] == "-30.00 ▼"
    own = make_row(floor=True, variant="own", accuracy=30.0, **more)
    assert floors.reference(rows[1], [*rows, own]).name == "noise:own", "one of its own, if any"


def test_rows_of_a_few_methods_are_held_against_the_floors_of_all():
    rows = [one for one in ROWS if one.method == "dast"]
    sheet = settings.sheet(
        rows, others=[*ROWS, make_row(commit="9" * 12, floor=True, seed=7, accuracy=64.0)]
    )
    assert texts(sheet.tables[0])[0][2].endswith("▼") and len(sheet.tables[0].lines) == 1
    assert "best floor noise" in facts(sheet.tables[0])
    assert "999999999999" in sheet.notes[-1], "its runs are among the sources"
