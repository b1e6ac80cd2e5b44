"""Budget curves: accuracy against queries on a log axis, one picture per comparable setting.

Two kinds of curve, never mixed: end points of separate runs per budget (solid, with a band), and
the trace inside one run (thin, dashed).
"""

from __future__ import annotations

import re
from pathlib import Path

from benchmark import parse
from benchmark.errors import BenchError
from benchmark.files import StoreError, make_folder
from benchmark.grouping import by_method, by_setting, title_of
from benchmark.stats import half_interval, mean
from benchmark.store import Row

SUFFIXES = (".png", ".pdf", ".svg")
# Okabe and Ito's palette: readers with any colour vision can tell these apart.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#F0E442")
MARKERS = "osD^vP*X"


def curves(rows: list[Row], output: Path) -> list[Path]:
    """Draw every setting of the rows: one file, or one for each with the setting in its name."""
    if output.suffix.lower() not in SUFFIXES:
        raise BenchError(f"{output}: the picture must end in {', '.join(SUFFIXES)}")
    groups = list(by_setting([r for r in rows if r["status"] == "complete"], budget=False).values())
    if not groups:
        raise BenchError("there are no complete rows to draw")
    titles = [title_of(group[0], rows) for group in groups]
    names = [re.sub(r"[^A-Za-z0-9_.]+", "-", f"{output.stem}-{title}") for title in titles]
    paths = [output.with_name(name + output.suffix) for name in names]
    paths = [output] if len(groups) == 1 else paths
    for path, group, title in zip(paths, groups, titles, strict=True):
        _draw(group, title, path)
    return paths


def _draw(rows: list[Row], title: str, path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 4.6), layout="constrained")
    for number, (name, group) in enumerate(by_method(rows).items()):
        style = {"color": COLOURS[number % len(COLOURS)], "marker": MARKERS[number % len(MARKERS)]}
        _plot_method(axes, name, group, style)
    _frame(axes, rows[0])
    axes.set_title(title, fontsize=11)
    try:
        make_folder(path.parent)
        figure.savefig(path, dpi=150)
    except OSError as problem:
        raise StoreError(f"cannot write {path}: {problem.strerror}") from None
    finally:
        plt.close(figure)


def _plot_method(axes, name: str, rows: list[Row], style: dict) -> None:
    budgets = sorted({row["budget"] for row in rows})
    ends = [[row["accuracy"] for row in rows if row["budget"] == budget] for budget in budgets]
    centres, halves = [mean(values) for values in ends], [half_interval(v) or 0.0 for v in ends]
    low = [centre - half for centre, half in zip(centres, halves, strict=True)]
    high = [centre + half for centre, half in zip(centres, halves, strict=True)]
    axes.plot(budgets, centres, label=name, markersize=5, **style)
    if len(budgets) > 1:
        axes.fill_between(budgets, low, high, color=style["color"], alpha=0.15, linewidth=0)
    else:
        axes.errorbar(budgets, centres, halves, color=style["color"], capsize=3)
        for row in rows:
            points = [point for point in row["curve"] if point["queries"] > 0]
            axes.plot(
                [point["queries"] for point in points], [point["accuracy"] for point in points],
                color=style["color"], linewidth=0.8, linestyle="--", alpha=0.7,
            )  # fmt: skip


def _frame(axes, row: Row) -> None:
    from matplotlib.ticker import LogLocator, NullLocator

    teacher, chance = row["teacher_accuracy"], 100 / row["classes"]
    axes.axhline(teacher, color="0.3", linewidth=1, linestyle=":")
    axes.axhline(chance, color="0.3", linewidth=1, linestyle=":")
    place = {"transform": axes.get_yaxis_transform(), "color": "0.3", "fontsize": 8, "va": "center"}
    axes.text(1.01, teacher, f"teacher {teacher:.1f} %", **place)
    axes.text(1.01, chance, f"chance {chance:.1f} %", **place)
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter(lambda value, _: parse.short(int(value)) if value >= 1 else "")
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_ylim(0, 107)
    axes.set_yticks(range(0, 101, 20))
    axes.set_xlabel("queries to the teacher (images)")
    axes.set_ylabel("test accuracy of the student (%)")
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8, loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False)
