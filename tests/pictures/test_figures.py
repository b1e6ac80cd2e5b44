"""Pictures of curves: every line was measured, stands where it belongs, and is named."""

from __future__ import annotations

import pytest

from support.made_rows import make_row, seeds
from support.pictured import bars, bought_first, data, lines, marks, points, said, spans


def test_separate_runs_are_joined_by_solid_lines_with_a_bar_at_each_budget(drawn):
    rows = [*seeds(70, 80, 90, budget=5000), *seeds(10, 20, 30, budget=1000)]
    (axes,) = drawn(rows).axes
    assert lines(axes, "--", ":") == []
    (line,) = lines(axes, "-")
    assert data(line) == ([1000, 5000], [20, 80])
    assert marks(axes) == {(1000, 20): False, (5000, 80): False}
    (_, *first), (_, *second) = spans(axes)
    assert first == pytest.approx([0, 20 + 24.84], abs=0.01)
    assert second == pytest.approx([80 - 24.84, 100], abs=0.01)


def test_an_interval_ends_where_the_scale_does(drawn):
    for values in ((0, 0, 90), (100, 100, 10)):
        figure = drawn(seeds(*values))
        ((_, low, high),) = spans(figure.axes[1])
        assert min(low, 100 - high) == 0 and 0 <= low < high <= 100
        assert "inside 0 to 100" in said(figure)


def test_too_few_runs_are_hollow_and_have_no_bar(drawn):
    rows = [*seeds(40, 41, 42, budget=1000), *seeds(70, 71, budget=5000)]
    figure = drawn(rows)
    (axes,) = figure.axes
    assert marks(axes) == {(1000, 41): False, (5000, 70.5): True}
    assert [x for x, *_ in spans(axes)] == [1000]
    assert "n = 2 to 3 runs; bars: 95 % t interval" in said(figure)
    assert "hollow: n below 3" in said(figure)
    alone = drawn(seeds(40))
    assert "n = 1 run; hollow" in said(alone) and "bars" not in said(alone)
    assert "hollow" not in said(drawn(seeds(1, 2, 3)))


def test_a_line_over_a_budget_that_was_not_run_is_dotted_and_told(drawn):
    some = [*seeds(10, budget=1000), *seeds(80, budget=5000), *seeds(85, budget=9000)]
    every = [seeds(20, method="a", budget=budget)[0] for budget in (1000, 2000, 5000)]
    figure = drawn([*some, *every])
    (axes,) = figure.axes
    assert [data(line) for line in lines(axes, ":")] == [([1000, 5000], [10, 80])]
    assert ([5000, 9000], [80, 85]) in [data(line) for line in lines(axes, "-")]
    assert "Dotted ones pass budgets that were not run." in said(figure)
    assert "Dotted" not in said(drawn(every))


def test_one_budget_shows_the_mean_of_the_traces_inside_its_runs_thin_and_dashed(drawn):
    figure = drawn(seeds(30, 40))
    (axes,) = figure.axes
    (trace,) = lines(axes, "--")
    assert data(trace) == ([100, 1000], [20, 35]) and trace.get_linewidth() <= 1
    assert lines(axes, "-") == [] and marks(axes) == {(1000, 35): True}
    assert figure.texts[1].get_text() == "inside runs of 1,000 queries"


def test_the_two_kinds_of_curve_have_panels_of_their_own(drawn):
    rows = [
        *seeds(30, method="a"),
        *seeds(50, method="a", budget=5000),
        *seeds(60, method="b"),
    ]
    figure = drawn(rows)
    separate, inside = figure.axes
    assert lines(separate, "--") == [] and lines(inside, "-") == []
    assert data(*lines(separate, "-")) == ([1000, 5000], [30, 50])
    assert sorted(line.get_ydata()[-1] for line in lines(inside, "--")) == [30, 60]
    assert [text.get_text() for text in figure.texts[1:-1]] == [
        "separate runs at each budget",
        "inside runs of 1,000 queries",
    ]


def test_an_untouched_student_is_not_drawn(drawn):
    figure = drawn([bought_first(), make_row(method="learns")])
    (axes,) = figure.axes
    (line,) = lines(axes, "--")
    assert data(line) == ([100, 1000], [20, 50]), "that of the other"
    assert marks(axes) == {(1000, 70): True, (1000, 50): True}
    assert "No line: no student was trained at a mark before the end (bought)." in said(figure)
    assert "No line" not in said(drawn([make_row()]))


def test_runs_without_any_curve_show_their_ends_and_no_axis_of_queries(drawn):
    figure = drawn([bought_first(seed=seed, accuracy=70.0 + seed) for seed in range(3)])
    (axes,) = figure.axes
    assert figure.texts[1].get_text() == "ends of runs of 1,000 queries"
    assert axes.get_xscale() == "linear" and len(axes.get_xticks()) == 0
    assert list(marks(axes)) == [(0, 71)] and lines(axes, "-", "--", ":") == []


def test_marks_stand_at_what_was_asked(drawn):
    curve = points((91, 20.0, 9, 100), (1850, 40.0, 9, 2000), (4100, 55.0, 9, 5000))
    (axes,) = drawn([make_row(budget=5000, queries=4100, accuracy=55.0, curve=curve)]).axes
    assert data(*lines(axes, "--")) == ([91, 1850, 4100], [20, 40, 55])
    assert list(marks(axes)) == [(4100, 55)]
    rows = [make_row(budget=b, queries=b // 2, accuracy=b / 100) for b in (1000, 5000)]
    (axes,) = drawn(rows).axes
    assert data(*lines(axes, "-")) == ([500, 2500], [10, 50])


def test_a_method_that_asked_nothing_is_not_on_the_axis_and_told(drawn):
    rows = [make_row(method="silent", budget=b, queries=0, curve=[]) for b in (1000, 5000)]
    figure = drawn([*rows, *(make_row(method="a", budget=b) for b in (1000, 5000))])
    (axes,) = figure.axes
    assert len(lines(axes, "-")) == 1 and len(marks(axes)) == 2
    assert "Asked nothing, so not on the axis: silent." in said(figure)
    (axes,) = drawn(rows).axes
    assert marks(axes) == {} and axes.get_xlim()[0] > 0


def test_intervals_at_one_budget_stand_in_slots_and_their_marks_at_the_budget(drawn):
    rows = [
        r
        for n, at in zip("abc", (30, 50, 70), strict=True)
        for r in seeds(at, at + 10, at + 20, method=n)
    ]
    axes, strip = drawn(rows).axes
    assert bars(axes) == {} and set(marks(axes)) == {(1000, 40), (1000, 60), (1000, 80)}
    assert set(marks(strip)) == {(0, 80), (1, 60), (2, 40)}
    assert sorted(x for x, *_ in spans(strip)) == [0, 1, 2]
    assert strip.get_ylim() == axes.get_ylim() and len(strip.get_xticks()) == 0
    assert strip.get_position().x0 > axes.get_position().x1


def test_an_end_at_a_smaller_budget_has_its_bar_there(drawn):
    rows = [
        *seeds(60, 65, 70, method="ideal", budget=200),
        *seeds(50, 51, 55, budget=10_000),
        *seeds(20, 21, 25, budget=200),
    ]
    figure = drawn(rows, [10_000, 200])
    left, left_strip, right, right_strip = figure.axes
    assert [text.get_text() for text in figure.texts[1:-1]] == ["200 queries", "10,000 queries"]
    assert spans(left) == [] and len(spans(left_strip)) == 2
    assert [x for x, *_ in spans(right)] == [200] and len(spans(right_strip)) == 1
