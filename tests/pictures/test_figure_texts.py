"""Texts of pictures of curves: names, numbers, captions, the axis; nothing is cut or covered."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from benchmark.pictures import figures, labels, notes, panel, panels, parts
from benchmark.run import registry
from support.made_rows import make_row, seeds
from support.pictured import bought_first, said, texts


def numbers(figure) -> set[str]:
    """Labels but for the two levels that are the same everywhere."""
    return {text for text in texts(figure) if text[:7] not in ("teacher", "chance ")}


def test_no_numbers_of_different_budgets_stand_in_one_list(drawn):
    rows = [
        make_row(method="ideal", accuracy=60.0, budget=200),
        make_row(method="zskt", budget=10_000),
        make_row(method="ideal", accuracy=65.0, budget=500),
        make_row(method="dfme", budget=10_000),
        make_row(method="dfme", accuracy=20.0, budget=200),
    ]
    left, right = drawn(rows, [10_000, 200]).axes
    assert {text.get_text() for text in left.texts} == {
        "teacher  99.0",
        "ideal  60.0",
        "dfme  20.0",
        "chance  10.0",
    }
    assert {text.get_text() for text in right.texts} == {
        "teacher  99.0",
        "ideal, to 500",
        "dfme",
        "zskt",
        "chance  10.0",
    }
    several = [make_row(method="a", budget=b, accuracy=b / 100) for b in (1000, 2000, 5000)]
    several += [make_row(method="b", budget=b, accuracy=90.0) for b in (1000, 2000)]
    assert numbers(drawn(several)) == {"a", "b, to 2k"}


def test_names_stand_beside_ends_by_height_and_those_of_earlier_ends_at_the_bottom(drawn):
    rows = [
        make_row(method=name, budget=b, accuracy=at)
        for name, at in (("a", 90.0), ("b", 40.0))
        for b in (1000, 9000)
    ]
    rows += [make_row(method="c", budget=b, accuracy=95.0) for b in (1000, 2000)]
    (axes,) = drawn(rows).axes
    heights = {text.get_text(): text.get_position()[1] for text in axes.texts}
    assert heights["teacher  99.0"] > heights["a"] > heights["b"] > heights["c, to 2k"]
    assert heights["b"] == 40 and heights["c, to 2k"] < 10
    leaders = [line for line in axes.lines if not line.get_clip_on() and line.get_lw() == 0.5]
    assert sorted(line.get_ydata()[0] for line in leaders) == [10, 40, 90, 99]
    for leader in leaders:  # in the margin only, and in no line's colour
        assert leader.get_color() == labels.GREY and min(leader.get_xdata()) >= 1


def test_a_caption_says_what_is_there(drawn):
    rows = [*seeds(70, 80, 90, method="ideal"), make_row(device="another CPU", seed=7, method="a")]
    text = said(drawn(rows))
    assert text.startswith("Data set digits, teacher lenet (99.0 %), student lenet. Marks: mean of")
    assert text.endswith("Runs on a CPU, 1 threads; another CPU.")
    assert "Runs on" not in said(drawn(rows[:3]))
    page = " ".join(notes.of_panels(panels.of_setting(rows, rows)))
    assert "Data set" not in page and page in text


def everything() -> list[dict]:
    """Rows of every method and variant there is, many with equal accuracy."""
    names = [label.partition(":") for label in registry.labels()]
    return [
        make_row(method=method, variant=variant, accuracy=90.0 if index % 2 else float(index))
        for index, (method, _, variant) in enumerate(names)
    ]


LONG = "<script>$x^$</script>\n\x07" + 40 * "very long "


@pytest.mark.parametrize(
    "rows",
    [
        everything(),
        [make_row(method=LONG), make_row(accuracy=3.0)],
        [make_row(dataset=LONG)],
        [make_row(dataset="folder:" + 60 * "数据")],
        [bought_first()],
    ],
    ids=["all methods", "a long label", "a long title", "square letters", "one end"],
)
@pytest.mark.filterwarnings("ignore:no installed font has")
def test_no_text_is_cut_and_no_labels_overlap(drawn, rows, monkeypatch):
    monkeypatch.setattr(parts, "MOST", 100)
    monkeypatch.setattr(figures, "PAGE", 100)
    figure = drawn([replace(each, seed=seed) for each in rows for seed in range(3)])
    figure.draw_without_rendering()  # moves the names of the axes to where they stand
    whole = figure.bbox
    boxes = [text.get_window_extent() for axes in figure.axes for text in axes.texts]
    boxes += [axes.xaxis.label.get_window_extent() for axes in figure.axes]
    boxes += [text.get_window_extent() for text in figure.texts]
    for box in boxes:
        assert whole.x0 <= box.x0 and box.x1 <= whole.x1
        assert whole.y0 <= box.y0 and box.y1 <= whole.y1
    assert not any(a.overlaps(b) for a, b in itertools.combinations(boxes, 2))


def test_labels_move_apart_no_further_than_they_must():
    assert labels.spread([90, 50, 10], 5, 0, 100) == [90, 50, 10]
    assert labels.spread([50, 50], 4, 0, 100) == [52, 48]
    assert labels.spread([53, 50, 47, 10], 4, 0, 100) == [54, 50, 46, 10]
    assert labels.spread([100, 100], 4, 2, 98) == [98, 94]
    assert labels.spread([0, 0], 4, 2, 98) == [6, 2]
    assert labels.spread([], 4, 2, 98) == []


def test_an_axis_names_its_decades_then_budgets_and_steps_between_where_decades_are_few():
    assert panel.ticks(400, 31_250, [25_000]) == [500, 1000, 2000, 5000, 10_000, 25_000]
    assert panel.ticks(400, 625, [500]) == [500]
    assert panel.ticks(90, 240_000, [200_000]) == [100, 1000, 10_000, 100_000, 200_000]
    assert panel.ticks(800, 11_000, [9500]) == [1000, 2000, 5000, 10_000], "the decade goes first"
    assert panel.ticks(400, 31_250, [25_000], apart=0.3) == [1000, 10_000]


def test_every_decade_in_view_is_named(drawn):
    rows = [make_row(budget=b) for b in (200, 70_000)]
    (axes,) = drawn(rows).axes
    names = [text.get_text() for text in axes.get_xticklabels()]
    assert {"200", "1k", "10k", "70k"} <= set(names)
    assert len(axes.get_xticks(minor=True)) > 10
