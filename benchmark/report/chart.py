"""A chart of accuracy against queries as SVG: small, static, its curves named so that a page can
hide some.

Its units are those of a phone's screen, so that its text stays readable there; a wide screen shows
it larger.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from benchmark.parse import short
from benchmark.pictures.styles import Style

WIDTH, HEIGHT = 440, 320
LEFT, RIGHT, TOP, BOTTOM = 38, 14, 10, 44
SIZE = 4.5  # half the side of a marker
STEPS = (1, 2, 5)  # of the ticks of queries, in each power of ten
MOST_TICKS = 7
Point = tuple[float, float]  # queries, accuracy in %
SHAPES = {  # corners of a marker, in units of SIZE; a circle has none
    "s": ((-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)),
    "^": ((0, -1.1), (1.05, 0.8), (-1.05, 0.8)),
    "<": ((-1.1, 0), (0.8, -1.05), (0.8, 1.05)),
    "v": ((0, 1.1), (1.05, -0.8), (-1.05, -0.8)),
    "D": ((0, -1.15), (1.15, 0), (0, 1.15), (-1.15, 0)),
    "P": ((-0.4, -1.1), (0.4, -1.1), (0.4, -0.4), (1.1, -0.4), (1.1, 0.4), (0.4, 0.4),
          (0.4, 1.1), (-0.4, 1.1), (-0.4, 0.4), (-1.1, 0.4), (-1.1, -0.4), (-0.4, -0.4)),
    "X": ((0, -0.5), (0.6, -1.1), (1.1, -0.6), (0.5, 0), (1.1, 0.6), (0.6, 1.1), (0, 0.5),
          (-0.6, 1.1), (-1.1, 0.6), (-0.5, 0), (-1.1, -0.6), (-0.6, -1.1)),
}  # fmt: skip


@dataclass(frozen=True)
class Curve:
    """One method: its points by queries, all of them or the last alone with a marker."""

    number: int  # the page hides it by this
    name: str
    style: Style
    points: Sequence[Point]
    every: bool = False  # every point has a marker: each is an end of runs
    first: bool = True  # seen before a reader chooses


@dataclass(frozen=True)
class Level:
    """A dashed line across the chart."""

    name: str
    accuracy: float


@dataclass(frozen=True)
class Scale:
    """Queries on a log axis and accuracy, in units of the picture."""

    low: float
    high: float

    def x(self, queries: float) -> float:
        """From the left; a single number of queries stands in the middle."""
        room = WIDTH - LEFT - RIGHT
        if self.high <= self.low:
            return LEFT + room / 2
        return LEFT + room * math.log(queries / self.low) / math.log(self.high / self.low)

    def y(self, accuracy: float) -> float:
        """From the top."""
        return TOP + (HEIGHT - TOP - BOTTOM) * (1 - accuracy / 100)


def draw(curves: Sequence[Curve], levels: Sequence[Level], label: str) -> str:
    """The picture; ``label`` says what it shows to those who do not see it. "" without a point."""
    queries = [at for one in curves for at, _ in one.points]
    if not queries:
        return ""
    scale = Scale(min(queries), max(queries))
    parts = [
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(label)}">',
        *_axes(scale),
        *(_level(one, scale) for one in levels),
        *(_curve(one, scale) for one in curves),
        "</svg>",
    ]
    return "\n".join(parts)


def swatch(style: Style) -> str:
    """The look of a curve, for a legend."""
    line = f'<path class="line" d="M1 7H21" stroke="{style.colour}"/>'
    head = '<svg class="swatch" viewBox="0 0 22 14" aria-hidden="true">'
    return f"{head}{line}{_mark(style, 11, 7)}</svg>"


def _axes(scale: Scale) -> Iterable[str]:
    bottom, right = scale.y(0), WIDTH - RIGHT
    for accuracy in range(0, 101, 20):
        y = _n(scale.y(accuracy))
        yield f'<path class="rule" d="M{LEFT} {y}H{right}"/>'
        yield f'<text x="{LEFT - 6}" y="{y}" dy=".35em" text-anchor="end">{accuracy}</text>'
    for queries in ticks(scale.low, scale.high):
        x = _n(scale.x(queries))
        yield f'<path class="rule" d="M{x} {_n(bottom)}v5"/>'
        yield f'<text x="{x}" y="{_n(bottom + 18)}" text-anchor="middle">{short(queries)}</text>'
    middle = LEFT + (right - LEFT) / 2
    yield f'<text x="{_n(middle)}" y="{HEIGHT - 8}" text-anchor="middle">queries</text>'


def ticks(low: float, high: float) -> list[int]:
    """Round numbers of queries on an axis; its ends where there are not two of these."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for steps in (STEPS, (1,)):
        found = [step * 10**power for power in powers for step in steps]
        found = [one for one in found if low <= one <= high]
        if len(found) <= MOST_TICKS:
            break
    ends = sorted({round(low), round(high)})
    return found if len(found) > 1 else ends


def _level(one: Level, scale: Scale) -> str:
    y = _n(scale.y(one.accuracy))
    told = escape(f"{one.name}: {one.accuracy:.2f} %")
    path = f'<path class="level" d="M{LEFT} {y}H{WIDTH - RIGHT}"/>'
    return f"<g><title>{told}</title>{path}</g>"


def _curve(one: Curve, scale: Scale) -> str:
    at = [(scale.x(queries), scale.y(accuracy)) for queries, accuracy in one.points]
    path = "M" + "L".join(f"{_n(x)} {_n(y)}" for x, y in at)
    marked = at if one.every else at[-1:]
    told = escape(f"{one.name}: {one.points[-1][1]:.2f} %")
    hidden = "" if one.first else " hidden"
    line = f'<path class="line" d="{path}" stroke="{one.style.colour}"/>' if len(at) > 1 else ""
    marks = "".join(_mark(one.style, x, y) for x, y in marked)
    return (
        f'<g class="curve" data-line="{one.number}"{hidden}><title>{told}</title>{line}{marks}</g>'
    )


def _mark(style: Style, x: float, y: float) -> str:
    corners = SHAPES.get(style.marker)
    if corners is None:
        return f'<circle cx="{_n(x)}" cy="{_n(y)}" r="{SIZE}" fill="{style.colour}"/>'
    path = "L".join(f"{_n(x + SIZE * dx)} {_n(y + SIZE * dy)}" for dx, dy in corners)
    return f'<path d="M{path}Z" fill="{style.colour}"/>'


def _n(value: float) -> str:
    """A coordinate, short."""
    return f"{value:.1f}".rstrip("0").rstrip(".")
