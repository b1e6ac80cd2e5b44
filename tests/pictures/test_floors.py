"""The best floor in pictures: where one was run, never as a line across the axis of queries."""

from __future__ import annotations

from benchmark.pictures import figures, saving
from benchmark.rows.row import Row
from support.made_rows import FAILED, make_row, seeds
from support.pictured import bought_first, data, said, texts


def floor_rows() -> list[Row]:
    return [
        make_row(floor=True, accuracy=20.0, budget=1000, variant="blobs"),
        make_row(floor=True, accuracy=70.0, budget=9000, variant="smooth"),
    ]


def variants_of_ideal() -> list[Row]:
    rows = [
        make_row(method="ideal", variant=v, budget=b, accuracy=50.0)
        for b in (1000, 5000, 9000)
        for v in ("", "a", "b", "c", "d")
    ]
    return [*rows, *(make_row(method=name) for name in "abcdefghij")]


def floors(axes) -> list[tuple]:
    """Where marks of a best floor stand; no line of it may cross an axis of queries."""
    assert not [line for line in axes.lines if line.get_linestyle() == "-."]
    found = [x for x in axes.lines if x.get_markersize() == 15 and x.get_clip_on()]
    assert all(line.get_linestyle() == "None" for line in found)
    return [point for line in found for point in zip(*data(line), strict=True)]


def test_the_best_floor_stands_at_the_budgets_where_one_was_run(monkeypatch, tmp_path):
    caught = {}
    monkeypatch.setattr(
        saving,
        "write",
        lambda figure, path, rows: (
            caught.update({path.stem: rows}) or caught.update({f"figure {path.stem}": figure})
        ),
    )
    rows = [*variants_of_ideal(), *floor_rows()]
    figures.curves(rows, tmp_path / "x.png")
    (axes,) = caught["figure x-ideal"].axes
    assert floors(axes) == [(1000, 20), (9000, 70)]
    assert "best floor, noise:smooth  70.0" in texts(caught["figure x-ideal"])
    assert all(one in caught["x-ideal"] for one in floor_rows_of(rows)), "a source of the picture"
    figures.curves([*variants_of_ideal(), floor_rows()[0]], tmp_path / "y.png")
    (axes,) = caught["figure y-ideal"].axes
    assert floors(axes) == [(1000, 20)]
    assert "best floor at 1k: noise:blobs" in texts(caught["figure y-ideal"])
    figures.curves(variants_of_ideal(), tmp_path / "z.png")
    assert floors(caught["figure z-ideal"].axes[0]) == []
    assert "floor" not in said(caught["figure z-ideal"])


def floor_rows_of(rows: list[Row]) -> list[Row]:
    return [one for one in rows if one.floor]


def test_a_floor_that_is_a_line_of_its_panel_is_not_drawn_twice(drawn):
    floors = [*seeds(20, 25, floor=True), *seeds(60, 62, floor=True, variant="blobs")]
    figure = drawn([*seeds(30, 40, method="a"), *floors, make_row(method="bad", **FAILED)])
    assert sorted(texts(figure)) == sorted(
        [
            "teacher  99.0",
            "noise:blobs  61.0",
            "a  35.0",
            "noise  22.5",
            "chance  10.0",
        ]
    )
    (axes,) = figure.axes
    heights = [line.get_ydata()[0] for line in axes.lines if line.get_linestyle() == ":"]
    assert heights == [99.0, 10.0]
    assert axes.get_xscale() == "log"
    assert figure.texts[0].get_text() == "digits: lenet to lenet"


def test_the_best_floor_crosses_only_slots(drawn):
    methods = [r for name in "abcdefgh" for r in seeds(30, 31, 32, method=name)]
    bare = [bought_first(seed=s, floor=True, variant="blobs", accuracy=80.0 + s) for s in range(3)]
    figure = drawn([*methods, *bare])
    inside = [axes for axes in figure.axes if axes.get_xscale() == "log"]
    assert [floors(axes) for axes in inside] == [[(1000, 81)]] * 2
    strips = [axes for axes in figure.axes if axes.get_xlabel() == "ends"]
    for strip in strips:
        (line,) = [line for line in strip.lines if line.get_linestyle() == "-."]
        assert line.get_ydata()[0] == 81


def test_slots_have_the_floor_of_their_budget_alone(drawn):
    rows = [
        *seeds(60, 62, 64, method="ideal", budget=200),
        *seeds(20, 22, 24, floor=True, budget=200),
        *seeds(50, 52, 54, floor=True, budget=9000),
    ]
    figure = drawn(rows, [9000])
    axes, strip = figure.axes
    assert floors(axes) == [(200, 22)], "that of the other budget is not of this panel's lines"
    assert not [line for line in strip.lines if line.get_linestyle() == "-."]
    assert "best floor at 200: noise" in texts(figure)
