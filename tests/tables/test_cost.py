"""``bench table --cost``: the cost of a query at each budget."""

from __future__ import annotations

import pytest

from benchmark.errors import BenchError
from benchmark.rows.row import Row
from benchmark.tables import cost
from benchmark.tables.render import render
from support.made_rows import fill, make_row
from support.made_tables import texts


def costly(budget: int, seed: int = 0, **changes) -> Row:
    usual = {"queries": budget, "student_images": 12 * budget, "cpu_seconds": budget / 100}
    return make_row(budget=budget, seed=seed, **(usual | changes))


def test_images_and_time_are_for_each_query_and_means_over_runs():
    rows = [costly(1000), costly(1000, 1, cpu_seconds=20.0), costly(2000, student_images=8000)]
    assert texts(cost.sheet(rows).tables[0]) == [
        ("noise", "1k", "2", "12.0", "15.00"),
        ("", "2k", "1", "4.0", "10.00"),
    ]


def test_rows_from_before_it_was_measured_have_a_dash():
    rows = [costly(1000, cpu_seconds=None), costly(2000)]
    lines = texts(cost.sheet(rows).tables[0])
    assert [line[-1] for line in lines] == ["—", "10.00"]
    assert [line[0] for line in lines] == ["noise", ""]
    assert cost.cpu_seconds([costly(1000, cpu_seconds=None)]) is None


def test_one_budget_failed_runs_and_unspent_budgets_do_not_count():
    rows = [costly(1000), costly(2000, status="failed"), costly(5000, flags=["under-used"])]
    with pytest.raises(BenchError, match="no method has complete rows at several budgets"):
        cost.sheet(rows)


def test_it_is_a_command_with_all_formats(cli, tmp_path):
    fill(tmp_path, costly(1000), costly(2000))
    code, output, _ = cli("table", "--cost")
    assert code == 0 and "| noise  |     1k |    1 |" in output
    assert cli("table", "--cost", "--format", "csv")[1].strip().count("\n") == 2
    assert "toprule" in cli("table", "--cost", "--format", "latex")[1]
    assert cli("table", "--cost", "--budget", "1k")[0] == 2
    assert cli("table", "--cost", "--queries")[0] == 2
    assert "<table" in render(cost.sheet([costly(1000), costly(2000)]), "html")
