"""Images that methods asked about: a line of the newest for each label, run beside run.

It is Figure 4 of the IDEAL paper for any runs. Images are drawn pixel for pixel, never smoothed.
The same rows give the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmark.pictures import captions, drawing, saving
from benchmark.pictures.captions import GREY, LARGE, NORMAL, Canvas, Lines, Run
from benchmark.pictures.mosaic import COLUMNS, counts, middle, mosaic, shown, zoom_of
from benchmark.rows.store import Store

if TYPE_CHECKING:  # matplotlib is imported where something is drawn
    from matplotlib.figure import Figure

# Sizes in pixels, 128 to the inch: positions that are no whole pixels would blur or drop some.
DPI = 128
LEFT, EDGE, BETWEEN, PAD = 76, 16, 56, 10
PER_LINE = 4  # runs side by side
NONE = "–"  # of a label without any image


@dataclass(frozen=True)
class Tile:
    """A run in the picture."""

    title: Lines
    below: Lines
    page: np.ndarray
    counts: list[int]  # images of each label


def draw(store: Store, runs: list[Run], output: Path) -> Path:
    """Draw the runs' samples into one file."""
    saving.prepare(output)
    rows = [row for _, row in runs]
    with drawing.style(captions.brought(rows)):
        saving.write(_figure([_tile(store, run, runs) for run in runs], runs), output, rows)
    return output


def _tile(store: Store, run: Run, runs: list[Run]) -> Tile:
    name, row = run
    kept = store.sample(row)
    page = mosaic(kept, row.classes, COLUMNS, zoom_of(kept["images"].shape))
    inches = page.shape[1] / DPI
    texts = [f"test accuracy {row.accuracy:.2f} %", *captions.below(row, runs)]
    left_out = row.classes - shown(row.classes)
    texts += [f"{left_out} more labels are not shown"] if left_out else []
    title, below = captions.wrapped([name], inches, LARGE), captions.wrapped(texts, inches, NORMAL)
    return Tile(title, below, page, counts(kept, row.classes))


def _figure(tiles: list[Tile], runs: list[Run]) -> Figure:
    from matplotlib.figure import Figure

    lines = [tiles[at : at + PER_LINE] for at in range(0, len(tiles), PER_LINE)]
    wide = max(tile.page.shape[1] for tile in tiles)
    width = LEFT + len(lines[0]) * (wide + BETWEEN) - BETWEEN + EDGE
    text = captions.heading("Newest queries by the oracle's label", runs)
    head = captions.wrapped([text], width / DPI, LARGE)
    top = EDGE + _pixels(head) + PAD
    tall = top + sum(_height(line) for line in lines)
    figure = Figure((width / DPI, tall / DPI), dpi=DPI)
    canvas = Canvas(figure, width, tall)
    canvas.text(EDGE, EDGE, head)
    for line in lines:
        for column, tile in enumerate(line):
            _draw(canvas, tile, LEFT + column * (wide + BETWEEN), top, line, column == 0)
        top += _height(line)
    return figure


def _height(line: list[Tile]) -> int:
    """Pixels of a line of runs with its texts."""
    below_it = max(tile.page.shape[0] + PAD + _pixels(tile.below) for tile in line)
    return max(_pixels(tile.title) for tile in line) + PAD + below_it + 2 * PAD


def _pixels(text: Lines) -> int:
    return round(text.height * DPI)


def _draw(canvas: Canvas, tile: Tile, left: int, top: int, line: list[Tile], first: bool) -> None:
    titles = max(_pixels(one.title) for one in line)
    canvas.text(left, top + titles - _pixels(tile.title), tile.title)
    top += titles + PAD
    axes = canvas.axes(left, top, *tile.page.shape[1::-1])
    axes.imshow(tile.page[..., :3], interpolation="nearest", aspect="auto")
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
    canvas.text(left, top + tile.page.shape[0] + PAD, tile.below, GREY)
