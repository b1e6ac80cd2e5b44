"""Curves in numbers: queries to an accuracy, areas, with their ranges."""

from __future__ import annotations

import re

from benchmark.pictures import curves
from benchmark.rows.file import read_row
from benchmark.rows.store import Store
from benchmark.run import registry
from methods._blocks.collect import Collect
from support.made_rows import FAILED, lines, make_row, seeds
from support.made_tables import facts, texts
from support.pictured import bought_first, points
from support.suite import ROOT


def test_numbers_of_separate_runs_count_seeds_with_every_budget_and_share_a_range():
    rows = [
        *seeds(40, 60, 60, budget=1000),
        *seeds(85, 80, budget=10_000),
        *seeds(50, budget=1000, method="dafl"),
        *seeds(50, budget=2000, method="dafl"),
    ]
    (table,) = curves.tables(rows, [50.0, 80.0, 90.0])
    assert table.title == "digits: lenet to lenet, separate runs per budget"
    assert facts(table) == "Area from 1k to 2k queries."
    halfway = [a + (b - a) * 0.30103 / 2 for a, b in ((40, 85), (60, 80))]
    assert texts(table) == [
        ("noise", "1,000", "10,000", "—", f"{sum(halfway) / 2:.2f} † (2)", "2"),
        ("dafl", "1,000", "—", "—", "50.00 † (1)", "1"),
    ]


def test_methods_that_train_after_their_last_query_have_no_numbers_inside_runs():
    learns = make_row(method="dfme", curve=points((100, 8.0, 0), (200, 20.0, 9), (1000, 60.0, 99)))
    (table,) = curves.tables([bought_first(), learns])
    assert facts(table) == "Area from 200 to 1k queries.", "not from a mark of an untouched student"
    assert texts(table) == [
        ("dfme", "1,000", "—", "—", "40.00 † (1)", "1"),
        ("bought (by path)", "", "", "", "no curve", ""),
    ]
    (table,) = curves.tables([bought_first()])
    assert facts(table) == "There is no curve." and texts(table)[0][4] == "no curve"


def test_methods_that_train_after_their_last_query_have_those_of_separate_runs():
    rows = [bought_first(budget=b, accuracy=a) for b, a in ((1000, 40.0), (5000, 80.0))]
    (table,) = curves.tables(rows)
    assert table.title.endswith("separate runs per budget")
    assert texts(table) == [("bought (by path)", "5,000", "5,000", "—", "60.00 † (1)", "1")]


def test_committed_runs_of_methods_that_buy_everything_first_have_no_curve():
    names = [n for n in registry.names() if issubclass(registry.named(n).method, Collect)]
    assert len(names) == 4
    for name in names:
        stem = name.replace("-", "?")  # how a file spells it is not what this is about
        found = sorted((ROOT / "results" / "runs").glob(f"*-lenet-{stem}-*.json"))
        assert found, name
        for one in map(read_row, found[::5]):
            assert len(one.curve) > 2
            assert curves.trace(one) == [(one.queries, one.accuracy)]
    learns = next((ROOT / "results" / "runs").glob("digits-lenet-lenet-ideal-5000-0-*.json"))
    assert curves.has_curve([read_row(learns)])


def test_an_untrained_student_reaches_nothing():
    lucky = make_row(curve=points((100, 95.0, 0), (200, 10.0, 9), (1000, 20.0, 99)))
    (table,) = curves.tables([lucky])
    assert texts(table)[0][1:4] == ("—", "—", "—")


def test_separate_runs_count_what_they_asked():
    rows = [
        make_row(budget=b, queries=q, accuracy=a)
        for b, q, a in ((1000, 800, 40.0), (5000, 3200, 60.0), (9000, 3200, 80.0))
    ]
    (table,) = curves.tables(rows)
    assert facts(table) == "Area from 800 to 3.2k queries."
    assert texts(table)[0][1:5] == ("3,200", "3,200", "—", "60.00 † (1)"), "the later of two at one"
    (table,) = curves.tables([make_row(budget=b, queries=0) for b in (1000, 5000)])
    assert texts(table) == [("noise", "", "", "", "no curve", "")]


def test_a_method_without_a_seed_at_every_budget_is_named():
    rows = [make_row(budget=1000, seed=0), make_row(budget=5000, seed=1)]
    (table,) = curves.tables(rows)
    assert texts(table) == [("noise", "", "", "", "no curve", "")]


def test_numbers_inside_runs_stand_apart_for_each_budget():
    rows = [
        *seeds(80, 82, budget=5000),
        make_row(method="dafl", budget=1000),
        make_row(method="dast", budget=5000),
        make_row(method="dast", budget=1000),
    ]
    found = {
        table.title.partition(", ")[2]: [line[0] for line in texts(table)]
        for table in curves.tables([*rows, make_row(method="bad", **FAILED)])
    }
    assert found == {
        "separate runs per budget": ["dast"],
        "inside runs of 1,000 queries": ["dafl", "dast"],
        "inside runs of 5,000 queries": ["noise", "dast"],
    }


def test_a_curve_without_any_common_range_has_no_area():
    apart = [points((100, 5.0), (200, 50.0)), points((300, 5.0), (1000, 50.0))]
    (table,) = curves.tables([make_row(curve=one, seed=seed) for seed, one in enumerate(apart)])
    assert facts(table) == "No common range." and texts(table)[0][4] == "—"


def test_a_trace_has_paid_points_of_a_trained_student_and_keeps_the_later_of_two():
    one = make_row(curve=points((0, 9.0, 0), (3, 9.0, 0), (5, 50.0, 7), (9, 60.0, 8), (9, 61.0, 9)))
    assert curves.trace(one) == [(5, 50.0), (9, 61.0)]
    assert curves.trace(make_row(curve=points((5, 9.0)))) == [(5, 9.0)]


def test_a_mean_trace_pairs_the_marks_of_runs_that_asked_differently():
    one = make_row(curve=points((91, 20.0, 9, 100), (200, 30.0, 9, 200), (500, 40.0, 9, 500)))
    other = make_row(curve=points((99, 40.0, 9, 100), (143, 9.0, 0, 200), (500, 60.0, 9, 500)))
    assert curves.mean_trace([one, other]) == [(95, 30.0), (500, 50.0)]


def test_numbers_come_from_the_command_line(cli, tmp_path):
    store = Store(tmp_path / "results")
    store.prepare()
    for one in seeds(80, 82):
        store.write(one)
    code, text, _ = cli("curve", "--numbers", "--reach", "81,15")
    assert code == 0 and lines(text) == [["noise", "100", "1,000", "50.50 † (2)", "2"]]
    assert re.search(r"to 15 % *\| *to 81 %", text) and "at least half of" in text
    assert "at which it had been trained" in text
    assert cli("curve", "--numbers", "-o", "new/numbers.md")[1] == "wrote new/numbers.md\n"
    written = (tmp_path / "new" / "numbers.md").read_text()
    assert written == cli("curve", "--numbers")[1]
    for bad in ("0", "101", "x"):
        code, _, errors = cli("curve", "--numbers", "--reach", bad)
        assert code == 2 and f"'{bad}' is no accuracy in %" in errors
