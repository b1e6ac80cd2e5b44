"""What stands above and below the panel of a run, and how much room it takes."""

from __future__ import annotations

import textwrap

from benchmark.pictures.panel import one_line
from benchmark.store import Row
from benchmark.tables.grouping import by_method, setting_key, title_of

LARGE, NORMAL, SMALL = 11, 9, 8  # points
LINES = 3  # of one text; the rest of a longer one is cut
Run = tuple[str, Row]  # what it is called, its row


def named(rows: list[Row]) -> list[Run]:
    """Rows, each once, with the names of their methods."""
    rows = list({row["id"]: row for row in rows}.values())
    names = {row["id"]: name for name, of in by_method(rows).items() for row in of}
    return [(names[row["id"]], row) for row in rows]


def heading(text: str, runs: list[Run]) -> str:
    """``text``, and the setting if all runs have the same one."""
    rows = [row for _, row in runs]
    return text if _several(rows) else f"{text}: {title_of(rows[0], rows).replace(': ', ', ')}"


def below(row: Row, runs: list[Run]) -> list[str]:
    """Which run it is: its setting where the others have another one, budget and seed."""
    rows = [one for _, one in runs]
    setting = [title_of(row, rows)] if _several(rows) else []
    return [*setting, f"{row['budget']:,} queries, seed {row['seed']}"]


def _several(rows: list[Row]) -> bool:
    return len({setting_key(row) for row in rows}) > 1


def wrapped(texts: list[str], inches: float, points: float) -> list[str]:
    """Texts in lines of at most a width; letters are taken for wide ones."""
    letters = max(8, int(inches * 72 / (0.66 * points)))
    options = {"max_lines": LINES, "placeholder": " …"}
    return [line for text in texts for line in textwrap.wrap(one_line(text), letters, **options)]


def height(lines: list[str], points: float) -> float:
    """Inches that lines take."""
    return len(lines) * points * 1.3 / 72
