"""Curves in numbers: queries to an accuracy, areas, with what they are of."""

from __future__ import annotations

import re

from benchmark.pictures import curves
from test_figures import points
from test_tables import FAILED, lines, row, seeds


def test_numbers_of_separate_runs_count_seeds_with_every_budget_and_share_a_range():
    rows = [
        *seeds(40, 60, 60, budget=1000), *seeds(85, 80, budget=10_000),
        *seeds(50, budget=1000, method="a"), *seeds(50, budget=2000, method="a"),
    ]  # fmt: skip
    (table,) = curves.tables(rows, [50.0, 80.0, 90.0])
    assert table.title == "digits: lenet to lenet, separate runs per budget"
    assert table.facts == "Area from 1k to 2k queries."
    halfway = [a + (b - a) * 0.30103 / 2 for a, b in ((40, 85), (60, 80))]
    assert table.lines == [
        ("noise", "1,000", "10,000", "—", f"{sum(halfway) / 2:.2f} † (2)", "2"),
        ("a", "1,000", "—", "—", "50.00 † (1)", "1"),
    ]


def test_numbers_inside_runs_stand_apart_for_each_budget():
    rows = [
        *seeds(80, 82, budget=5000), row(method="a", budget=1000), row(method="b", budget=5000),
        row(method="b", budget=1000),
    ]  # fmt: skip
    found = {table.title.partition(", ")[2]: [line[0] for line in table.lines]
             for table in curves.tables([*rows, row(method="bad", **FAILED)])}  # fmt: skip
    assert found == {
        "separate runs per budget": ["b"],
        "inside runs of 1,000 queries": ["a", "b"],
        "inside runs of 5,000 queries": ["noise", "b"],
    }


def test_a_curve_without_any_common_range_has_no_area():
    (table,) = curves.tables([row(curve=points((1000, 50.0))), row(curve=[], seed=1)])
    assert table.facts == "No common range." and table.lines[0][4] == "—"


def test_numbers_come_from_the_command_line(cli, tmp_path):
    from benchmark.store import Store

    store = Store(tmp_path / "results")
    store.prepare()
    for one in seeds(80, 82):
        store.write(one)
    code, text, _ = cli("curve", "--numbers", "--reach", "81,15")
    assert code == 0 and lines(text) == [["noise", "100", "1,000", "50.50 † (2)", "2"]]
    assert re.search(r"to 15 % *\| *to 81 %", text) and "at least half" in text
    assert cli("curve", "--numbers", "-o", "new/numbers.md")[1] == "wrote new/numbers.md\n"
    written = (tmp_path / "new" / "numbers.md").read_text()
    assert written + "\n" == cli("curve", "--numbers")[1]
    for bad in ("0", "101", "x"):
        code, _, errors = cli("curve", "--numbers", "--reach", bad)
        assert code == 2 and f"'{bad}' is no accuracy in %" in errors
