"""The numbers that the paper prints for the entries of a preset's table."""

from __future__ import annotations

from benchmark.papers import published
from benchmark.papers.presets import Preset, PresetMethod, Setting
from benchmark.papers.printed import Number

STANDS_IN = "other:"  # of a printed teacher's name: the suite has no such network


def number(preset: Preset, setting: Setting, one: PresetMethod) -> Number | None:
    """The paper's number for an entry: of this table, else of another for the same setting."""
    here = published.select(
        source=published.PAPER,
        table=preset.table,
        dataset=setting.dataset,
        access=one.access,
        budget=setting.budget,
    )
    for printed in (number for number in here if number.form == one.form):
        same = printed.teacher in ("", setting.teacher) or printed.teacher.startswith(STANDS_IN)
        if same and printed.metric in ("accuracy", "accuracy-above"):
            return printed
    key = (setting.dataset, setting.teacher, setting.student)
    return published.printed(*key, one.form, one.access, setting.budget)


def teacher_number(preset: Preset, setting: Setting) -> Number | None:
    """The accuracy that the paper prints for a teacher; none where ours stands in for its own."""
    here = published.select(source=published.PAPER, table=preset.table, dataset=setting.dataset)
    if any(printed.teacher.startswith(STANDS_IN) for printed in here):
        return None
    found = published.select(
        source=published.PAPER,
        dataset=setting.dataset,
        teacher=setting.teacher,
        metric="teacher-accuracy",
    )
    return found[0] if found else None


def improvement(preset: Preset, setting: Setting) -> Number | None:
    """The improvement that the paper prints for a setting."""
    found = published.select(
        source=published.PAPER,
        table=preset.table,
        dataset=setting.dataset,
        teacher=setting.teacher,
        metric="improvement",
    )
    return found[0] if found else None
