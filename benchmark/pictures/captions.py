"""The texts above and below the panel of a run, and the room that they take."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING
from unicodedata import east_asian_width

from benchmark.pictures.fonts import drawable
from benchmark.rows.grouping import by_method, setting_key, title_of
from benchmark.rows.row import Row

if TYPE_CHECKING:  # matplotlib is imported where something is drawn
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LARGE, NORMAL, SMALL = 11, 9, 8  # points
GREY = "#595959"
LINES = 3  # of one text; the rest of a longer one is cut
Run = tuple[str, Row]  # its name, its row


def named(rows: list[Row]) -> list[Run]:
    """Rows, each once, with the names of their methods."""
    rows = list({row.id: row for row in rows}.values())
    names = {row.id: name for name, of in by_method(rows).items() for row in of}
    return [(names[row.id], row) for row in rows]


def heading(text: str, runs: list[Run]) -> str:
    """``text``, and the setting if all runs have the same one."""
    rows = [row for _, row in runs]
    return text if _several(rows) else f"{text}: {title_of(rows[0], rows).replace(': ', ', ')}"


def below(row: Row, runs: list[Run]) -> list[str]:
    """Which run it is: its setting where the others have another one, budget and seed."""
    rows = [one for _, one in runs]
    setting = [title_of(row, rows)] if _several(rows) else []
    return [*setting, f"{row.budget:,} queries, seed {row.seed}"]


def brought(rows: list[Row]) -> list[str]:
    """The texts that rows bring into a picture."""
    names = ("dataset", "teacher_label", "student", "device")
    return [*(getattr(row, name) for row in rows for name in names), *(row.label for row in rows)]


def _several(rows: list[Row]) -> bool:
    return len({setting_key(row) for row in rows}) > 1


@dataclass(frozen=True)
class Lines:
    """Text that is broken into lines, and its size."""

    lines: list[str]
    points: float

    @property
    def height(self) -> float:
        """Its height in inches."""
        return len(self.lines) * self.points * 1.3 / 72


def wrapped(texts: list[str], inches: float, points: float, lines: int | None = LINES) -> Lines:
    """Texts in lines of at most ``inches``, each in at most ``lines``.

    A letter counts as a wide one, and as a square one where its text has any.
    """
    found = []
    for text in map(drawable, texts):
        square = any(east_asian_width(sign) in "WF" for sign in text)
        letters = max(8, int(inches * 72 / ((1.0 if square else 0.66) * points)))
        found += textwrap.wrap(text, letters, max_lines=lines, placeholder=" …")
    return Lines(found, points)


class Canvas:
    """A figure of a size in pixels or inches, counted from its upper left corner."""

    def __init__(self, figure: Figure, width: float, height: float) -> None:
        self.figure, self.width, self.height = figure, width, height

    def text(self, left: float, top: float, text: Lines, colour: str = "black") -> None:
        """Draw lines of text that begin there."""
        self.figure.text(
            left / self.width,
            1 - top / self.height,
            "\n".join(text.lines),
            color=colour,
            fontsize=text.points,
            va="top",
            linespacing=1.2,
        )

    def axes(self, left: float, top: float, width: float, height: float) -> Axes:
        """Axes that cover exactly this box."""
        box = self.box(left, top, width, height)
        return self.figure.add_axes(box, label=f"{left},{top}")

    def box(
        self, left: float, top: float, width: float, height: float
    ) -> tuple[float, float, float, float]:
        """A box as matplotlib has it: in shares of the figure, from its lower left corner."""
        bottom = self.height - top - height
        return (left / self.width, bottom / self.height, width / self.width, height / self.height)
