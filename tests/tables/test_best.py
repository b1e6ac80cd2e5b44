"""``bench table --best``: the records of each setting and budget."""

from __future__ import annotations

import pytest

from benchmark.errors import NoRows
from benchmark.rows.row import Row
from benchmark.run import outlines
from benchmark.tables import best
from support.made_rows import fill, make_row
from support.made_tables import texts


def result(method: str, *accuracies: float, **changes) -> list[Row]:
    version = outlines.find(method).version
    usual = {"method": method, "method_version": version, "floor": method == "noise"} | changes
    return [
        make_row(accuracy=value, agreement=value, seed=seed, **usual)
        for seed, value in enumerate(accuracies)
    ]


def test_each_kind_of_method_has_its_best_beside_the_others():
    rows = [
        *result("ideal", 60.0, 62.0, 64.0),
        *result("dfme", 50.0, 50.0, 50.0),
        *result("drawn", 90.0, 91.0, 92.0),
        *result("noise", 70.0, 70.0, 70.0),
    ]
    table = best.sheet(rows).tables[0]
    assert [line[1:3] for line in texts(table)] == [
        ("learnt", "ideal"),
        ("designed", "drawn"),
        ("floor", "noise"),
    ]
    assert [line[2].value for line in table.lines if line[2].bold] == ["drawn"]
    assert texts(table)[1][3].startswith("91.00")


def test_the_highest_published_number_stands_below_where_there_is_one():
    place = {"dataset": "mnist", "teacher": "lenet", "student": "lenet", "budget": 25_000}
    sheet = best.sheet([*result("dfme", 50.0, 51.0, 52.0, **place), *result("noise", 9.0)])
    (dfme, printed), (noise,) = sorted(map(texts, sheet.tables), key=len, reverse=True)
    assert printed[1:] == ("published", "ideal, ideal-paper", "96.32") and dfme[1] == "learnt"
    assert noise[1] == "floor"
    (record,) = [one for one in sheet.tables[-1].records if one["kind"] == "published"]
    assert record["method"] == "ideal, ideal-paper" and record["accuracy"].value == 96.32


def test_three_seeds_go_before_a_higher_mean_of_fewer():
    rows = [*result("ideal", 99.0, 99.0), *result("dfme", 50.0, 51.0, 52.0)]
    assert texts(best.sheet(rows).tables[0])[0][2] == "dfme"
    assert texts(best.sheet(rows[:2]).tables[0])[0][2] == "ideal"


@pytest.mark.parametrize(
    "changes",
    [
        {"access": "score"},
        {"precision": "float32"},
        {"scale": 0.1},
        {"real_images": "photos"},
        {"defence": "flip:0.1", "defended_accuracy": 90.0},
        {"flags": ["under-used"]},
        {"method_version": 999},
        {"status": "failed", "error": "x"},
    ],
    ids=lambda one: next(iter(one)),
)
def test_a_result_of_another_question_is_no_record(changes):
    with pytest.raises(NoRows, match="no row has labels only"):
        best.sheet(result("ideal", 99.0, **changes))


def test_the_queries_to_a_threshold_are_the_first_budget_that_was_run():
    rows = []
    for budget, value in ((1000, 40.0), (2000, 85.0), (5000, 96.0)):
        rows += result("drawn", value, value, budget=budget)
    rows += result("ideal", 10.0, budget=1000)
    tables = best.sheet(rows).tables
    assert texts(tables[1]) == [("drawn (designed prior)", "2k", "2k", "5k", "5k")]
    low = [row for row in rows if row.budget != 5000] + result("drawn", 86.0, budget=3000)
    assert texts(best.sheet(low).tables[1])[0][3:] == ("> 3k", "> 3k")


def test_it_is_a_table_of_its_own(cli, tmp_path):
    fill(tmp_path, *result("ideal", 99.0))
    assert cli("table", "--best", "--format", "md")[0] == 0
    assert cli("table", "--best", "--cost")[0] == 2
