"""One panel of a picture: the lines of a setting, and a column of labels at their ends.

Every line is named beside its end, in order of height, so that a reader need not go back and forth
between lines and a legend. Labels that would overlap are moved apart, with a thin line to the end.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from benchmark import parse
from benchmark.pictures.curves import budgets_of, end_points, mean_trace
from benchmark.pictures.styles import Style, styles
from benchmark.stats import half_interval, mean
from benchmark.store import Row
from benchmark.tables.grouping import by_method
from benchmark.tables.table import best_floor

TOP = 104.0  # per cent: a mark at 100 % stays whole
LONGEST = 44  # characters of a label
GREY = "#595959"
FLOOR = {"color": GREY, "linewidth": 1.2, "linestyle": "-."}
SMALL, NORMAL = 8, 9  # points
GAP = 0.155  # inches from label to label
MARK_AT, TEXT_AT = 0.24, 0.36  # inches right of the axes
ASIDE, WIDEST = 4.0, 28.0  # points from interval to interval at one budget, and of all of them


@dataclass(frozen=True)
class Label:
    """A name for the column: at which point it belongs, its text, its mark."""

    x: float  # queries; infinity for a level that ends at the right edge
    y: float  # per cent
    text: str
    style: Style | None = None


def draw(axes, rows: list[Row]) -> list[Label]:
    """Draw complete rows of one setting; returns the labels that are still to be placed."""
    groups = by_method(rows)
    looks, aside = styles(groups), _aside(groups)
    labels = [_method(axes, name, of, looks[name], aside[name]) for name, of in groups.items()]
    labels += _levels(axes, rows)
    _frame(axes, rows)
    return labels


def key(rows: list[Row]) -> str:
    """What kinds of line there are among rows, in words."""
    groups = by_method(rows)
    kinds = {len(budgets_of(of)) > 1 for of in groups.values()}
    parts = ["solid: separate runs per budget, mean and 95 % t interval"] if True in kinds else []
    if False in kinds:
        end = "mark" if parts else "mark: end of the runs, mean and 95 % t interval"
        parts.append(f"{end}; thin dashed: inside these runs, mean" if end != "mark"
                     else "thin dashed: inside the runs of one budget, mean")  # fmt: skip
    if any(_aside(groups).values()):
        parts.append("intervals stand side by side")
    return "; ".join(parts)


def _aside(groups: dict[str, list[Row]]) -> dict[str, float]:
    """Points by which the end of each method is moved, so that intervals at one budget stand beside
    each other; zero where runs at several budgets are joined, or where there is no interval.
    """
    shifts = dict.fromkeys(groups, 0.0)
    ends = {name: end_points(rows) for name, rows in groups.items()}
    for budget in {next(iter(of)) for of in ends.values() if len(of) == 1}:
        alone = [n for n, of in ends.items() if list(of) == [budget] and half_interval(of[budget])]
        step = min(ASIDE, WIDEST / max(len(alone), 1))
        for place, name in enumerate(alone):
            shifts[name] = step * (place - (len(alone) - 1) / 2)
    return shifts


def _method(axes, name: str, rows: list[Row], style: Style, aside: float) -> Label:
    from matplotlib.transforms import offset_copy

    ends = end_points(rows)
    centres = [mean(values) for values in ends.values()]
    halves = [half_interval(values) or 0.0 for values in ends.values()]
    budgets = list(ends)
    moved = offset_copy(axes.transData, axes.figure, x=aside, units="points")
    if len(ends) > 1:
        low = [centre - half for centre, half in zip(centres, halves, strict=True)]
        high = [centre + half for centre, half in zip(centres, halves, strict=True)]
        axes.fill_between(budgets, low, high, color=style.colour, alpha=0.15, linewidth=0)
    else:
        bars = {"capsize": 2, "linewidth": 1, "alpha": 0.5, "linestyle": ""}
        axes.errorbar(budgets, centres, halves, color=style.colour, transform=moved, **bars)
        inside = list(zip(*mean_trace(rows), strict=True)) or [(), ()]
        thin = {"linewidth": 0.9, "linestyle": "--", "markersize": 2.5}
        but_last = slice(max(len(inside[0]) - 1, 0))  # that one has the large mark
        axes.plot(*inside, markevery=but_last, **thin, **style.marked)
    axes.plot(budgets, centres, linewidth=1.6, markersize=5, zorder=3, transform=moved,
              **style.marked)  # fmt: skip
    return Label(budgets[-1], centres[-1], f"{_shown(name)}  {centres[-1]:.1f}", style)


def _levels(axes, rows: list[Row]) -> list[Label]:
    """Teacher, chance and, where one was run, the best floor of each budget."""
    levels = {"teacher": rows[0]["teacher_accuracy"], "chance": 100 / rows[0]["classes"]}
    for height in levels.values():
        axes.axhline(height, color=GREY, linewidth=1, linestyle=":")
    labels = [Label(float("inf"), y, f"{name}  {y:.1f}") for name, y in levels.items()]
    floors = {b: best_floor([r for r in rows if r["budget"] == b]) for b in budgets_of(rows)}
    found = {budget: floor[1] for budget, floor in floors.items() if floor}
    if len(found) > 1:
        axes.plot(list(found), list(found.values()), zorder=4, **FLOOR)
    for budget, height in list(found.items())[-1:]:
        if len(found) == 1:
            axes.axhline(height, **FLOOR)
        place = budget if len(found) > 1 else float("inf")
        labels.append(Label(place, height, f"best floor  {height:.1f}"))
    return labels


def one_line(text: str) -> str:
    """A text without line ends and other control characters."""
    return "".join(sign if sign.isprintable() else " " for sign in text)


def _shown(name: str) -> str:
    """A label on one line and not too long; the middle of a long one is left out."""
    text, half = one_line(name), LONGEST // 2
    return text if len(text) <= LONGEST else f"{text[: half - 1]}…{text[-half:]}"


def _frame(axes, rows: list[Row]) -> None:
    places = budgets_of(rows)
    for of in by_method(rows).values():
        places += [x for x, _ in mean_trace(of)] if len(budgets_of(of)) == 1 else []
    axes.set_xscale("log")
    edge = max(1.25, (max(places) / min(places)) ** 0.065)  # room for what stands aside
    low, high = min(places) / 1.25, max(places) * edge
    axes.set_xlim(low, high)
    counts = ticks(low, high, budgets_of(rows))
    axes.set_xticks(counts, [parse.short(count) for count in counts])
    axes.set_xticks([], minor=True)
    axes.set_ylim(0, TOP)
    axes.set_yticks(range(0, 101, 20))
    axes.tick_params(labelsize=SMALL)
    axes.set_xlabel("queries to the teacher (images)", fontsize=NORMAL)
    axes.grid(alpha=0.3)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def ticks(low: float, high: float, budgets: list[int]) -> list[int]:
    """Query counts for a log axis: the budgets, then 1, 2, 5, 10 ... where there is room."""
    room = 0.085 * math.log(high / low)  # a label's width
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    round_numbers = [f * 10**d for f in (1, 5, 2) for d in decades if d >= 0]
    found: list[int] = []
    for count in [*sorted(budgets, reverse=True), *round_numbers]:
        apart = all(abs(math.log(count / other)) >= room for other in found)
        if low <= count <= high and apart:
            found.append(count)
    return sorted(found)


def place(axes, labels: list[Label], width: float, height: float) -> list:
    """Put labels right of axes of a size in inches; returns the texts.

    The mark of a method stands between its line and its name.
    """
    labels = sorted(labels, key=lambda label: (-label.y, label.text))
    gap = GAP / height * TOP
    heights = spread([label.y for label in labels], gap, gap / 2, TOP - gap / 2)
    side = axes.get_yaxis_transform()
    edge = axes.get_xlim()[1]
    texts = []
    for label, y in zip(labels, heights, strict=True):
        colour = label.style.colour if label.style else GREY
        start = axes.transLimits.transform((math.log10(min(label.x, edge)), 0))[0]
        leader = [start, 1, 1 + (MARK_AT - 0.06) / width], [label.y, label.y, y]
        options = {"transform": side, "clip_on": False}
        axes.plot(*leader, color=colour, linewidth=0.5, alpha=0.6, zorder=1, **options)
        if label.style:
            mark = [1 + MARK_AT / width], [y]
            axes.plot(*mark, markersize=5, linestyle="", **label.style.marked, **options)
        at = 1 + (TEXT_AT if label.style else MARK_AT) / width
        look = {"color": "black" if label.style else GREY, "fontsize": SMALL, "va": "center"}
        texts.append(axes.text(at, y, label.text, transform=side, parse_math=False, **look))
    return texts


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
    found = [top - place * gap for top, size in blocks for place in range(size)]
    limit = float("-inf")
    for place in reversed(range(len(found))):
        limit = found[place] = max(found[place], low if limit == float("-inf") else limit + gap)
    limit = high
    for place, height in enumerate(found):
        found[place] = min(height, limit)
        limit = found[place] - gap
    return found
