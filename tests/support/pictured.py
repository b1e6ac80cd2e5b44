"""Made-up rows as pictures of curves, and readers of the drawn lines."""

from __future__ import annotations

import math
from dataclasses import replace

from benchmark.pictures import figures, labels, saving
from benchmark.rows.row import Row
from support.made_rows import make_point, make_row


def points(*given: tuple[float, ...]) -> list[dict]:
    """Curve points of queries, accuracy and, if they are given, images of the student and mark."""
    names = ("queries", "accuracy", "student_images", "mark")
    return [dict(zip(names, point, strict=False)) for point in given]


def bought_first(**changes) -> Row:
    """A row of a method that trains after its last query: its student is untouched till then."""
    found = make_row(**{"accuracy": 70.0, "method": "bought"} | changes)
    curve = points((100, 8.5, 0), (500, 8.5, 0), (found.queries, found.accuracy, 12_000))
    return replace(found, curve=tuple(make_point(**one) for one in curve))


def drawing(monkeypatch, tmp_path):
    """``draw(rows) -> figure`` of the one picture that is made of them."""
    caught = []
    monkeypatch.setattr(saving, "save", lambda figure, *_: caught.append(figure))

    def draw(rows, budgets=None):
        path = tmp_path / "curve.png"
        if budgets:
            figures.by_budget(rows, budgets, path)
        else:
            figures.curves(rows, path)
        (figure,) = caught
        caught.clear()
        return figure

    return draw


def lines(axes, *styles: str) -> list:
    """Lines of some styles that show runs: neither levels nor parts of the labels."""
    found = [line for line in axes.lines if line.get_clip_on() and line.get_color() != labels.GREY]
    return [line for line in found if line.get_linestyle() in styles and line.get_lw() >= 1]


def data(line) -> tuple[list[float], list[float]]:
    return list(line.get_xdata()), list(line.get_ydata())


def marks(axes) -> dict[tuple[float, float], bool]:
    """Position of each end -> whether it is hollow."""
    found = [x for x in axes.lines if x.get_clip_on() and x.get_markersize() == 5.5]
    return {
        point: line.get_markerfacecolor() == "white"
        for line in found
        for point in zip(*data(line), strict=True)
    }


def bars(axes) -> dict[tuple[float, float], tuple[float, float]]:
    """Position of each mark with an interval -> ends of the interval."""
    found = {}
    for held in axes.containers:
        (((x, low), (_, high)),) = held.lines[2][0].get_segments()
        caps = sorted(cap.get_ydata()[0] for cap in held.lines[1])
        assert caps == [low, high] and held.lines[2][0].get_linewidth() <= 1.2
        found[(x, held.lines[0].get_ydata()[0] if held.lines[0] else math.nan)] = (low, high)
    return found


def spans(axes) -> list[tuple[float, float, float]]:
    """Position and ends of every interval."""
    return [(x, *ends) for (x, _), ends in bars(axes).items()]


def texts(figure) -> list[str]:
    return [text.get_text() for axes in figure.axes for text in axes.texts]


def said(figure) -> str:
    """The text below a picture."""
    return figure.texts[-1].get_text().replace("\n", " ")
