"""Budget curves: accuracy against queries on a log axis, one picture per comparable setting.

Two kinds of curve, never mixed (``pictures.curves``): solid lines join the ends of separate runs,
thin dashed ones are the traces inside runs. Each kind has panels of its own, ``pictures.panels``,
one below the other. The same rows give the same bytes.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from benchmark import filenames
from benchmark.errors import BenchError
from benchmark.files import make_folder
from benchmark.papers.presets import Preset
from benchmark.pictures import captions, drawing, notes, panels, parts, saving
from benchmark.pictures.column import Column
from benchmark.pictures.curves import complete
from benchmark.pictures.panels import Panel
from benchmark.pictures.styles import styles
from benchmark.rows.grouping import by_setting, title_of
from benchmark.rows.row import Row
from benchmark.tables import grid

if TYPE_CHECKING:  # matplotlib is imported where something is drawn
    from matplotlib.figure import Figure

Page = tuple[list[Panel], str]  # the panels of one picture, its title
PAGE = 3  # panels of one picture: so it fits a page, and names stay readable there


def curves(rows: list[Row], output: Path) -> list[Path]:
    """Draw every setting of the rows: one file, or one for each with the setting in its name.

    A setting of many methods has its variants in pictures of their own, ``parts``, and what does
    not fit one page goes on in pictures with a number.
    """
    return _pictures(rows, output, _parts)


def by_budget(rows: list[Row], budgets: Sequence[int], output: Path) -> list[Path]:
    """Draw panels as ``panels.by_budget`` has them, one file for each setting."""
    return _pictures(rows, output, lambda of: {"": panels.by_budget(of, sorted(budgets))})


def of_preset(preset: Preset, rows: list[Row], output: Path, scale: float = 1.0) -> list[Path]:
    """Draw the rows of a preset's cells; in a panel for each budget where the preset says so."""
    lines = grid.lines(preset, rows, scale)
    budgets = grid.panels(lines) if preset.panels else []
    if len(budgets) > 1:
        return by_budget(grid.rows_of(lines), budgets, output)
    return curves(grid.rows_of(lines), output)


def _parts(rows: list[Row]) -> dict[str, list[Panel]]:
    """The panels of each picture of a setting's rows."""
    return {
        part: panels.of_setting(of, rows, only_new=bool(part))
        for part, of in parts.split(rows).items()
    }


def _pictures(
    rows: list[Row], output: Path, make: Callable[[list[Row]], dict[str, list[Panel]]]
) -> list[Path]:
    """A file for each part of each setting; ``make`` gives the parts of a setting's rows."""
    saving.suffix_of(output)
    settings: dict[str, tuple[Row, dict[str, list[Panel]]]] = {}
    for group in by_setting(complete(rows), budget=False).values():
        if drawn := {part: found for part, found in make(group).items() if found}:
            settings[title_of(group[0], rows)] = group[0], drawn
    if not settings:
        raise BenchError("there are no complete rows to draw")
    make_folder(output.parent)
    paths = []
    for setting, (row, of) in settings.items():
        words = setting_words(row.dataset, setting) if len(settings) > 1 else []
        for (part, number), (shown, title) in _pages(of, setting).items():
            ending = [*([part] if part else []), *([f"{number}"] if number > 1 else [])]
            path = saving.sibling(output, [*words, *ending])
            if path in paths:  # words that read the same, with their dashes elsewhere
                path = saving.sibling(output, [*words, *ending, filenames.digest(setting, part)])
            paths.append(path)
            sources = panels.sources(shown)
            with drawing.style(captions.brought(sources)):
                saving.write(_figure(shown, title), path, sources)
    return paths


def _pages(of: dict[str, list[Panel]], setting: str) -> dict[tuple[str, int], Page]:
    """The pictures of a setting by part and number, from 1: ``PAGE`` panels in each at most."""
    found = {}
    for part, drawn in of.items():
        count = math.ceil(len(drawn) / PAGE)
        size = math.ceil(len(drawn) / count)
        for number in range(1, count + 1):
            shown = drawn[(number - 1) * size : number * size]
            told = f"; {number} of {count}" if count > 1 else ""
            found[part, number] = shown, parts.title(setting, part) + told
    return found


def setting_words(dataset: str, title: str) -> list[str]:
    """The words of a setting's title for a file's name: the data set's name stays as it is."""
    kind, colon, name = dataset.partition(":")
    rest = re.findall(r"[A-Za-z0-9_.]+", title.removeprefix(dataset))
    return [kind, *([name] if colon else []), *rest]


def _figure(drawn: list[Panel], title: str) -> Figure:
    """The panels below a title, above their notes."""
    column, looks = Column(), styles([one.methods for one in drawn])
    for one in drawn:
        column.add(one, looks, one.title)
    return column.finish(title, notes.caption(drawn))
