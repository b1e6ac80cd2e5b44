"""The statements of the paper's text beside what was measured here, with a verdict on each.

A statement is decided in the paper's own settings, where any of them was measured; else in
stand-ins, the largest budget of other settings that decides the reading, and that is said. An
interval decides where there are three common seeds; below that the mean does, with a dagger.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

from benchmark.errors import NoRows
from benchmark.papers.claims import CLAIMS
from benchmark.papers.presets import PresetMethod, Setting, pretty
from benchmark.papers.statements import DIFFERENCES, RATIO, Reading, Statement, statements
from benchmark.parse import short
from benchmark.rows import paired
from benchmark.rows.row import Row
from benchmark.rows.stats import half_interval, mean
from benchmark.tables import grid, validity
from benchmark.tables.grid import Line
from benchmark.tables.layout import model
from benchmark.tables.provenance import source, tuned_on
from benchmark.tables.table import Entry, Sheet, Table, heads, line
from benchmark.tables.values import FEW, NONE, Number, count, mean_of, shown
from benchmark.tuning.sets import is_tuning_set

HOLDS, FAILS, OPEN, UNTESTED = "holds", "does not hold", "cannot be told", "not tested"
STAND_IN = " (stand-in)"
MOST_STAND_INS = 2
NOTE = (
    "holds, does not hold: the 95 % t interval of the paired difference, or of the mean, lies on "
    f"one side of what is stated, in every setting measured; {FEW}: fewer than three common seeds, "
    "so the mean alone decided. cannot be told: the interval holds both. stand-in: measured in "
    "none of the paper's settings; then in others, at the largest budget that decides. not "
    "tested: no runs of the present versions belong to it."
)


@dataclass(frozen=True)
class Outcome:
    """What one setting says to a reading."""

    text: str
    value: float
    half: float | None  # of the interval; None below three seeds
    low: float  # the statement holds from here ...
    high: float  # ... to here

    @property
    def verdict(self) -> str:
        """One of ``HOLDS``, ``FAILS``, ``OPEN``."""
        half = self.half or 0.0
        if self.low <= self.value - half and self.value + half <= self.high:
            return HOLDS
        outside = self.value + half < self.low or self.value - half > self.high
        return FAILS if outside else OPEN


def sheet(rows: list[Row]) -> Sheet:
    """One table of all statements. ``rows`` are those of a store, of no tuning seed."""
    now = validity.current(rows)
    lines: list[tuple[Entry, ...]] = []
    breaks, used = set(), []
    for one in statements():
        breaks.add(len(lines))
        for number, reading in enumerate(one.readings):
            text, verdict, of = judged(reading, now)
            used += of
            said = _said(one) if number == 0 else ("", "")
            lines.append(line(*said, reading.words, text, verdict))
    columns = heads(("the paper says", "in", "read as", "measured here", "verdict"), ())
    facts = ("Sentences of the IDEAL paper's text, shortened. Accuracy in %.",)
    table = Table("The paper's statements", facts, columns, lines, frozenset(breaks))
    unique = list({row.id: row for row in used}.values())
    where = [*tuned_on(unique), *validity.notes(unique), source(unique)] if unique else []
    return Sheet([table], [NOTE, *where])


def _said(one: Statement) -> tuple[str, str]:
    return one.text, one.where


def judged(reading: Reading, rows: list[Row]) -> tuple[str, str, list[Row]]:
    """What was measured of a reading, the verdict, and the rows behind it."""
    if reading.test == RATIO:
        counted = _ratio(reading)
        return counted.text, counted.verdict, []
    for settings, suffix in ((reading.preset.settings, ""), (_stand_ins(reading, rows), STAND_IN)):
        lines = _lines(reading, settings, rows)
        found = [(one, outcome) for one in lines if (outcome := _outcome(reading, one))]
        if found:
            text = "; ".join(f"{_where(one, lines)}: {outcome.text}" for one, outcome in found)
            used = [row for one, _ in found for row in one.rows]
            return text, together(outcome for _, outcome in found) + suffix, used
    return NONE, UNTESTED, []


def together(outcomes: Iterable[Outcome]) -> str:
    """The verdict over several settings: one that fails decides, then one that cannot be told."""
    outcomes = list(outcomes)
    for verdict in (FAILS, OPEN, HOLDS):
        those = [one for one in outcomes if one.verdict == verdict]
        if those:
            few = all(one.half is None for one in those)
            few = any(one.half is None for one in those) if verdict == HOLDS else few
            return verdict + (f" {FEW}" if few else "")
    raise ValueError("there is no outcome")


def _lines(reading: Reading, settings: tuple[Setting, ...], rows: list[Row]) -> list[Line]:
    if not settings:
        return []
    try:
        return grid.lines(replace(reading.preset, settings=settings), rows)
    except NoRows:
        return []


def _stand_ins(reading: Reading, rows: list[Row]) -> tuple[Setting, ...]:
    """Other settings with runs of its methods: tuning sets last, then by queries.

    Of each data set with its networks the largest budget that decides the reading.
    """
    methods = {one.form for one in (*reading.own, *reading.others)}
    paper = {(s.dataset, s.teacher, s.student) for s in reading.preset.settings}
    found: dict[tuple[str, str, str, int], Setting] = {}
    for row in rows:
        key = (row.dataset, row.teacher, row.student)
        fits = row.form in methods and key not in paper and reading.takes(row.dataset)
        if fits and row.complete and row.scale == 1 and grid.is_of_paper(row):
            found[(*key, row.budget)] = Setting(*key, row.budget, 0)
    lines = _lines(reading, tuple(found.values()), rows)
    decided = {_key(one.setting): one.setting for one in lines if _outcome(reading, one)}
    largest = {key[:3]: decided[key] for key in sorted(decided)}
    order = sorted(largest, key=lambda key: (is_tuning_set(key[0]), -largest[key].budget, key))
    return tuple(largest[key] for key in order)[:MOST_STAND_INS]


def _key(setting: Setting) -> tuple[str, str, str, int]:
    return setting.dataset, setting.teacher, setting.student, setting.budget


def _outcome(reading: Reading, one: Line) -> Outcome | None:
    """What a setting says; None where methods of the reading were not run in it."""
    own = _extreme(one, reading.own)
    if own is None:
        return None
    if reading.test not in DIFFERENCES:
        return _level(reading, one, own)
    lowest = reading.test == "below_worst"
    other = _extreme(one, reading.others, lowest=lowest)
    if reading.test == "within":
        other = _farthest(one, own, reading.others)
    return _difference(reading, one, own, other) if other else None


def _extreme(
    one: Line, methods: tuple[PresetMethod, ...], lowest: bool = False
) -> PresetMethod | None:
    """The best of some methods, or the worst."""
    means = {method: one.means[method] for method in methods if method in one.means}
    chosen = min if lowest else max
    return chosen(means, key=means.__getitem__) if means else None


def _farthest(
    one: Line, own: PresetMethod, methods: tuple[PresetMethod, ...]
) -> PresetMethod | None:
    means = {m: abs(one.means[m] - one.means[own]) for m in methods if m in one.means}
    return max(means, key=means.__getitem__) if means else None


def _level(reading: Reading, one: Line, own: PresetMethod) -> Outcome:
    """The accuracy of the best of own against a bound."""
    values = list(one.entries[own].accuracies.values())
    name = f"{own.method} " if len(reading.own) > 1 else ""
    text = f"{name}{shown(mean_of(values))}"
    at_least = reading.test == "at_least"
    ends = (reading.bound, math.inf) if at_least else (-math.inf, reading.bound)
    return Outcome(text, mean(values), half_interval(values), *ends)


def _difference(reading: Reading, one: Line, own: PresetMethod, other: PresetMethod) -> Outcome:
    """Own against another form, over their common seeds, else by their means."""
    ours, theirs = one.entries[own].accuracies, one.entries[other].accuracies
    pair = paired.compare(ours, theirs)
    value = pair.difference if pair else one.means[own] - one.means[other]
    half = pair.half if pair else None
    ends = {
        "above_best": (reading.bound, math.inf),
        "below_worst": (-math.inf, reading.bound),
        "within": (-reading.bound, reading.bound),
    }[reading.test]
    seeds = f" ± {half:.2f} ({pair.seeds})" if pair and half is not None else f" {FEW}"
    means = f"{mean(list(ours.values())):.2f} against {other.method} {one.means[other]:.2f}"
    return Outcome(f"{means}, {value:+.2f}{seeds}", value, half, *ends)


def _where(one: Line, lines: list[Line]) -> str:
    """The setting of one of some lines in words, its teacher by its digest where there are two."""
    setting = one.setting
    return f"{pretty(setting.dataset)} {model(one, lines)} {short(setting.budget)}"


def _ratio(reading: Reading) -> Outcome:
    """The count of a loop against the count that is claimed for it."""
    (claim,) = (
        one for one in CLAIMS if (one.what, one.dataset) == (reading.claim, reading.dataset)
    )
    claimed = claim.claimed or claim.count
    value = claim.count / claimed
    counts = f"{shown(count(claim.count))} queries, claimed {shown(count(claimed))}"
    text = f"{counts}: {shown(Number(value, digits=3))} times"
    return Outcome(text, value, 0.0, 0.0, reading.bound)
