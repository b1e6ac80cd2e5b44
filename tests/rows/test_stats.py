"""Statistics of a few seeds, against values worked out by hand."""

from __future__ import annotations

import math
import random
import subprocess
import sys
from fractions import Fraction

import pytest

from benchmark.rows import stats
from benchmark.rows.stats import Estimate
from support.suite import ROOT


def seeds(*values: float) -> dict[int, float]:
    return dict(enumerate(values))


def test_the_interval_is_students_t_by_hand():
    values = [80.0, 82.0, 87.0]  # mean 83, variance (9 + 1 + 16) / 2 = 13
    by_hand = 4.302653 * math.sqrt(13 / 3)  # t at 97.5 % with two degrees of freedom
    assert stats.mean(values) == 83
    assert stats.half_interval(values) == pytest.approx(by_hand, rel=1e-6)
    assert stats.half_interval([5.0, 5.0, 5.0]) == 0
    assert stats.entry(values) == "83.00 ± 8.96 (3)"


def test_fewer_than_three_values_have_a_dagger_and_no_interval():
    assert stats.half_interval([1.0, 2.0]) is None
    assert stats.entry([80.0]) == "80.00 † (1)"
    assert stats.entry([80.0, 81.0]) == "80.50 † (2)"


def test_an_interval_of_percentages_is_cut_at_0_and_100_and_shows_its_ends():
    half = stats.half_interval([29.91, 67.74, 80.73])
    assert half > 65 and stats.interval([29.91, 67.74, 80.73]).runs == 3
    assert stats.entry([29.91, 67.74, 80.73]) == "59.46 [0.00, 100.00] (3)"
    assert stats.entry([9.0, 10.0, 20.0]) == "13.00 [0.00, 28.11] (3)"
    assert stats.entry([99.0, 99.5, 100.0]) == "99.50 [98.26, 100.00] (3)"
    assert stats.entry([0.0, 0.0, 0.0]) == "0.00 ± 0.00 (3)", "ends at the edge, nothing is cut"
    assert stats.interval([99.0, 99.5, 100.0]).high == 100.0
    assert stats.interval([80.0, 81.0]) == Estimate(80.5, None, None, 2)
    with pytest.raises(ValueError, match="no value"):
        stats.interval([])


def test_three_pairs_in_one_cell_have_the_interval_from_smallest_to_largest():
    a, b = seeds(80.0, 82.0, 87.0), seeds(79.0, 80.0, 81.0)  # differences 1, 2, 6
    assert stats.difference({"x": a}, {"x": b}) == Estimate(3.0, 1.0, 6.0, 3)
    assert stats.difference({"x": b}, {"x": a}) == Estimate(-3.0, -6.0, -1.0, 3)
    # At 50 %: the nine means of two are 1, 1.5 (2x), 2, 3.5 (2x), 4 (2x), 6; a quarter and three.
    assert stats.difference({"x": a}, {"x": b}, confidence=0.5) == Estimate(3.0, 1.5, 4.0, 3)


def test_pairs_are_of_common_seeds_and_common_settings():
    a = {"x": {0: 10.0, 1: 20.0, 2: 30.0, 9: 99.0}, "only a": seeds(1.0, 2.0, 3.0)}
    b = {"x": {2: 29.0, 1: 19.0, 0: 9.0, 7: -99.0}, "only b": seeds(1.0, 2.0, 3.0)}
    assert stats.difference(a, b) == Estimate(1.0, 1.0, 1.0, 3)
    with pytest.raises(ValueError, match="no setting with a common seed"):
        stats.difference({"x": {0: 1.0}}, {"x": {1: 1.0}, "y": {0: 1.0}})


def test_cells_count_equally_and_are_drawn_apart():
    a = {"x": seeds(1.0, 1.0, 1.0, 1.0), "y": seeds(5.0, 7.0, 9.0)}
    b = {"x": seeds(0.0, 0.0, 0.0, 0.0), "y": seeds(0.0, 0.0, 0.0)}
    # x gives 1 always, y from 5 to 9: (1 + 5) / 2 to (1 + 9) / 2. Seeds drawn over both cells
    # together would mix 1s into y.
    assert stats.difference(a, b) == Estimate(4.0, 3.0, 5.0, 7)


def test_pairs_stay_together_when_seeds_are_drawn():
    base = [10.0, 50.0, 90.0]  # the seed matters much more than the method
    a, b = seeds(*[value + 1 for value in base]), seeds(*base)
    assert stats.difference({0: a}, {0: b}) == Estimate(1.0, 1.0, 1.0, 3)


def test_below_three_seeds_in_any_cell_there_is_no_interval():
    two = {"x": seeds(2.0, 4.0), "y": seeds(1.0, 1.0, 1.0, 1.0)}
    zero = {name: dict.fromkeys(values, 0.0) for name, values in two.items()}
    assert stats.difference(two, zero) == Estimate(2.0, None, None, 6)
    assert not stats.difference(two, zero).excludes(0)


def test_resampling_gives_the_same_bounds_every_time_and_leaves_other_generators_alone():
    import numpy as np

    values = random.Random(0)
    a = {cell: seeds(*[values.gauss(50, 5) for _ in range(5)]) for cell in range(4)}
    np.random.seed(3)
    expected = np.random.random()
    np.random.seed(3)
    nothing = {cell: dict.fromkeys(values, 0.0) for cell, values in a.items()}
    first = stats.difference(a, nothing)
    assert np.random.random() == expected
    assert stats.difference(a, nothing) == first
    assert first.low < first.value < first.high


def test_one_sign_at_three_seeds_is_not_enough_to_tell_methods_apart():
    zero = seeds(0.0, 0.0, 0.0)
    # 1, 2, 6: mean 3, t half-width 4.302653 sqrt(7 / 3) = 6.57
    assert stats.difference({0: seeds(1.0, 2.0, 6.0)}, {0: zero}).excludes(0)
    assert not stats.distinguishable(seeds(1.0, 2.0, 6.0), zero)
    # 2, 2.5, 3: mean 2.5, t half-width 4.302653 sqrt(0.25 / 3) = 1.24
    assert stats.distinguishable(seeds(2.0, 2.5, 3.0), zero)
    assert stats.distinguishable(zero, seeds(2.0, 2.5, 3.0))
    assert not stats.distinguishable(seeds(2.0, 2.5, 3.0), zero, confidence=0.99)  # half 2.86


def test_what_can_never_be_told_apart():
    assert not stats.distinguishable(seeds(1.0, 2.0, 3.0), seeds(1.0, 2.0, 3.0))
    assert not stats.distinguishable(seeds(9.0, 9.1), seeds(1.0, 1.1))  # two seeds
    assert not stats.distinguishable({0: 9.0, 1: 9.1, 2: 9.2}, {2: 1.0, 3: 1.0, 4: 1.0})  # one
    assert not stats.distinguishable({}, {})
    assert stats.distinguishable(seeds(3.0, 3.0, 3.0), seeds(1.0, 1.0, 1.0))  # no spread at all


def test_equal_methods_are_seldom_told_apart():
    values = random.Random(0)
    trials = 300
    rule = 0
    for _ in range(trials):
        a, b = (seeds(*[values.gauss(50, 1) for _ in range(3)]) for _ in range(2))
        rule += stats.distinguishable(a, b)
    assert rule / trials < 0.08


@pytest.mark.parametrize(("cells", "per_cent"), [(1, 25), (2, 13), (4, 9), (8, 7)])
def test_how_often_the_bootstrap_alone_tells_equal_methods_apart(cells, per_cent, monkeypatch):
    monkeypatch.setattr(stats, "DRAWS", 1000)  # for speed
    values, trials = random.Random(1), 500
    nothing = {cell: seeds(0.0, 0.0, 0.0) for cell in range(cells)}
    apart = 0
    for _ in range(trials):
        a = {cell: seeds(*[values.gauss(0, 1) for _ in range(3)]) for cell in range(cells)}
        apart += stats.difference(a, nothing).excludes(0)
    assert 100 * apart / trials == pytest.approx(per_cent, abs=3)  # as the module says


def test_values_that_are_no_numbers_are_refused():
    for bad in (math.nan, math.inf):
        with pytest.raises(ValueError, match="need finite numbers"):
            stats.difference({0: seeds(bad, 1.0, 2.0)}, {0: seeds(0.0, 0.0, 0.0)})
        with pytest.raises(ValueError, match="need finite numbers"):
            stats.area_under_curve([(1, 0.0), (10, bad)], 1, 10)


def test_queries_to_reach_are_those_of_the_first_measured_point_at_the_target():
    curve = [(5000, 80.0), (1000, 40.0), (2000, 79.9), (10_000, 70.0)]
    assert stats.queries_to_reach([curve], 80) == 5000
    assert stats.queries_to_reach([curve], 40) == 1000
    assert stats.queries_to_reach([curve], 80.1) is None


def test_queries_to_reach_need_half_of_the_runs():
    fast, slow, never = [(100, 90.0)], [(100, 10.0), (900, 90.0)], [(100, 10.0)]
    assert stats.queries_to_reach([fast, slow, never], 90) == 900
    assert stats.queries_to_reach([fast, never, never], 90) is None
    assert stats.queries_to_reach([fast, never], 90) == 100
    assert stats.queries_to_reach([slow, fast, never, never], 90) == 900
    assert stats.queries_to_reach([[]], 90) is None
    with pytest.raises(ValueError, match="no curve"):
        stats.queries_to_reach([], 90)


def test_the_area_under_a_curve_is_its_mean_over_log_queries():
    flat = [(1000, 80.0), (25_000, 80.0)]
    assert stats.area_under_curve(flat, 1000, 25_000) == pytest.approx(80)
    # Two decades: 0 to 60 in the first (mean 30), 60 to 80 in the second (mean 70).
    curve = [(100, 0.0), (10_000, 80.0), (1000, 60.0)]
    assert stats.area_under_curve(curve, 100, 10_000) == pytest.approx(50)
    # From 1000 on only the second decade; from sqrt(10) * 100, half a decade of 30 to 60 before it.
    assert stats.area_under_curve(curve, 1000, 10_000) == pytest.approx(70)
    low = round(1e6 * math.sqrt(10))  # in units so fine that the rounding does not show
    fine = [(count * 10_000, value) for count, value in curve]
    expected = float((Fraction(45, 2) + 70) / Fraction(3, 2))
    assert stats.area_under_curve(fine, low, 100_000_000) == pytest.approx(expected, rel=1e-6)
    assert stats.area_under_curve([(0, 99.0), *curve], 100, 1000) == pytest.approx(30)


def test_an_area_is_refused_where_the_curve_does_not_cover_the_range():
    curve = [(0, 10.0), (100, 0.0), (1000, 60.0)]
    for low, high in ((50, 1000), (100, 2000), (1, 1000)):
        with pytest.raises(ValueError, match=f"covers 100 to 1,000, not {low} to {high:,} queries"):
            stats.area_under_curve(curve, low, high)
    for low, high in ((1000, 100), (100, 100), (0, 1000)):
        with pytest.raises(ValueError, match="covers"):
            stats.area_under_curve(curve, low, high)
    with pytest.raises(ValueError, match="covers nothing"):
        stats.area_under_curve([], 1, 10)
    with pytest.raises(ValueError, match="two points at one number of queries"):
        stats.area_under_curve([(1, 1.0), (1, 2.0), (9, 3.0)], 1, 9)


def test_importing_statistics_imports_neither_numpy_nor_scipy():
    check = (
        "import sys, benchmark.rows.stats; print({'numpy', 'scipy', 'torch'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", check], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout == "set()\n"
