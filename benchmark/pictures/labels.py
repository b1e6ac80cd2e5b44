"""The names beside a panel, each at the height of its line's end, or in a list below it.

Every line is named beside its end, in order of height, so that a reader need not go back and forth
between lines and a legend. Names that would overlap are moved apart, with a thin line to the end.
Lines that end at a smaller budget than others have no height there: their names stand at the
bottom, without a number to rank them by.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from benchmark.parse import short
from benchmark.pictures.captions import GREY, SMALL
from benchmark.pictures.curves import End, budgets_of, ends
from benchmark.pictures.fonts import drawable
from benchmark.pictures.panels import Panel
from benchmark.pictures.styles import Style

if TYPE_CHECKING:  # matplotlib is imported where something is drawn
    from matplotlib.axes import Axes
    from matplotlib.text import Text

TOP = 104.0  # per cent: a marker at 100 % stays whole
LONGEST = 44  # characters of a label
GAP = 0.155  # inches from label to label
MARKER_AT, TEXT_AT = 0.24, 0.36  # inches right of the line's end
# The look of lines that are no methods: in the panel, and in a list.
LEVEL: dict[str, Any] = {"color": GREY, "linewidth": 1, "linestyle": ":"}
FLOOR: dict[str, Any] = {
    "color": GREY,
    "marker": "_",
    "markersize": 15,
    "markeredgewidth": 1.6,
    "linestyle": "",
}


@dataclass(frozen=True)
class Label:
    """A name: the height that it belongs to, its text, its marker."""

    y: float | None  # per cent at the right edge, None for a line that ends before
    text: str
    marker: dict[str, Any]  # keywords of a line of one point

    @property
    def is_level(self) -> bool:
        """Whether it names a line that crosses the panel."""
        return "marker" not in self.marker


def of_panel(panel: Panel, looks: dict[str, Style]) -> list[Label]:
    """The labels of a panel, from above."""
    last = {name: ends(of)[-1] for name, of in panel.methods.items()}
    budget = max(budgets_of(panel.rows))
    alike = all(end.budget == budget for end in last.values())
    found = [_of_method(name, end, looks[name], budget, alike) for name, end in last.items()]
    row = panel.rows[0]
    levels = {"teacher": row.teacher_accuracy, "chance": 100 / row.classes}
    found += [Label(height, f"{name}  {height:.1f}", LEVEL) for name, height in levels.items()]
    found += _of_floors(panel, budget, alike)
    return sorted(found, key=lambda one: (one.y is None, -(one.y or 0.0), one.text))


def _of_method(name: str, end: End, style: Style, budget: int, alike: bool) -> Label:
    marker = style.marked(hollow=end.interval is None) | {"markersize": 5, "linestyle": ""}
    text = _short(name)
    if end.budget < budget:
        return Label(None, f"{text}, to {short(end.budget)}", marker)
    return Label(end.mean, f"{text}  {end.mean:.1f}" if alike else text, marker)


def _of_floors(panel: Panel, budget: int, alike: bool) -> list[Label]:
    if budget in panel.floors:
        name, height = panel.floors[budget]
        text = f"best floor, {_short(name)}"
        return [Label(height, f"{text}  {height:.1f}" if alike else text, FLOOR)]
    if not panel.floors:
        return []
    names = ", ".join(dict.fromkeys(_short(name) for name, _ in panel.floors.values()))
    return [Label(None, f"best floor at {', '.join(map(short, panel.floors))}: {names}", FLOOR)]


def _short(name: str) -> str:
    """A name that can be drawn and is not too long; the middle of a long one is left out."""
    text, half = drawable(name), LONGEST // 2
    return text if len(text) <= LONGEST else f"{text[: half - 1]}…{text[-half:]}"


def beside(
    axes: Axes, labels: list[Label], width: float, height: float, aside: float = 0.0
) -> list:
    """Put labels right of axes of a size in inches, behind texts that take ``aside`` inches there.

    Returns the texts.
    """
    gap = GAP / height * TOP
    wanted = [gap / 2 if one.y is None else one.y for one in labels]
    heights = spread(wanted, gap, gap / 2, TOP - gap / 2)
    edge = 1 + aside / width
    texts = []
    for label, y in zip(labels, heights, strict=True):
        if label.y is not None:
            leader = [edge, edge + (MARKER_AT - 0.06) / width], [label.y, y]
            axes.plot(
                *leader,
                transform=axes.get_yaxis_transform(),
                clip_on=False,
                color=GREY,
                linewidth=0.5,
                alpha=0.6,
                zorder=1,
            )
        texts.append(_put(axes, label, edge + MARKER_AT / width, y, (TEXT_AT - MARKER_AT) / width))
    return texts


def _put(axes: Axes, label: Label, x: float, y: float, step: float) -> Text:
    """A marker and its text; a level has no marker: its line leads there."""
    options: dict[str, Any] = {"transform": axes.get_yaxis_transform(), "clip_on": False}
    if not label.is_level:
        size = {"markersize": 8} if label.marker == FLOOR else {}
        axes.plot([x], [y], **label.marker | size, **options)
    at = x if label.is_level else x + step
    colour = "black" if label.marker not in (LEVEL, FLOOR) else GREY
    return axes.text(
        at, y, label.text, color=colour, fontsize=SMALL, va="center", transform=options["transform"]
    )


def spread(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Heights at least ``gap`` apart and as near to those wanted, which fall, as that allows.

    Neighbours that would overlap become a block around their mean; blocks that touch become one.
    Where ``low`` to ``high`` is too short for all, the last go below ``low``.
    """
    blocks: list[tuple[float, int]] = []  # top of the block, labels in it
    for height in wanted:
        top, size = height, 1
        while blocks and blocks[-1][0] - blocks[-1][1] * gap < top:
            above, many = blocks.pop()
            shifted = top + many * gap  # where this block would have the block above begin
            top = (above * many + shifted * size) / (many + size)
            size += many
        blocks.append((top, size))
    found = [top - index * gap for top, size in blocks for index in range(size)]
    limit = float("-inf")
    for index in reversed(range(len(found))):
        limit = found[index] = max(found[index], low if limit == float("-inf") else limit + gap)
    limit = high
    for index, height in enumerate(found):
        found[index] = min(height, limit)
        limit = found[index] - gap
    return found
