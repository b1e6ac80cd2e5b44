"""Methods against each other by common seeds, against values worked out by hand."""

from __future__ import annotations

import math
import random

import pytest

from benchmark.rows import paired


def seeds(*values: float, first: int = 0) -> dict[int, float]:
    return dict(enumerate(values, first))


def test_the_paired_difference_by_hand():
    # Differences 1, 2, 6: mean 3, variance 7, standard error sqrt(7 / 3), t = 1.964 with two
    # degrees of freedom, for which P(|T| > t) = 1 - t / sqrt(2 + t^2).
    pair = paired.compare(seeds(81, 82, 87), seeds(80, 80, 81))
    t = 3 / math.sqrt(7 / 3)
    assert (pair.difference, pair.seeds) == (3, 3)
    assert pair.half == pytest.approx(4.302653 * math.sqrt(7 / 3), rel=1e-6)
    assert pair.p == pytest.approx(1 - t / math.sqrt(2 + t * t), rel=1e-9)
    assert (pair.low, pair.high) == (3 - pair.half, 3 + pair.half)


def test_only_common_seeds_count_and_below_three_there_is_no_interval():
    pair = paired.compare(seeds(1, 2, 3, 4), seeds(9, 9, 9, first=2))
    assert pair == paired.Pair(-5.5, None, None, 2) and pair.low is pair.high is None
    assert paired.compare(seeds(1, 2, 3), seeds(1, 2, 3, first=3)) is None


def test_differences_without_any_spread():
    assert paired.compare(seeds(9.74, 9.74, 9.74), seeds(9.74, 9.74, 9.74)).p == 1
    assert paired.compare(seeds(0.3, 0.3, 0.3), seeds(0.1, 0.2, 0.1)).p > 0
    same = paired.compare(seeds(10.3, 20.3, 30.3), seeds(10.2, 20.2, 30.2))
    assert same.p == 0, "equal but for binary fractions"


def test_an_interval_of_differences_ends_where_percentages_end():
    wide = paired.compare(seeds(95, 95, 95), seeds(0, 20, 90))
    assert wide.high == 100 and wide.difference + wide.half > 100
    assert paired.compare(seeds(0, 20, 90), seeds(95, 95, 95)).low == -100


def test_holm_by_hand():
    # In order 0.005 x 4, 0.01 x 3, 0.03 x 2, 0.04 x 1, never below the one before.
    assert paired.holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert paired.holm([0.6, 0.7]) == [1.0, 1.0] and paired.holm([]) == []


def test_holm_is_seldom_wrong_about_any_of_many_equal_methods():
    values, trials, wrong = random.Random(0), 300, 0
    for _ in range(trials):
        best = seeds(*[values.gauss(50, 1) for _ in range(3)])
        others = [seeds(*[values.gauss(50, 1) for _ in range(3)]) for _ in range(6)]
        found = paired.holm([paired.compare(best, other).p for other in others])
        wrong += min(found) < paired.SIGNIFICANT
    assert wrong / trials < 0.08


BEST = seeds(92, 94, 96)


def test_a_close_method_is_level_with_the_best():
    close = seeds(91, 94.5, 95)  # differences 1, -0.5, 1
    assert paired.leaders({"a": BEST, "b": close}) == {"a", "b"}
    assert paired.leaders({"a": BEST, "b": seeds(90, 92, 94)}) == {"a"}, "always 2 points below"
    assert paired.leaders({"a": BEST, "b": dict(BEST)}) == {"a", "b"}, "a tie"


def test_a_noisy_loser_is_not_level_however_little_it_can_be_told_from_the_best():
    noisy = seeds(29.9, 67.7, 80.7)
    assert not paired.distinguishable(BEST, noisy)
    assert paired.leaders({"a": BEST, "noisy": noisy}) == {"a"}
    scattered = seeds(99, 90, 92)  # about as good, but nobody knows
    assert not paired.distinguishable(BEST, scattered)
    assert paired.leaders({"a": BEST, "scattered": scattered}) == {"a"}


def test_nothing_is_a_leader_while_a_better_method_is_not():
    below, worse = seeds(91, 93, 95.1), seeds(90, 93.4, 93.5)
    assert paired.distinguishable(BEST, below) and paired.level(BEST, worse)
    entries = {"worse": worse, "a": BEST, "below": below}
    assert paired.leaders(entries) == {"a"}
    assert paired.leaders({"worse": worse, "a": BEST}) == {"a", "worse"}


def test_too_few_common_seeds_neither_lead_nor_end_the_list():
    close = seeds(91, 94.5, 95)
    entries = {"a": BEST, "two": seeds(93.9, 94), "others": seeds(93, 94, 94.2, first=3)}
    assert paired.leaders(entries | {"b": close}) == {"a", "b"}
    assert paired.leaders(entries | {"failed": {}}) == {"a"}


def test_where_the_best_has_too_few_seeds_nobody_leads():
    entries = {"a": BEST, "lucky": seeds(99, 99)}
    assert paired.undecided(entries) and paired.leaders(entries) == set()
    assert paired.best(entries) == "lucky" and paired.best({"failed": {}}) is None


def test_a_single_entry_leads_nothing():
    assert paired.leaders({"a": BEST}) == paired.leaders({"a": BEST, "failed": {}}) == set()
    assert paired.leaders({}) == set() and not paired.undecided({"a": seeds(9.0)})
