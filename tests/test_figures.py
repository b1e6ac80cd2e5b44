"""Curves: two kinds that never mix, methods that keep their colours, labels that are never cut."""

from __future__ import annotations

import itertools

import pytest

from benchmark import registry
from benchmark.errors import BenchError
from benchmark.papers import presets
from benchmark.pictures import curves, figures, panel, parts, saving
from test_tables import FAILED, row, seeds


def points(*pairs: tuple[int, float]) -> list[dict]:
    return [{"queries": queries, "accuracy": accuracy} for queries, accuracy in pairs]


@pytest.fixture
def drawn(monkeypatch, tmp_path):
    """``draw(rows) -> figure`` of the one picture that is made of them."""
    caught = []
    monkeypatch.setattr(saving, "save", lambda figure, *_, **more: caught.append(figure))

    def draw(rows, budgets=None):
        path = tmp_path / "curve.png"
        if budgets:
            figures.side_by_side(rows, budgets, path)
        else:
            figures.curves(rows, path)
        (figure,) = caught
        caught.clear()
        return figure

    return draw


def of_data(axes, style: str) -> list:
    """Lines of a style that show runs: neither levels nor marks and lines of the label column."""
    found = [line for line in axes.lines if line.get_clip_on()]
    return [line for line in found if line.get_linestyle() == style and line.get_marker() != "None"]


def test_separate_budgets_are_joined_by_a_solid_line_with_a_band(drawn):
    rows = [*seeds(70, 80, 90, budget=5000), *seeds(10, 20, 30, budget=1000)]
    (axes,) = drawn(rows).axes
    assert of_data(axes, "--") == []
    (line,) = of_data(axes, "-")
    assert line.get_linewidth() > 1
    assert (list(line.get_xdata()), list(line.get_ydata())) == ([1000, 5000], [20, 80])
    (band,) = axes.collections
    low, high = band.get_datalim(axes.transData).intervaly
    assert (low, high) == pytest.approx((20 - 24.84, 80 + 24.84), abs=0.01)


def test_one_budget_shows_the_mean_of_the_traces_inside_its_runs_thin_and_dashed(drawn):
    (axes,) = drawn(seeds(30, 40)).axes
    (trace,) = of_data(axes, "--")
    assert (list(trace.get_xdata()), list(trace.get_ydata())) == ([100, 1000], [20, 35])
    assert trace.get_linewidth() < 1
    (end,) = of_data(axes, "-")
    assert (list(end.get_xdata()), list(end.get_ydata())) == ([1000], [35])


def test_intervals_at_one_budget_stand_beside_each_other(drawn):
    three = [row for name in "abc" for row in seeds(30, 40, 50, method=name)]
    several = [*seeds(5, 6, 7, method="d", budget=500), *seeds(7, 8, 9, method="d")]
    (axes,) = drawn([*three, *seeds(60, method="alone"), *several]).axes
    assert panel.key(three).endswith("; intervals stand side by side")
    assert "side by side" not in panel.key(several)
    axes.figure.draw_without_rendering()
    places = {}
    for line in of_data(axes, "-"):
        at = line.get_transform().transform(line.get_xydata()[-1])[0]
        places.setdefault(line.get_ydata()[-1], []).append(at)
    exact = axes.transData.transform((1000, 0))[0]
    point = axes.figure.dpi / 72
    assert places[40] == pytest.approx([exact - 4 * point, exact, exact + 4 * point])
    assert places[60] == places[8] == pytest.approx([exact])


def test_a_setting_of_many_methods_has_its_variants_in_pictures_of_their_own(tmp_path):
    names = ["ideal", *(f"ideal:{n}" for n in "abcd"), "zskt", "zskt:x", "dafl", "dafl:y", "dast"]
    of = [(*name.partition(":")[::2], False) for name in names]
    of += [("noise", variant, True) for variant in ("", "blobs", "smooth")]
    rows = [row(method=method, variant=variant, floor=floor) for method, variant, floor in of]
    assert parts.split(rows) == {"": rows}
    more = [*rows, row(method="ideal", overrides={"batch": 5}), row(method="cmi")]
    assert {part: len(found) for part, found in parts.split(more).items()} == {
        "": 8, "ideal": 6, "variants": 4,  # five methods and three floors in the first
    }  # fmt: skip
    paths = figures.curves(more, tmp_path / "curve.png")
    assert [path.name for path in paths] == ["curve.png", "curve-ideal.png", "curve-variants.png"]
    assert parts.title("mnist", "ideal") == "mnist; variants of ideal"
    assert parts.title("mnist", "variants") == "mnist; variants"
    assert list(parts.split(more[:5] + 10 * [more[-2]])) == [""]  # fewer lines than rows


def test_a_trace_starts_at_the_first_paid_query_and_keeps_the_later_of_two_points():
    one = row(curve=points((0, 9.0), (5, 50.0), (9, 60.0), (9, 61.0)))
    assert curves.trace(one) == [(5, 50.0), (9, 61.0)]
    other = row(curve=points((5, 30.0), (8, 55.0)))
    assert curves.mean_trace([one, other]) == [(5, 40.0)]


def texts(figure) -> list[str]:
    return [text.get_text() for axes in figure.axes for text in axes.texts]


def test_a_picture_names_methods_once_and_teacher_chance_and_the_best_floor(drawn):
    floors = [*seeds(20, 25, floor=True), *seeds(60, 62, floor=True, variant="blobs")]
    figure = drawn([*seeds(30, 40, method="a"), *floors, row(method="bad", **FAILED)])
    assert sorted(texts(figure)) == sorted([
        "teacher  99.0", "noise:blobs  61.0", "best floor  61.0", "a  35.0", "noise  22.5",
        "chance  10.0",
    ])  # fmt: skip
    (axes,) = figure.axes
    heights = [line.get_ydata()[0] for line in axes.lines if line.get_linestyle() in (":", "-.")]
    assert heights == [99.0, 10.0, 61.0]
    assert axes.get_xscale() == "log"
    assert figure.texts[0].get_text() == "digits: lenet to lenet"


def test_the_best_floor_of_several_budgets_is_a_line_through_them(drawn):
    rows = [
        row(floor=True, accuracy=20.0, budget=1000),
        row(floor=True, accuracy=30.0, budget=5000),
        row(floor=True, accuracy=15.0, budget=1000, variant="blobs"),
        row(floor=True, accuracy=70.0, budget=5000, variant="blobs"),
    ]  # fmt: skip
    (axes,) = drawn(rows).axes
    (floor,) = [line for line in axes.lines if line.get_linestyle() == "-."]
    assert (list(floor.get_xdata()), list(floor.get_ydata())) == ([1000, 5000], [20.0, 70.0])


def everything() -> list[dict]:
    """Rows of every method and variant there is, many with equal accuracy."""
    names = [label.partition(":") for label in registry.labels()]
    return [
        row(method=method, variant=variant, accuracy=90.0 if place % 2 else float(place))
        for place, (method, _, variant) in enumerate(names)
    ]


LONG = "<script>$x^$</script>\n\x07" + 40 * "very long "


@pytest.mark.parametrize(
    "rows", [everything(), [row(method=LONG), row(accuracy=3.0)], [row(dataset=LONG)]],
    ids=["all methods", "a long label", "a long title"],
)  # fmt: skip
def test_no_text_is_cut_and_no_labels_overlap(drawn, rows, monkeypatch):
    monkeypatch.setattr(parts, "MOST", 100)
    figure = drawn([{**each, "seed": seed} for each in rows for seed in range(3)])
    whole, axis = figure.bbox, figure.axes[0].xaxis.label.get_window_extent()
    assert not any(text.get_window_extent().overlaps(axis) for text in figure.texts)
    boxes = [text.get_window_extent() for axes in figure.axes for text in axes.texts]
    for box in [*boxes, *(text.get_window_extent() for text in figure.texts)]:
        assert whole.x0 <= box.x0 and box.x1 <= whole.x1
        assert whole.y0 <= box.y0 and box.y1 <= whole.y1
    assert not any(a.overlaps(b) for a, b in itertools.combinations(boxes, 2))


def test_labels_move_apart_no_further_than_they_must():
    assert panel.spread([90, 50, 10], 5, 0, 100) == [90, 50, 10]
    assert panel.spread([50, 50], 4, 0, 100) == [52, 48]
    assert panel.spread([53, 50, 47, 10], 4, 0, 100) == [54, 50, 46, 10]
    assert panel.spread([100, 100], 4, 2, 98) == [98, 94]
    assert panel.spread([0, 0], 4, 2, 98) == [6, 2]
    assert panel.spread([], 4, 2, 98) == []


def test_ticks_are_the_budgets_and_round_numbers_between_them():
    assert panel.ticks(400, 31_250, [25_000]) == [500, 1000, 2000, 5000, 10_000, 25_000]
    assert panel.ticks(400, 625, [500]) == [500]


@pytest.mark.parametrize(
    ("suffix", "start"), [(".png", b"\x89PNG"), (".pdf", b"%PDF"), (".svg", b"<?xml")]
)
def test_pictures_are_what_their_suffix_says_and_the_same_again(tmp_path, suffix, start):
    rows = [*seeds(30, 40), *seeds(80, 82, 87, method="ideal")]
    first, second = (tmp_path / "new" / f"{name}{suffix}" for name in "ab")
    assert figures.curves(rows, first) == [first]
    figures.curves(rows, second)
    assert first.read_bytes().startswith(start) and first.read_bytes() == second.read_bytes()


def test_what_cannot_be_drawn_is_refused(tmp_path):
    with pytest.raises(BenchError, match=r"curve\.jpg: the picture must end in \.png, \.pdf"):
        figures.curves([row()], tmp_path / "curve.jpg")
    with pytest.raises(BenchError, match="no complete rows to draw"):
        figures.curves([row(**FAILED)], tmp_path / "curve.png")
    with pytest.raises(BenchError, match="no complete rows to draw"):
        figures.side_by_side([row(budget=1000)], [2000], tmp_path / "curve.png")


def test_a_preset_says_whether_budgets_share_a_panel(drawn, monkeypatch, tmp_path):
    place = {"dataset": "cifar10", "teacher": "resnet34", "student": "resnet18"}
    rows = [
        row(method="dfme", budget=200_000, config={}, **place),
        row(method="dfme", budget=10_000_000, config={}, **place),
        row(method="ideal", budget=200_000, config={"generator_steps": 10}, **place),
        row(method="noise", budget=200_000, config={}, **place),
    ]  # fmt: skip
    panels, budgets = presets.find("fig3"), presets.find("budgets")
    caught = []
    monkeypatch.setattr(saving, "save", lambda figure, *_, **more: caught.append(figure))
    figures.of_preset(panels, rows, tmp_path / "a.png")
    assert [axes.get_title("left") for axes in caught[0].axes] == [
        "200,000 queries", "10,000,000 queries",
    ]  # fmt: skip
    assert not any("noise" in text.get_text() for text in caught[0].axes[0].texts)
    mnist = {"dataset": "mnist", "teacher": "lenet", "student": "lenet"}
    rows = [row(method="noise", budget=b, config={}, **mnist) for b in (1000, 25_000)]
    figures.of_preset(budgets, rows, tmp_path / "b.png")
    assert len(caught[1].axes) == 1
    with pytest.raises(BenchError, match="no rows of fig3; `bench run --preset fig3` makes them"):
        figures.of_preset(panels, rows, tmp_path / "c.png")
    with pytest.raises(BenchError, match=r"no rows of budgets --scale 0\.1"):
        figures.of_preset(budgets, rows, tmp_path / "c.png", 0.1)


@pytest.mark.parametrize("suffix", saving.SUFFIXES)
def test_a_picture_names_its_rows_and_changes_with_them(suffix, tmp_path):
    rows = [row(seal="a"), row(seal="b", seed=1)]
    figures.curves(rows, tmp_path / f"one{suffix}")
    content = (tmp_path / f"one{suffix}").read_bytes()
    assert saving.drawn_from(rows).encode() in content
    assert saving.drawn_from(rows) == saving.drawn_from(rows[::-1]) != saving.drawn_from(rows[:1])


def test_two_budgets_stand_side_by_side_each_with_its_own_runs(drawn):
    rows = [
        row(method="ideal", accuracy=60.0, budget=200),
        row(method="ideal", accuracy=65.0, budget=500),
        row(method="dfme", accuracy=20.0, budget=200),
        row(method="dfme", accuracy=50.0, budget=10_000),
    ]  # fmt: skip
    left, right = drawn(rows, [10_000, 200]).axes
    assert [left.get_title("left"), right.get_title("left")] == ["200 queries", "10,000 queries"]
    shown = [[text.get_text() for text in axes.texts] for axes in (left, right)]
    named = [{text for text in of if text[0] in "id"} for of in shown]
    assert named == [{"ideal  60.0", "dfme  20.0"}, {"ideal  65.0", "dfme  50.0"}]
    assert all(len(of_data(axes, "--")) == 2 for axes in (left, right))
