"""The entries of a preset's table in long form: the lines of its CSV."""

from __future__ import annotations

from collections.abc import Iterator

from benchmark.papers import published
from benchmark.papers.presets import Preset, PresetMethod
from benchmark.tables.grid import Found, Line
from benchmark.tables.records import SHAPE, of_floor, record
from benchmark.tables.table import Record
from benchmark.tables.values import Number, points


def records(preset: Preset, lines: list[Line]) -> Iterator[Record]:
    """A record for each entry, also for one without a run."""
    for line in lines:
        for one, found in line.entries.items():
            value = found.number.value if found.number else None
            known = record(found.rows, preset.table, value, line.floor) if found.rows else None
            gain = line.improvement(one) if one.method == preset.improvement else None
            footnotes = published.footnotes_of(found.number) if found.number else []
            yield {
                **(known or _without_runs(preset, line, one, found)),
                "name": one.name,
                "best": one in line.leaders if preset.ranked else None,
                "best_baseline": (
                    line.best(preset.improvement) == one if preset.improvement else None
                ),
                "improvement": None if gain is None else points(gain),
                "footnotes": "; ".join(footnote.name for footnote in footnotes),
            }


def _without_runs(preset: Preset, line: Line, one: PresetMethod, found: Found) -> Record:
    setting = line.setting
    return {
        **SHAPE,
        "table": preset.table,
        "dataset": setting.dataset,
        "teacher": setting.teacher,
        "student": setting.student,
        "access": one.access,
        "budget": setting.budget,
        "method": one.method,
        "published": Number(found.number.value) if found.number else None,
        **of_floor(line.floor, None),
    }
