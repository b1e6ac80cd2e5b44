"""The cells of a preset's table in numbers: its lines in CSV."""

from __future__ import annotations

from collections.abc import Iterator

from benchmark.papers import published
from benchmark.papers.presets import Preset
from benchmark.tables.grid import Line
from benchmark.tables.records import COLUMNS, Record, record


def records(preset: Preset, lines: list[Line]) -> Iterator[Record]:
    """Every cell in numbers, one without a run too."""
    for line in lines:
        for one, found in line.cells.items():
            value = found.number.value if found.number else None
            place = line.place
            blank = dict.fromkeys(COLUMNS) | {
                "table": preset.table,
                "dataset": place.dataset,
                "teacher": place.teacher,
                "student": place.student,
                "access": one.access,
                "budget": place.budget,
                "method": one.method,
                "n": 0,
                "failed": 0,
                "published": value,
            }
            blank |= line.floor.record(None) if line.floor else {}
            known = record(found.rows, preset.table, value, line.floor) if found.rows else blank
            own = one.method == preset.improvement
            baseline = line.best(preset.improvement) == one
            footnotes = published.footnotes_of(found.number) if found.number else []
            yield known | {
                "name": one.name,
                "best": one in line.leaders if preset.ranked else None,
                "best_baseline": baseline if preset.improvement else None,
                "improvement": line.improvement(one) if own else None,
                "footnotes": "; ".join(footnote.name for footnote in footnotes),
            }
