"""What methods asked: a line of their newest images for each label, run beside run.

It is Figure 4 of the IDEAL paper for any runs. Images are drawn pixel for pixel, never smoothed.
The same rows give the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmark.pictures import saving
from benchmark.pictures.captions import LARGE, NORMAL, SMALL, Run, below, heading, height, wrapped
from benchmark.pictures.mosaic import COLUMNS, counts, middle, mosaic, shown, zoom_of
from benchmark.pictures.panel import GREY
from benchmark.store import Store

# Sizes in pixels, 128 to the inch: places that are no whole pixels would blur or drop some.
DPI = 128
LEFT, EDGE, BETWEEN, PAD = 76, 16, 56, 10
PER_LINE = 4  # runs side by side
NONE = "–"  # of a label without any image


@dataclass(frozen=True)
class Tile:
    """A run in the picture."""

    title: list[str]
    below: list[str]
    page: np.ndarray
    counts: list[int]  # images of each label


def draw(store: Store, runs: list[Run], output: Path) -> Path:
    """Draw the runs' samples into one file."""
    saving.prepare(output)
    saving.write(_figure([_tile(store, run, runs) for run in runs], runs), output)
    return output


def _tile(store: Store, run: Run, runs: list[Run]) -> Tile:
    name, row = run
    kept = store.sample(row)
    page = mosaic(kept, row["classes"], COLUMNS, zoom_of(kept["images"].shape))
    inches = page.shape[1] / DPI
    texts = [f"test accuracy {row['accuracy']:.2f} %", *below(row, runs)]
    left_out = row["classes"] - shown(row["classes"])
    texts += [f"{left_out} more labels are not shown"] if left_out else []
    title = wrapped([name], inches, LARGE)
    return Tile(title, wrapped(texts, inches, NORMAL), page, counts(kept, row["classes"]))


def _figure(tiles: list[Tile], runs: list[Run]):
    import matplotlib.style
    from matplotlib.figure import Figure

    lines = [tiles[at : at + PER_LINE] for at in range(0, len(tiles), PER_LINE)]
    wide = max(tile.page.shape[1] for tile in tiles)
    width = LEFT + len(lines[0]) * (wide + BETWEEN) - BETWEEN + EDGE
    head = wrapped([heading("Newest queries by the oracle's label", runs)], width / DPI, LARGE)
    top = EDGE + _pixels(head, LARGE) + PAD
    tall = top + sum(_height(line) for line in lines)
    with matplotlib.style.context("default"):  # not the user's own: the same bytes everywhere
        figure = Figure((width / DPI, tall / DPI), dpi=DPI)
        place = _Places(figure, width, tall)
        place.text(EDGE, EDGE, head, LARGE)
        for line in lines:
            for column, tile in enumerate(line):
                _draw(place, tile, LEFT + column * (wide + BETWEEN), top, line, column == 0)
            top += _height(line)
        return figure


def _height(line: list[Tile]) -> int:
    """Pixels of a line of runs with its texts."""
    below_it = max(tile.page.shape[0] + PAD + _pixels(tile.below, NORMAL) for tile in line)
    return max(_pixels(tile.title, LARGE) for tile in line) + PAD + below_it + 2 * PAD


def _pixels(lines: list[str], points: float) -> int:
    return round(height(lines, points) * DPI)


def _draw(place: _Places, tile: Tile, left: int, top: int, line: list[Tile], first: bool) -> None:
    titles = max(_pixels(one.title, LARGE) for one in line)
    place.text(left, top + titles - _pixels(tile.title, LARGE), tile.title, LARGE)
    top += titles + PAD
    axes = place.axes(left, top, *tile.page.shape[1::-1])
    axes.imshow(tile.page, interpolation="nearest", aspect="auto")
    axes.set_frame_on(False)
    heights = [middle(label, tile.page, len(tile.counts)) for label in range(len(tile.counts))]
    axes.set_yticks(heights, [str(label) for label in range(len(heights))], fontsize=NORMAL)
    axes.set_xticks([])
    axes.tick_params(length=0)
    if first:
        axes.set_ylabel("label of the oracle", fontsize=NORMAL)
    for at, count in zip(heights, tile.counts, strict=True):
        if count == 0:
            axes.text(4, at, NONE, color=GREY, fontsize=LARGE, va="center")
    place.text(left, top + tile.page.shape[0] + PAD, tile.below, NORMAL, GREY)


class _Places:
    """A figure of a size in pixels, counted from its upper left corner."""

    def __init__(self, figure, width: int, height: int) -> None:
        self.figure, self.width, self.height = figure, width, height

    def text(self, left: int, top: int, lines: list[str], points: float, colour="black") -> None:
        """Lines of text that begin there."""
        self.figure.text(
            left / self.width, 1 - top / self.height, "\n".join(lines), fontsize=points,
            color=colour, va="top", linespacing=1.2, parse_math=False,
        )  # fmt: skip

    def axes(self, left: int, top: int, width: int, height: int):
        """Axes that cover exactly these pixels."""
        bottom = self.height - top - height
        box = (left / self.width, bottom / self.height, width / self.width, height / self.height)
        return self.figure.add_axes(box, label=f"{left},{top}")
