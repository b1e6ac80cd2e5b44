"""The report's first screen: which methods stand there, the sentence, the chart, the order."""

from __future__ import annotations

import pytest

from benchmark.pictures.styles import Style
from benchmark.report import chart, contenders, interest, panels
from benchmark.rows.grouping import by_setting
from support.made_rows import make_row, seeds


def form(method: str, *accuracies: float, **changes) -> list:
    return seeds(*accuracies, method=method, **changes)


def firsts(rows) -> set[str]:
    return {one.label for one in contenders.of_setting(rows) if one.first}


def test_a_method_stands_first_in_the_form_of_the_preset_whatever_its_result():
    rows = [
        *form("dfme", 90, 91, 92),
        *form("dfme", 20, 21, 22, variant="cached"),
        *form("dfme", 95, 96, 97, variant="l1"),
        *form("new-idea", 10, 11, 12),
        *form("new-idea", 50, 51, 52, overrides={"batch": 2}),
        *form("other", 10, 11, 12, variant="a"),
        *form("other", 10, 11, 12, variant="b"),
    ]
    assert firsts(rows) == {"dfme:cached", "new-idea", "other:a", "other:b"}


def test_of_floors_the_best_stands_first_and_real_images_do_not():
    rows = [
        *form("noise", 60, 61, 62, floor=True),
        *form("grey", 70, 71, 72, floor=True),
        *form("normal-kd", 90, 91, 92, real_images="mnist"),
        *form("seen", 99, 99, 99, floor=True, real_images="mnist"),
    ]
    assert firsts(rows) == {"grey"}
    kinds = {one.label: one.kind for one in contenders.of_setting(rows)}
    assert kinds == {
        "noise": "floor",
        "grey": "floor",
        "normal-kd": "real images",
        "seen": "real images",
    }


def test_methods_have_colours_of_their_own_and_floors_are_grey():
    rows = [row for name in "abcdefgh" for row in form(name, 50)]
    found = contenders.of_setting([*rows, *form("noise", 60, floor=True)])
    colours = [one.style.colour for one in found if one.kind == "method"]
    assert len(set(colours)) == 8 and contenders.GREY not in colours
    assert [one.style.colour for one in found if one.kind == "floor"] == [contenders.GREY]


def test_the_newest_version_of_a_form_counts_at_each_budget():
    rows = [
        *form("x", 10, 11, 12),
        *form("x", 80, 81, 82, method_version=2),
        *form("x", 30, budget=5000),
    ]
    (found,) = contenders.of_setting(rows)
    assert found.at(1000).mean == 81 and found.at(5000).mean == 30
    assert found.at(9000) is None and found.budgets == [1000, 5000]


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (
            [*form("ideal", 80, 81, 82), *form("noise", 90, 91, 92, floor=True)],
            "Of 1 method that learns images, ideal has the highest mean, 81.00 ± 2.48 (3) %: 10.00 "
            "points below the best floor, noise, which learns none.",
        ),
        (
            [*form("ideal", 80, 81, 82), *form("dast", 79, 81, 81), *form("cmi", 5, 6, 7)],
            "Of 3 methods that learn images, ideal has the highest mean, 81.00 ± 2.48 (3) %; no "
            "floor was run. Level with it: dast.",
        ),
        (
            [*form("ideal", 80), *form("dast", 70)],
            "Of 2 methods that learn images, ideal has the highest mean, 80.00 † (1) %; no floor "
            "was run. It has too few seeds to lead for sure.",
        ),
        (form("noise", 90, floor=True), "No method that learns images was run."),
    ],
    ids=["below the floor", "level", "few seeds", "a floor alone"],
)
def test_the_sentence_says_who_leads_and_whether_that_is_known(rows, told):
    assert panels.of_setting(rows, "x").main.sentence == told


def test_a_form_that_nobody_asked_for_leads_nothing():
    rows = [*form("ideal", 80, 81, 82), *form("ideal", 90, 91, 92, variant="no-ce")]
    told = panels.of_setting(rows, "x").main.sentence
    assert told.startswith("Of 1 method that learns images, ideal has the highest mean, 81.00")


def test_the_budget_of_most_methods_comes_first_and_every_budget_last():
    rows = [
        *form("a", 10, budget=1000),
        *form("a", 50, budget=9000),
        *form("b", 20, budget=1000),
        *form("b", 20, budget=5000, variant="x"),
    ]
    found = panels.of_setting(rows, "x").panels
    assert [one.name for one in found] == [
        "1,000 queries",
        "9,000 queries",
        "5,000 queries",
        "every budget",
    ]
    assert [one.text for one in found[-1].entrants] == ["1k 10.0 · 9k 50.0"]
    assert panels.of_setting([make_row(status="failed", accuracy=None)], "x") is None


def test_the_order_of_interest_is_not_that_of_the_alphabet():
    rows = [
        *form("a", 50, dataset="digits"),
        *form("b", 50, dataset="digits"),
        *form("c", 50, dataset="digits"),
        *form("a", 50, dataset="cifar10"),
        *form("a", 50, dataset="mnist"),
        *form("b", 50, dataset="mnist"),
        *form("a", 50, 51, dataset="zoo"),
        *form("a", 50, dataset="mnist", access="score"),
    ]
    found = [(of[0].dataset, of[0].access) for of in interest.settings(rows).values()]
    usual = [("mnist", "hard-label"), ("zoo", "hard-label"), ("cifar10", "hard-label")]
    assert found == [*usual, ("digits", "hard-label"), ("mnist", "score")], (
        "a tuning set and another access stand behind, whatever their number of methods"
    )


def test_a_title_tells_two_teachers_apart_by_their_accuracy_and_not_by_a_digest():
    rows = [
        make_row(teacher_sha="a" * 64, teacher_accuracy=99.0),
        make_row(teacher_sha="b" * 64, teacher_accuracy=98.0),
    ]
    found = list(interest.titles(by_setting(rows, budget=False)).values())
    assert found == ["digits: lenet (99.00 %) to lenet", "digits: lenet (98.00 %) to lenet"]
    same = [make_row(teacher_sha=letter * 64, teacher_accuracy=99.0) for letter in "ab"]
    found = list(interest.titles(by_setting(same, budget=False)).values())
    assert found == ["digits: lenet aaaaaaaa to lenet", "digits: lenet bbbbbbbb to lenet"]


def test_a_chart_escapes_names_and_hides_what_does_not_stand_first():
    style = Style("#123456", "o")
    curves = [
        chart.Curve(0, "<a>", style, [(100, 10.0), (1000, 90.0)]),
        chart.Curve(1, "b", style, [(1000, 50.0)], first=False),
    ]
    text = chart.draw(curves, [chart.Level('"t"', 99.0)], '"label"')
    assert "<a>" not in text and "&lt;a&gt;: 90.00 %" in text
    assert 'aria-label="&quot;label&quot;"' in text and "&quot;t&quot;: 99.00 %" in text
    assert 'data-line="1" hidden' in text and 'data-line="0">' in text
    assert text.count("<circle") == 2, "a marker at the end of each"
    assert chart.draw([], [], "x") == ""


@pytest.mark.parametrize("marker", "os^DvPX<")
def test_every_marker_of_the_pictures_has_a_shape(marker):
    text = chart.swatch(Style("#123456", marker))
    assert ("<circle" in text) == (marker == "o") and text.count('fill="#123456"') == 1


def test_the_ticks_of_a_chart_are_round_and_few():
    assert chart.ticks(100, 25_000) == [100, 1000, 10_000]
    assert chart.ticks(1000, 25_000) == [1000, 2000, 5000, 10_000, 20_000]
    assert chart.ticks(10, 10_000_000) == [10**power for power in range(1, 8)]
    assert chart.ticks(1100, 1300) == [1100, 1300] and chart.ticks(700, 700) == [700]
