"""Pictures of curves as files and parts of pages: the same bytes, whole, named after their rows."""

from __future__ import annotations

import pytest

from benchmark.errors import BenchError
from benchmark.papers import presets
from benchmark.pictures import figures, parts, saving
from support.made_rows import FAILED, make_row, seeds


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
        figures.curves([make_row()], tmp_path / "curve.jpg")
    with pytest.raises(BenchError, match="no complete rows to draw"):
        figures.curves([make_row(**FAILED)], tmp_path / "curve.png")
    with pytest.raises(BenchError, match="no complete rows to draw"):
        figures.by_budget([make_row(budget=1000)], [2000], tmp_path / "curve.png")


def test_panels_that_do_not_fit_a_page_go_on_in_numbered_pictures(monkeypatch, tmp_path):
    caught = []
    monkeypatch.setattr(saving, "save", lambda figure, *_: caught.append(figure))
    monkeypatch.setattr(parts, "MOST", 100)
    batches = range(1, 49)
    rows = [make_row(method="ideal", overrides={"batch": batch}) for batch in batches]
    paths = figures.curves(rows, tmp_path / "curve.png")
    assert [path.name for path in paths] == ["curve.png", "curve-2.png", "curve-3.png"]
    assert all(1 <= len(figure.axes) <= figures.PAGE for figure in caught)
    titles = [figure.texts[0].get_text() for figure in caught]
    assert [title[-8:] for title in titles] == ["; 1 of 3", "; 2 of 3", "; 3 of 3"]
    for figure in caught:
        wide, tall = figure.get_size_inches()
        assert tall < 2 * wide
    named = " ".join(text.get_text() for one in caught for axes in one.axes for text in axes.texts)
    assert all(f"(batch={batch})" in named.replace("\n", " ") for batch in batches)


def test_a_preset_says_whether_budgets_share_a_panel(monkeypatch, tmp_path):
    setting = {"dataset": "cifar10", "teacher": "resnet34", "student": "resnet18"}
    rows = [
        make_row(method="dfme", budget=200_000, config={}, **setting),
        make_row(method="dfme", budget=10_000_000, config={}, **setting),
        make_row(method="ideal", budget=200_000, config={"generator_steps": 10}, **setting),
        make_row(method="noise", budget=200_000, config={}, **setting),
    ]
    fig3, budgets = presets.find("fig3"), presets.find("budgets")
    caught = []
    monkeypatch.setattr(saving, "save", lambda figure, *_: caught.append(figure))
    figures.of_preset(fig3, rows, tmp_path / "a.png")
    assert [text.get_text() for text in caught[0].texts[1:-1]] == [
        "200,000 queries",
        "10,000,000 queries",
    ]
    assert not any("noise" in text.get_text() for text in caught[0].axes[0].texts)
    mnist = {"dataset": "mnist", "teacher": "lenet", "student": "lenet"}
    rows = [make_row(method="noise", budget=b, config={}, **mnist) for b in (1000, 25_000)]
    figures.of_preset(budgets, rows, tmp_path / "b.png")
    assert len(caught[1].axes) == 1
    with pytest.raises(BenchError, match="no rows of fig3; `bench run --preset fig3` makes them"):
        figures.of_preset(fig3, rows, tmp_path / "c.png")
    with pytest.raises(BenchError, match=r"no rows of budgets --scale 0\.1"):
        figures.of_preset(budgets, rows, tmp_path / "c.png", 0.1)


@pytest.mark.parametrize("suffix", saving.SUFFIXES)
def test_a_picture_names_its_rows_and_changes_with_them(suffix, tmp_path):
    rows = [make_row(checksum="a"), make_row(checksum="b", seed=1)]
    figures.curves(rows, tmp_path / f"one{suffix}")
    content = (tmp_path / f"one{suffix}").read_bytes()
    assert saving.drawn_from(rows).encode() in content
    assert saving.drawn_from(rows) == saving.drawn_from(rows[::-1]) != saving.drawn_from(rows[:1])
