"""Between which budgets a level of agreement lies, worked out by hand."""

from __future__ import annotations

import math

import pytest

from benchmark.exposure.findings import Tariff
from benchmark.exposure.sheets import money, span
from benchmark.parse import short
from benchmark.rows.reached import Bracket, by_budget, reached
from support.made_rows import FAILED, make_row

AGREEMENTS = {500: [40.0, 42.0, 44.0], 1000: [76.0, 80.0, 84.0], 2000: [88.0, 90.0, 92.0]}


def test_a_level_lies_between_two_budgets_and_nothing_is_interpolated():
    assert reached(AGREEMENTS, 50).mean == Bracket(500, 1000)
    assert reached(AGREEMENTS, 80).mean == Bracket(500, 1000), "a mean of 80 reaches 80"
    assert reached(AGREEMENTS, 90).mean == Bracket(1000, 2000)


def test_the_smallest_budget_may_reach_it_and_the_largest_may_not():
    assert reached(AGREEMENTS, 40).mean == Bracket(None, 500)
    assert reached(AGREEMENTS, 95).mean == Bracket(2000, None)


def test_the_interval_is_that_of_the_ends_of_the_t_interval_of_the_mean():
    """t at 2 degrees of freedom is 4.3027: 80 +- 9.94 at 1000, 90 +- 4.97 at 2000."""
    half = 4.302652729911275 * 4 / math.sqrt(3)
    assert reached(AGREEMENTS, 80).interval == Bracket(500, 2000), "70.06 is not yet 80, 85.03 is"
    assert reached(AGREEMENTS, 50).interval == Bracket(500, 1000), "46.97 and 70.06 at its ends"
    assert reached(AGREEMENTS, 95).interval == Bracket(2000, None)
    inside = 80 + half - 0.01  # which the upper end at 1000 reaches, and the lower at 2000 not
    assert reached(AGREEMENTS, inside).interval == Bracket(500, None)


def test_two_seeds_at_one_budget_have_no_interval():
    assert reached(AGREEMENTS | {2000: [88.0, 92.0]}, 80).interval is None


def test_the_first_run_may_come_before_the_mean():
    agreements = {500: [40.0, 81.0], 1000: [85.0, 85.0]}
    assert reached(agreements, 80).first == 500
    assert reached(agreements, 80).mean == Bracket(500, 1000)
    assert reached(agreements, 90).first is None


def test_a_mean_that_falls_again_does_not_undo_the_first_budget_that_reached():
    assert reached({500: [81.0], 1000: [79.0]}, 80).mean == Bracket(None, 500)


def test_no_run_that_failed_counts_and_budgets_rise():
    rows = [
        make_row(budget=1000, agreement=70.0),
        make_row(budget=500, agreement=50.0, seed=1),
        make_row(budget=500, agreement=40.0, seed=0),
        make_row(budget=2000, **FAILED),
    ]
    found = by_budget(rows)
    assert list(found.items()) == [(500, [40.0, 50.0]), (1000, [70.0])]
    assert reached({}, 50).mean == Bracket(None, None)


@pytest.mark.parametrize(
    ("bracket", "text"),
    [
        (Bracket(500, 1000), "500 – 1k"),
        (Bracket(None, 500), "≤ 500"),
        (Bracket(2000, None), "> 2k"),
        (Bracket(None, None), "undecided"),
    ],
)
def test_each_kind_of_bracket_has_its_words(bracket, text):
    assert span(bracket, short) == text


def test_dollars_and_hours_are_those_of_the_queries():
    tariff = Tariff(dollars_per_1000=1.5, queries_a_second=10.0)
    assert tariff.dollars(2000) == 3.0
    assert tariff.hours(36_000) == 1.0
    assert Tariff().dollars(2000) is None and Tariff().hours(2000) is None
    assert [money(1234.5), money(0.0), money(0.00012)] == ["$1,234.50", "$0.00", "$0.00012"]
