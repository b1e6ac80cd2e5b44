"""The sampled images as students see them, and the losses of what made them.

It is Figure 5 of the IDEAL paper for any runs: above, the student's features of the images, by the
oracle's label; below, the generator's loss. The same rows give the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from torch import Tensor

from benchmark.pictures import captions, door, drawing, saving
from benchmark.pictures.captions import GREY, LARGE, NORMAL, SMALL, Canvas, Lines, Run
from benchmark.pictures.embedding import Seen, seen
from benchmark.pictures.fonts import drawable
from benchmark.rows.store import Store

if TYPE_CHECKING:  # matplotlib is imported where something is drawn
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Petroff's ten colours, made for eyes with any colour vision.
COLOURS = (
    "#3f90da",
    "#ffa90e",
    "#bd1f01",
    "#94a4a2",
    "#832db6",
    "#a96b59",
    "#e76300",
    "#b9ac70",
    "#717581",
    "#92dadd",
)
MAP = "viridis"  # of more labels than there are colours
LOG, LOSS = "log/", "generator_loss"
# Inches.
WIDE, SCATTER, KEY, LOSSES = 3.6, 3.2, 0.14, 1.2
LEFT, BETWEEN, EDGE, PAD = 0.75, 0.75, 0.12, 0.08
UNDER_KEY, UNDER_LOSSES = 0.62, 0.6
PER_LINE = 3  # runs side by side
FEW = 30  # points of a loss that are marked
LETTERS = 24  # of the name of a logged number


@dataclass(frozen=True)
class Tile:
    """A run in the picture."""

    title: Lines
    facts: Lines
    seen: Seen
    classes: int
    loss: tuple[str, np.ndarray, np.ndarray] | None  # name, rounds, values


def draw(store: Store, runs: list[Run], output: Path) -> Path:
    """Draw the runs' features and losses into one file."""
    saving.prepare(output)
    rows, tiles = [row for _, row in runs], [_tile(store, run, runs) for run in runs]
    with drawing.style([*captions.brought(rows), *(t.loss[0] for t in tiles if t.loss)]):
        saving.write(_figure(tiles, runs), output, rows)
    return output


def logged(kept: dict[str, Tensor]) -> tuple[str, np.ndarray, np.ndarray] | None:
    """Name, rounds and values of the generator's loss, else of the first other logged number."""
    names = sorted(name for name in kept if name.startswith(LOG))
    for name in sorted(names, key=lambda name: name != LOG + LOSS):
        values = kept[name].numpy()
        known = np.isfinite(values)
        if known.any():
            return name.removeprefix(LOG), kept["rounds"].numpy()[known], values[known]
    return None


def _tile(store: Store, run: Run, runs: list[Run]) -> Tile:
    name, row = run
    kept = store.sample(row)
    what = seen(store, row, kept)
    facts = [
        f"student's accuracy on the test set {row.accuracy:.2f} %",
        f"{len(what.labels):,} images; {', '.join(captions.below(row, runs))}",
    ]
    if what.agreement is not None:
        facts.insert(0, f"student's accuracy on these images {what.agreement:.2f} %")
    texts = (captions.wrapped([name], WIDE, LARGE), captions.wrapped(facts, WIDE, SMALL))
    return Tile(*texts, what, row.classes, logged(kept))


def _figure(tiles: list[Tile], runs: list[Run]) -> Figure:
    from matplotlib.figure import Figure

    lines = [tiles[at : at + PER_LINE] for at in range(0, len(tiles), PER_LINE)]
    width = LEFT + len(lines[0]) * (WIDE + BETWEEN) - BETWEEN + EDGE
    text = "t-SNE of the students' features of the newest queries"
    head = captions.wrapped([captions.heading(text, runs)], width - LEFT, LARGE)
    top = EDGE + head.height + 2 * PAD
    tall = top + sum(_height(line) for line in lines) + EDGE
    figure = Figure((width, tall), dpi=150)
    canvas = Canvas(figure, width, tall)
    canvas.text(LEFT, EDGE, head)
    for line in lines:
        for column, tile in enumerate(line):
            _draw(canvas, tile, LEFT + column * (WIDE + BETWEEN), top + _texts(line))
        top += _height(line)
    return figure


def _texts(line: list[Tile]) -> float:
    """Inches of the highest texts above a panel of a line."""
    return max(tile.title.height + tile.facts.height for tile in line) + PAD


def _height(line: list[Tile]) -> float:
    return _texts(line) + SCATTER + PAD + KEY + UNDER_KEY + LOSSES + UNDER_LOSSES


def _draw(canvas: Canvas, tile: Tile, left: float, top: float) -> None:
    facts = top - PAD - tile.facts.height
    canvas.text(left, facts - tile.title.height, tile.title)
    canvas.text(left, facts, tile.facts, GREY)
    colours = colours_of(tile.classes)
    _scatter(canvas.axes(left, top, WIDE, SCATTER), tile.seen, colours)
    top += SCATTER + PAD
    _key(canvas.axes(left, top, WIDE, KEY), colours)
    top += KEY + UNDER_KEY
    _loss(canvas.axes(left, top, WIDE, LOSSES), tile.loss)


def colours_of(classes: int) -> np.ndarray:
    """A colour for each label, K x 4."""
    matplotlib = door.matplotlib()
    from matplotlib.colors import to_rgba_array

    if classes <= len(COLOURS):
        return to_rgba_array(COLOURS[:classes])
    return matplotlib.colormaps[MAP](np.linspace(0, 1, classes))


def _scatter(axes: Axes, what: Seen, colours: np.ndarray) -> None:
    axes.set_xticks([])
    axes.set_yticks([])
    if what.points is None:
        _message(axes, what.reason)
        return
    x, y = what.points.T
    axes.scatter(x, y, s=9, c=colours[what.labels], linewidths=0)
    axes.margins(0.03)


def _key(axes: Axes, colours: np.ndarray) -> None:
    """A strip of the labels' colours."""
    axes.imshow(colours[None], aspect="auto", interpolation="nearest")
    axes.set_yticks([])
    few = len(colours) <= len(COLOURS)
    axes.set_xticks(range(len(colours)) if few else [0, len(colours) - 1])
    axes.tick_params(length=0, labelsize=SMALL)
    text = "label of the oracle" + ("" if few else f" (colour map {MAP})")
    axes.set_xlabel(text, fontsize=SMALL, labelpad=1)


def _loss(axes: Axes, loss: tuple[str, np.ndarray, np.ndarray] | None) -> None:
    if loss is None:
        axes.set_xticks([])
        axes.set_yticks([])
        _message(axes, "nothing logged")
        return
    name, rounds, values = loss
    few = "." if len(values) < FEW else ""
    axes.plot(rounds, values, color="#0072b2", linewidth=0.9, marker=few)
    axes.locator_params(axis="x", integer=True)
    if len(values) == 1:
        axes.set_xticks(rounds)
    axes.set_xlabel("round", fontsize=SMALL, labelpad=1)
    axes.set_ylabel(drawable(name.replace("_", " "))[:LETTERS], fontsize=SMALL)
    axes.tick_params(labelsize=SMALL)
    axes.grid(alpha=0.3)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def _message(axes: Axes, text: str) -> None:
    lines = "\n".join(captions.wrapped([text], WIDE - 0.4, NORMAL).lines)
    axes.text(
        0.5,
        0.5,
        lines,
        transform=axes.transAxes,
        ha="center",
        va="center",
        color=GREY,
        fontsize=NORMAL,
    )
