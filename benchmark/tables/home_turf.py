"""Whether each method works in the setting that it was made for: access, budget, accuracy."""

from __future__ import annotations

from benchmark.papers.home_turf import Bounds, bounds
from benchmark.papers.presets import PresetMethod, pretty
from benchmark.rows.row import Row
from benchmark.rows.stats import FEWEST
from benchmark.tables import grid, layout, validity
from benchmark.tables.grid import Found, Line
from benchmark.tables.provenance import source, unshipped
from benchmark.tables.records import of_runs
from benchmark.tables.settings import ACCURACY
from benchmark.tables.table import Entry, Record, Sentence, Sheet, Table, heads
from benchmark.tables.values import Number, count

NAMES = ("method", "access")
SHOWN = ("budget", "accuracy", "expected", "verdict")  # of a record; the budget as "queries"
NOTE = (
    "expected: the least accuracy that `bench check --home-turf` asks for. works: the mean is "
    "there; gap: it is not, or nothing is expected yet; `bench list methods NAME` says why."
)
WORKS, GAP, FAILED, NO_RUN = "works", "gap", "failed", "no row"


def sheet(rows: list[Row], held: Bounds | None = None) -> Sheet:
    """A table for each data set, teacher and test set of the preset."""
    held = held or bounds()
    lines = grid.lines(held.preset, validity.current(rows))
    tables = [_table(held, of, lines) for of in _by_teacher(lines)]
    used = grid.rows_of(lines)
    counts = [len(found.done) for line in lines for found in line.entries.values()]
    few = ["† fewer than three seeds, so no interval."] if _any_few(counts) else []
    notes = [held.preset.note, NOTE, *few, *validity.notes(used), f"{ACCURACY}."]
    return Sheet(tables, [*notes, *unshipped(used), source(used)])


def _any_few(counts: list[int]) -> bool:
    return any(0 < count < FEWEST for count in counts)


def _by_teacher(lines: list[Line]) -> list[list[Line]]:
    """Lines of one data set, teacher file and test set; one without rows belongs to each."""
    groups: dict[tuple, list[Line]] = {}
    for line in lines:
        if line.rows:
            key = (line.setting.dataset, line.setting.teacher, line.teacher_sha, line.data_digest)
            groups.setdefault(key, []).append(line)
    bare = [line for line in lines if not line.rows]
    for key, of in groups.items():
        of += [line for line in bare if (line.setting.dataset, line.setting.teacher) == key[:2]]
    return list(groups.values())


def _table(held: Bounds, lines: list[Line], every: list[Line]) -> Table:
    first = next(line for line in lines if line.rows)
    found = {one: (line, of) for line in lines for one, of in line.entries.items()}
    there = [one for one in held.preset.methods if one in found]
    where = f"{pretty(first.setting.dataset)}: {layout.model(first, every)}"
    records = [_record(where, held, one, *found[one]) for one in there]
    facts: Sentence = (f"Teacher {first.rows[0].teacher_accuracy:.2f} %.",)
    shown = [_line(one, of) for one, of in zip(there, records, strict=True)]
    columns = heads(NAMES, ["queries", *SHOWN[1:]])
    return Table(f"{held.preset.title}, {where}", facts, columns, shown, records=records)


def _record(where: str, held: Bounds, one: PresetMethod, line: Line, found: Found) -> Record:
    bound = held.of(one)
    return {
        "table": where,
        "method": one.method,
        "access": one.access,
        "budget": count(line.setting.budget),
        "accuracy": of_runs(found.rows),
        "expected": None if bound is None else Number(bound, digits=6),
        "verdict": verdict(held, one, found),
    }


def _line(one: PresetMethod, found: Record) -> tuple[Entry, ...]:
    name = validity.called(one.method, one.form.method)
    return Entry(name), Entry(one.access), *(Entry(found[key]) for key in SHOWN)


def verdict(held: Bounds, one: PresetMethod, found: Found) -> str:
    """The verdict on a method from its runs."""
    if not found.done:
        return FAILED if found.rows else NO_RUN
    low, mean = held.of(one), found.mean
    return WORKS if low is not None and mean is not None and mean >= low else GAP
