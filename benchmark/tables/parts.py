"""The effects of the generator's last layer, of storing labels and of tuning, for each method.

The preset has the forms: its groups are the methods, its names the forms. The gain of tuning comes
from the trials below the store.
"""

from __future__ import annotations

from collections.abc import Mapping

from benchmark.papers import presets
from benchmark.papers.presets import Preset, PresetMethod, pretty
from benchmark.rows.row import Row
from benchmark.rows.stats import FEWEST, mean
from benchmark.tables import grid, validity
from benchmark.tables.grid import Found, Line
from benchmark.tables.layout import model
from benchmark.tables.paper_notes import title
from benchmark.tables.provenance import source, unshipped
from benchmark.tables.records import of_runs
from benchmark.tables.settings import ACCURACY
from benchmark.tables.table import Entry, Record, Sheet, Table, heads, line
from benchmark.tables.tuned import Gains
from benchmark.tables.values import NO_MEAN, NONE, points

PRESET = "parts"
ONCE, STORED = ("once, plain", "once, normalised"), ("stored, plain", "stored, normalised")
EFFECTS = ("layer, once", "layer, stored", "storing", "tuning")
NOTE = (
    "layer: points that normalising in the last layer adds, where labels are used once and where "
    "they are stored. storing: points by which the best form that stores labels is above the best "
    "that uses them once. tuning: points by which the best trial is above the defaults, on images "
    "held out of the training images; the mean of the forms that were tuned."
)


def sheet(rows: list[Row], gains: Gains | None = None) -> Sheet:
    """A table for each setting of the preset. ``gains``: points by tuning, by the form's label."""
    preset = presets.find(PRESET)
    lines = [one for one in grid.lines(preset, validity.current(rows)) if one.rows]
    tables = [_table(preset, one, lines, gains or {}) for one in lines]
    used = grid.rows_of(lines)
    counts = [len(found.done) for one in lines for found in one.entries.values()]
    few = any(0 < count < FEWEST for count in counts)
    notes = [preset.note, NOTE, *(["† fewer than three seeds, so no interval."] if few else [])]
    notes += [*validity.notes(used), f"{NONE}: no run. {ACCURACY}."]
    return Sheet(tables, [*notes, *unshipped(used), source(used)])


def _table(preset: Preset, here: Line, others: list[Line], gains: Gains) -> Table:
    setting = here.setting
    where = f"{pretty(setting.dataset)}: {model(here, others)} to {pretty(setting.student)}"
    groups = dict.fromkeys(one.group for one in preset.methods)
    records = {one: _record(where, here, one) for one in preset.methods}
    lines = [_line(preset, here, group, records, gains) for group in groups]
    facts = f"{where}, {setting.budget:,} queries. Teacher {here.rows[0].teacher_accuracy:.2f} %."
    columns = heads(["method"], [*ONCE, *STORED, *EFFECTS])
    return Table(title(preset, 1.0), (facts,), columns, lines, records=[*records.values()])


def _record(where: str, here: Line, one: PresetMethod) -> Record:
    return {
        "table": where,
        "dataset": here.setting.dataset,
        "budget": here.setting.budget,
        "method": one.method,
        "form": one.name,
        "accuracy": of_runs(here.entries[one].rows),
    }


def _line(
    preset: Preset,
    here: Line,
    group: str,
    records: Mapping[PresetMethod, Record],
    gains: Gains,
) -> tuple[Entry, ...]:
    forms = {one.name: one for one in preset.methods if one.group == group}
    found = {name: here.entries[one] for name, one in forms.items()}
    name = validity.named(group, [row for of in found.values() for row in of.rows])
    shown = (records[forms[n]]["accuracy"] if n in forms else NO_MEAN for n in (*ONCE, *STORED))
    effects = (*effects_of(found), _gain(forms, gains))
    return line(name, *shown, *(None if of is None else points(of) for of in effects))


def effects_of(found: Mapping[str, Found]) -> tuple[float | None, float | None, float | None]:
    """Points that the layer adds, once and stored, and that storing adds; None without the runs."""
    means = {name: of.mean for name, of in found.items() if of.mean is not None}

    def added(plain: str, normalised: str) -> float | None:
        there = plain in means and normalised in means
        return means[normalised] - means[plain] if there else None

    once, stored = ([means[n] for n in names if n in means] for names in (ONCE, STORED))
    storing = max(stored) - max(once) if once and stored else None
    return added(*ONCE), added(*STORED), storing


def _gain(forms: Mapping[str, PresetMethod], gains: Gains) -> float | None:
    """The mean gain of the forms that were tuned as they are."""
    tuned = [gains.get(one.label) for one in forms.values() if not one.own]
    there = [gain.points for gain in tuned if gain]
    return mean(there) if there else None
