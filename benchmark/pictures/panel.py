"""One panel of a picture of curves: lines, marks and intervals of its methods, levels, axes.

A mark stands at the queries that were asked. Nothing is drawn where nothing was measured: no line
comes from zero, lines over budgets that a method was not run at are dotted, an interval ends where
the scale does, and the ends of runs, which share one point of the axis, have theirs in slots at the
axes' right.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from benchmark import parse
from benchmark.pictures.captions import NORMAL, SMALL
from benchmark.pictures.curves import End, budgets_of, ends, mean_trace
from benchmark.pictures.labels import FLOOR, LEVEL, TOP
from benchmark.pictures.panels import ENDS, INSIDE, SEPARATE, Panel
from benchmark.pictures.styles import Style

if TYPE_CHECKING:  # matplotlib is imported where something is drawn
    from matplotlib.axes import Axes

BARS: dict[str, Any] = {
    "capsize": 2.5,
    "elinewidth": 1.1,
    "capthick": 1.1,
    "alpha": 0.7,
    "linestyle": "",
}
NUMBER = 0.36  # inches of a number below an axis
SLOT = 0.13  # inches of one interval beside the axes


def draw(axes: Axes, panel: Panel, looks: dict[str, Style], width: float) -> None:
    """Draw the points of an axis of queries, which is ``width`` inches long, or the ends
    that have none.
    """
    _frame(axes)
    _levels(axes, panel)
    if panel.kind == ENDS:
        slots(axes, panel, looks)
        axes.set_xlabel(f"after {budgets_of(panel.rows)[-1]:,} queries", fontsize=NORMAL)
        return
    for name, rows in panel.methods.items():
        drawn = [end for end in ends(rows) if end.queries > 0]
        if panel.kind == SEPARATE:
            _joined(axes, drawn, looks[name], budgets_of(panel.rows))
            _bars(axes, [(end.queries, end) for end in drawn], looks[name])
        else:
            _traced(axes, mean_trace(rows), looks[name])
            early = [end for end in drawn if end.budget < budgets_of(panel.rows)[-1]]
            _bars(axes, [(end.queries, end) for end in early], looks[name])
        _marks(axes, [(end.queries, end) for end in drawn], looks[name])
    if panel.floors:
        axes.plot(list(panel.floors), [height for _, height in panel.floors.values()], **FLOOR)
    _queries(axes, panel, NUMBER / width)


def in_slots(panel: Panel) -> dict[str, End]:
    """The ends that stand in slots: those at the panel's last budget, where any has an interval."""
    if panel.kind == SEPARATE:
        return {}
    last = budgets_of(panel.rows)[-1]
    found = {name: ends(of)[-1] for name, of in panel.methods.items()}
    found = {name: end for name, end in found.items() if end.budget == last}
    shown = panel.kind == ENDS or any(end.interval for end in found.values())
    return found if shown else {}


def slots(axes: Axes, panel: Panel, looks: dict[str, Style]) -> None:
    """Draw ends beside each other, by height, each in a slot of its own."""
    found = sorted(in_slots(panel).items(), key=lambda pair: -pair[1].mean)
    for position, (name, end) in enumerate(found):
        _bars(axes, [(position, end)], looks[name])
        _marks(axes, [(position, end)], looks[name])
    last = budgets_of(panel.rows)[-1]
    for height in [height for budget, (_, height) in panel.floors.items() if budget == last]:
        axes.axhline(height, color=FLOOR["color"], linewidth=1.2, linestyle="-.", zorder=1)
    axes.set_xlim(-0.8, len(found) - 0.2)
    axes.set_xticks([])


def strip(axes: Axes, panel: Panel, looks: dict[str, Style]) -> None:
    """The slots right of a panel's axes, on the same scale."""
    _frame(axes)
    _levels(axes, panel)
    slots(axes, panel, looks)
    axes.spines["left"].set_visible(False)
    axes.tick_params(left=False, labelleft=False)
    axes.set_xlabel("ends", fontsize=SMALL)


def _joined(axes: Axes, found: list[End], style: Style, budgets: list[int]) -> None:
    """Straight lines from end to end: dotted where the panel has budgets between them."""
    for one, other in pairwise(found):
        passed = any(one.budget < budget < other.budget for budget in budgets)
        axes.plot(
            [one.queries, other.queries],
            [one.mean, other.mean],
            color=style.colour,
            linewidth=1.6,
            linestyle=":" if passed else "-",
            zorder=2.2,
        )


def _traced(axes: Axes, points: list[tuple[float, float]], style: Style) -> None:
    """The curve inside runs; its last point has the mark of the end."""
    if len(points) > 1:
        axes.plot(
            *zip(*points, strict=True),
            linewidth=1,
            linestyle="--",
            markersize=3,
            markevery=slice(len(points) - 1),
            zorder=2.2,
            **style.marked(),
        )


def _bars(axes: Axes, points: list[tuple[float, End]], style: Style) -> None:
    """Intervals as thin bars with caps."""
    for x, end in points:
        if end.interval:
            low, high = end.interval
            reach = [[end.mean - low], [high - end.mean]]
            axes.errorbar([x], [end.mean], reach, ecolor=style.colour, zorder=2, **BARS)


def _marks(axes: Axes, points: list[tuple[float, End]], style: Style) -> None:
    """The ends: filled where there is an interval, hollow where runs are too few for one."""
    for hollow in (False, True):
        of = [(x, end.mean) for x, end in points if (end.interval is None) == hollow]
        if of:
            axes.plot(
                *zip(*of, strict=True),
                markersize=5.5,
                linestyle="",
                zorder=3,
                **style.marked(hollow),
            )


def _levels(axes: Axes, panel: Panel) -> None:
    row = panel.rows[0]
    for height in (row.teacher_accuracy, 100 / row.classes):
        axes.axhline(height, zorder=1, **LEVEL)


def _frame(axes: Axes) -> None:
    axes.set_ylim(0, TOP)
    axes.set_yticks(range(0, 101, 20))
    axes.tick_params(labelsize=SMALL)
    axes.grid(alpha=0.3)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def _queries(axes: Axes, panel: Panel, apart: float) -> None:
    """The axis of queries, from the first mark to the last."""
    groups = panel.methods.values()
    queries = [end.queries for of in groups for end in ends(of) if end.queries > 0]
    queries += [x for of in groups for x, _ in mean_trace(of) if panel.kind == INSIDE]
    queries += list(panel.floors) or ([] if queries else budgets_of(panel.rows))
    low, high = min(queries) / 1.2, max(queries) * 1.2
    axes.set_xscale("log")
    axes.set_xlim(low, high)
    counts = ticks(low, high, budgets_of(panel.rows), apart)
    axes.set_xticks(counts, [parse.short(count) for count in counts])
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)))
    every = [f * 10**d for d in decades for f in range(1, 10)]
    axes.set_xticks([x for x in every if low <= x <= high and x not in counts], minor=True)
    axes.set_xticklabels([], minor=True)
    axes.set_xlabel("queries to the teacher (images)", fontsize=NORMAL)


def ticks(low: float, high: float, budgets: list[int], apart: float = 0.085) -> list[int]:
    """Query counts that a log axis names: the decades, the budgets, and on an axis of fewer than
    two decades 5 and 2 of each. ``apart``: the share of the axis from one to the next.
    """
    room = apart * math.log(high / low)
    decades = [10**d for d in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)]
    others = [f * decade for f in (5, 2) for decade in decades] if high / low < 100 else []
    found: list[int] = []
    for count in [*decades, *sorted(budgets, reverse=True), *others]:
        clear = all(abs(math.log(count / other)) >= room for other in found)
        if low <= count <= high and count >= 1 and clear:
            found.append(count)
    return sorted(found)
