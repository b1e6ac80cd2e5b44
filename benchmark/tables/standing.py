"""Where a method stands, for its page: the paper's numbers, and its forms' results in the rows.

Every number is worked out from rows of the method as it is now; where there is none, that is said.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from benchmark.papers import home_turf, presets, published
from benchmark.papers.presets import PresetMethod, Setting
from benchmark.parse import short
from benchmark.rows.form import form
from benchmark.rows.row import Row
from benchmark.tables import grid, parts, validity
from benchmark.tables.home_turf import verdict
from benchmark.tables.records import of_runs
from benchmark.tables.tuned import Gains
from benchmark.tables.values import shown
from benchmark.tuning import sets

if TYPE_CHECKING:
    from benchmark.run.registry import Entry

NO_ROW, NO_TRIAL, NO_FORM = "no row", "no trial", "no such form"
NO_NUMBER, STORES = "no number", "as published, which stores its labels"
Pairs = list[tuple[str, str]]


def of(entry: Entry, rows: Iterable[Row], gains: Gains) -> Pairs:
    """Form or test with its result, in the settings of the preset of parts."""
    now = validity.current(rows)
    settings = presets.find(parts.PRESET).settings
    found: Pairs = []
    for setting in settings:
        found.append((f"published, {_where(setting)}", _printed(entry.name, setting)))
    for words, variant in (("as published", ""), ("cached", "cached")):
        found += [
            (f"{words} here, {_where(setting)}", _form(entry, variant, setting, now))
            for setting in settings
        ]
    return [*found, ("tuned on", _tuned(entry, gains)), ("home turf", _home(entry.name, now))]


def _where(setting: Setting) -> str:
    return f"{setting.dataset} {setting.teacher} to {setting.student} {short(setting.budget)}"


def _printed(name: str, setting: Setting) -> str:
    key = (setting.dataset, setting.teacher, setting.student)
    number = published.printed(*key, form(name), "hard-label", setting.budget)
    return f"{number.value:.2f}" if number else NO_NUMBER


def _form(entry: Entry, variant: str, setting: Setting, rows: list[Row]) -> str:
    """The accuracy of a form in a setting, or why there is none."""
    if variant and variant not in entry.method.variants:
        stores = entry.has("replay_steps")
        return STORES if stores else NO_FORM
    label = form(entry.name, variant).label
    found = grid.found(setting, PresetMethod(label, label), rows)
    return "; ".join(f"{shown(of_runs(of))}{_under(of, found)}" for of in found) or NO_ROW


def _under(runs: list[Row], found: list[list[Row]]) -> str:
    """The teacher of some runs, where there are those of another teacher or test set, too."""
    return f" (teacher {runs[0].teacher_sha[:8]})" if len(found) > 1 else ""


def _tuned(entry: Entry, gains: Gains) -> str:
    said = [
        f"{label}: {', '.join(gain.sets)}, {gain.trials} trials, {gain.points:+.2f} points"
        for label in (entry.name, f"{entry.name}:cached")
        if (gain := gains.get(label))
    ]
    if file := sets.BY_HAND.get(entry.name):
        said.append(f"by hand, all of them in results/{file}")
    return "; ".join(said) or NO_TRIAL


def _home(name: str, rows: list[Row]) -> str:
    """The result of a method where it was made to work; the preset says where that is."""
    held = home_turf.bounds()
    for setting, one in held.preset.cells():
        if one.form.method != name:
            continue
        found = grid.found(setting, one, rows)
        where = f"{one.method}, {one.access}, {_where(setting)}"
        low = held.of(one)
        bound = "" if low is None else f", {low:g} expected"
        told = (
            f"{shown(of_runs(of))}{_under(of, found)}{bound}: "
            f"{verdict(held, one, grid.Found(of, [], None))}"
            for of in found
        )
        return f"{where}: {'; '.join(told) or NO_ROW}"
    return "none: it is not among the methods that are compared"
