"""Budget curves: accuracy against queries on a log axis, one picture per comparable setting.

Two kinds of curve, never mixed (``pictures.curves``): solid lines join the end points of separate
runs, thin dashed ones are the traces inside runs. The same rows give the same bytes.
"""

from __future__ import annotations

import io
import re
import textwrap
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmark.errors import BenchError
from benchmark.files import make_folder
from benchmark.papers.presets import Preset
from benchmark.pictures import panel, parts, saving
from benchmark.pictures.curves import budgets_of, complete
from benchmark.store import Row
from benchmark.tables import grid
from benchmark.tables.grouping import by_method, by_setting, title_of

WIDTH, HEIGHT = 5.0, 3.7  # of the axes, in inches; more labels make them higher
LEFT, BOTTOM, LINE, EDGE = 0.62, 0.78, 0.22, 0.12
Panel = tuple[str, list[Row]]  # title, rows


def curves(rows: list[Row], output: Path) -> list[Path]:
    """Draw every setting of the rows: one file, or one for each with the setting in its name.

    A setting of many methods has its variants in pictures of their own, ``parts``.
    """
    return _pictures(rows, output, lambda group: {
        part: [("", of)] for part, of in parts.split(group).items()
    })  # fmt: skip


def side_by_side(rows: list[Row], budgets: Sequence[int], output: Path) -> list[Path]:
    """A panel for each budget with the runs of that budget alone, each method at its largest one.

    A method without runs of a panel's budget is shown with those of its next smaller one: so
    IDEAL's Figure 3 holds 200k queries of one method against 10M of others.
    """
    return _pictures(rows, output, lambda group: {"": _by_budget(group, sorted(budgets))})


def of_preset(preset: Preset, rows: list[Row], output: Path, scale: float = 1.0) -> list[Path]:
    """Draw the rows of a preset's cells; in a panel for each budget where the preset says so."""
    lines = grid.lines(preset, rows, scale)
    budgets = grid.panels(lines) if preset.panels else []
    if len(budgets) > 1:
        return side_by_side(grid.rows_of(lines), budgets, output)
    return curves(grid.rows_of(lines), output)


def svg(rows: list[Row]) -> str:
    """The picture of one setting's complete rows as SVG, its text as text, on no background.

    It has no title: that is the page's.
    """
    stream = io.BytesIO()
    options = {"svg.fonttype": "none", "savefig.transparent": True}
    saving.save(_figure([("", rows)], ""), stream, ".svg", options)
    return stream.getvalue().decode()


def _pictures(
    rows: list[Row], output: Path, panels: Callable[[list[Row]], dict[str, list[Panel]]]
) -> list[Path]:
    """A file for each part of each setting; ``panels`` gives the parts of a setting's rows."""
    saving.suffix_of(output)
    settings: dict[str, dict[str, list[Panel]]] = {}
    for group in by_setting(complete(rows), budget=False).values():
        if drawn := {part: found for part, found in panels(group).items() if found}:
            settings[title_of(group[0], rows)] = drawn
    if not settings:
        raise BenchError("there are no complete rows to draw")
    make_folder(output.parent)
    paths = []
    for setting, of in settings.items():
        for part, drawn in of.items():
            words = [output.stem, setting if len(settings) > 1 else "", part]
            name = re.sub(r"[^A-Za-z0-9_.]+", "-", "-".join(filter(None, words)))
            paths.append(output.with_name(name + output.suffix) if any(words[1:]) else output)
            figure = _figure(drawn, parts.title(setting, part))
            saving.write(figure, paths[-1], [row for _, shown in drawn for row in shown])
    return paths


def _by_budget(rows: list[Row], budgets: list[int]) -> list[Panel]:
    found = []
    for budget in budgets:
        shown = []
        for of in by_method(rows).values():
            allowed = [b for b in budgets_of(of) if b <= budget]
            shown += [row for row in of if allowed and row["budget"] == allowed[-1]]
        if any(row["budget"] == budget for row in shown):
            found.append((f"{budget:,} queries", shown))
    return found


def _figure(panels: list[Panel], title: str):
    """A figure with fixed axes, as wide as its labels need."""
    import matplotlib.style
    from matplotlib.figure import Figure

    with matplotlib.style.context("default"):  # not the user's own: the same bytes everywhere
        figure = Figure(dpi=150)
        drawn = [figure.add_axes((0, 0, 1, 1), label=str(number)) for number in range(len(panels))]
        labels = [panel.draw(axes, rows) for axes, (_, rows) in zip(drawn, panels, strict=True)]
        height = max(HEIGHT, max(map(len, labels)) * panel.GAP + 0.2)
        right, top = _lay_out(figure, drawn, labels, height, title)
        for axes, (name, _) in zip(drawn, panels, strict=True):
            axes.set_title(name, fontsize=panel.NORMAL, loc="left", parse_math=False)
        drawn[0].set_ylabel("test accuracy of the student (%)", fontsize=panel.NORMAL)
        every = [row for _, rows in panels for row in rows]
        kinds = "; ".join(dict.fromkeys(panel.key(rows) for _, rows in panels if every))
        kinds = textwrap.fill(kinds, int((right - LEFT) / 0.055))
        figure.text(LEFT / right, 0.05 / top, kinds, fontsize=7, color=panel.GREY)
        return figure


def _lay_out(figure, drawn, labels, height: float, title: str) -> tuple[float, float]:
    """Axes side by side, each with its labels at its right; returns the figure's size in inches."""
    left, places = LEFT, []
    for axes, of in zip(drawn, labels, strict=True):
        texts = panel.place(axes, of, WIDTH, height)
        widest = max(text.get_window_extent().width for text in texts) / figure.dpi
        places.append(left)
        left += WIDTH + panel.TEXT_AT + widest + EDGE + (LEFT if axes is not drawn[-1] else 0)
    lines = textwrap.wrap(panel.one_line(title), int((left - LEFT) / 0.092))
    top = BOTTOM + height + LINE * (len(lines) + (len(drawn) > 1)) + EDGE
    figure.set_size_inches(left, top)
    for axes, place in zip(drawn, places, strict=True):
        axes.set_position((place / left, BOTTOM / top, WIDTH / left, height / top))
    figure.text(LEFT / left, 1 - EDGE / top, "\n".join(lines), fontsize=11, va="top",
                parse_math=False)  # fmt: skip
    return left, top
