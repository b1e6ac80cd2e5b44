"""A column of panels as one figure: a title, the panels with their names, notes below."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmark.pictures import labels, panel
from benchmark.pictures.captions import GREY, LARGE, NORMAL, SMALL, Canvas, wrapped
from benchmark.pictures.labels import Label
from benchmark.pictures.panels import ENDS, INSIDE, Panel
from benchmark.pictures.styles import Style

if TYPE_CHECKING:  # matplotlib is imported where something is drawn
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Inches.
WIDTH, HEIGHT = 5.0, 3.4  # of the axes; many names make them higher
WIDE_SLOT, FEWEST_SLOTS = 0.42, 5  # of one end where ends are all there is; room for so many
NARROWEST = 5.6  # of a figure with a title
LEFT, BELOW, BETWEEN, EDGE = 0.62, 0.55, 0.12, 0.1
FOOT = 7.5  # points


@dataclass(frozen=True)
class Box:
    """Where something stands, in inches from the upper left corner of the column."""

    artist: Axes
    left: float
    top: float
    width: float
    height: float


class Column:
    """A figure in the making."""

    def __init__(self) -> None:
        from matplotlib.figure import Figure

        self._figure = Figure(dpi=150)
        self._boxes: list[Box] = []
        self._titles: list[tuple[str, float]] = []  # text, top
        self._width, self._height = 0.0, EDGE

    def add(self, one: Panel, looks: dict[str, Style], title: str = "") -> None:
        """Draw a panel below the others."""
        if title:
            self._titles.append((title, self._height))
            self._height += wrapped([title], WIDTH, NORMAL).height + EDGE
        names = labels.of_panel(one, looks)
        slots = panel.in_slots(one) if one.kind == INSIDE else {}
        aside = BETWEEN + panel.SLOT * max(len(slots), 3) if slots else 0.0
        width = self._width_of(one, names, aside)
        height = max(HEIGHT, len(names) * labels.GAP + 0.2)
        axes = self._axes(LEFT, width, height)
        panel.draw(axes, one, looks, width)
        axes.set_ylabel("test accuracy of the student (%)", fontsize=NORMAL)
        if slots:
            beside = self._axes(LEFT + width + BETWEEN, aside - BETWEEN, height)
            panel.strip(beside, one, looks)
        self._height += height + BELOW
        labels.beside(axes, names, width, height, aside)

    def finish(self, title: str = "", foot: str = "") -> Figure:
        """The figure, with a title above and a text below all panels."""
        self._width = max(self._width, NARROWEST if title else 0.0)
        head = wrapped([title], self._width - LEFT, LARGE)
        notes = wrapped([foot], self._width - LEFT, FOOT, lines=None)
        offset = head.height + EDGE if title else 0.0
        tall = offset + self._height + notes.height + EDGE
        self._figure.set_size_inches(self._width, tall)
        canvas = Canvas(self._figure, self._width, tall)
        canvas.text(LEFT, EDGE, head)
        for text, top in self._titles:
            canvas.text(LEFT, offset + top, wrapped([text], WIDTH, NORMAL))
        for box in self._boxes:
            box.artist.set_position(canvas.box(box.left, offset + box.top, box.width, box.height))
        canvas.text(LEFT, offset + self._height, notes, GREY)
        return self._figure

    def _axes(self, left: float, width: float, height: float) -> Axes:
        axes = self._figure.add_axes((0, 0, 1, 1), label=str(len(self._boxes)))
        self._boxes.append(Box(axes, left, self._height, width, height))
        return axes

    def _width_of(self, one: Panel, names: list[Label], aside: float) -> float:
        """Inches of the axes of a panel; the figure becomes wide enough for them and the names."""
        widest = max(self._measured(label.text) for label in names)
        width = WIDTH
        if one.kind == ENDS:
            width = max(FEWEST_SLOTS, len(one.methods)) * WIDE_SLOT
        right = aside + labels.TEXT_AT + widest + EDGE
        self._width = max(self._width, LEFT + width + right)
        return width

    def _measured(self, text: str) -> float:
        """Inches of a label."""
        shown = self._figure.text(0, 0, text, fontsize=SMALL)
        wide = shown.get_window_extent().width / self._figure.dpi
        shown.remove()
        return wide
