"""Which methods differ: each held against one of its setting, paired over common seeds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from benchmark.errors import BenchError, unknown
from benchmark.papers.presets import Preset, pretty
from benchmark.rows.floors import MEANING, Floor, is_floor, reference
from benchmark.rows.grouping import by_method, by_seed, by_setting, title_of
from benchmark.rows.paired import SIGNIFICANT, Pair, best, compare, holm
from benchmark.rows.row import Row
from benchmark.rows.stats import FEWEST, Seeds, mean
from benchmark.tables import grid, validity
from benchmark.tables.layout import model
from benchmark.tables.provenance import source, tuned_on
from benchmark.tables.settings import ACCURACY
from benchmark.tables.table import Entry, Record, Sheet, Table, heads
from benchmark.tables.values import NO_SPAN, Chance, Span, count, mean_of, points

SETTING = ("dataset", "teacher", "student", "budget")
BEST, FLOOR = "best", "floor"  # may be named instead of a method
SHOWN = {  # head to the field of a record
    "accuracy": "accuracy",
    "difference": "difference",
    "95 % interval": "difference_interval",
    "seeds": "common_seeds",
    "p": "p",
    "p (Holm)": "p_holm",
    "verdict": "verdict",
}
NOTE = (
    "difference: the mean over common seeds, in points above the other method. 95 % interval: "
    "Student's t of the paired differences, of this comparison alone, cut at ±100. seeds: those in "
    f"common; below {FEWEST} nothing is tested. p: two-sided, of this comparison alone; p (Holm): "
    "adjusted for all comparisons of its table. Verdict: above or below where p (Holm) is below "
    f"{SIGNIFICANT:g}; methods not told apart need not be equal, least of all at three seeds."
)
LUCKY = (
    "The best was chosen by the same runs, so it is lucky too: differences from it look larger "
    "than those from a method named beforehand (`--against`)."
)


@dataclass(frozen=True)
class Group:
    """Methods that may be compared: those of a setting at one budget."""

    title: str
    setting: Record  # the setting in columns
    entries: Mapping[str, Seeds]  # method -> seed -> accuracy in %; the best first
    shown: Mapping[str, str]  # method -> its name in the table, with its label
    floor: str  # the name of the best floor among the entries, "" without one
    floors: frozenset[str]  # the names of all of them


def sheet(rows: list[Row], against: str, others: list[Row] | None = None) -> Sheet:
    """Differences between the methods of each setting and budget.

    ``against``: a method as tables show it, ``best`` or ``floor``. ``others``: the rows that the
    best floor is chosen from, if not ``rows``, and titles tell a setting from; the floor takes part
    in any case.
    """
    groups, used = [], {row.id: row for row in rows}
    others = rows if others is None else others
    for of in by_setting(rows).values():
        methods = by_method(of)
        entries = {name: _accuracies(runs) for name, runs in methods.items()}
        floors = frozenset(name for name, runs in methods.items() if is_floor(runs[0]))
        floor = reference(of[0], others)
        used |= {row.id: row for row in (floor.rows if floor else [])}
        title = f"{title_of(of[0], others)}, {of[0].budget:,} queries"
        setting = {name: getattr(of[0], name) for name in SETTING}
        shown = {name: validity.named(name, runs) for name, runs in methods.items()}
        groups.append(_group(title, setting, entries, shown, floor, floors))
    return _sheet(groups, against, list(used.values()))


def of_preset(preset: Preset, rows: list[Row], against: str, scale: float = 1.0) -> Sheet:
    """Differences in each setting of a preset, the best floor among them."""
    if not preset.ranked:
        raise BenchError(
            f"{preset.name} has methods of different access, which are not compared; without "
            "--preset each access has a table of its own"
        )
    groups: list[Group] = []
    used: dict[str, Row] = {}
    found = grid.lines(preset, rows, scale)
    share = "" if scale == 1 else f", rehearsal at {scale:g} of it"
    for line in found:
        of, setting = line.setting, {name: getattr(line.setting, name) for name in SETTING}
        entries = {one.method: found.accuracies for one, found in line.measured.items()}
        shown = {
            one.method: validity.named(one.method, line.entries[one].rows) for one in line.entries
        }
        rows_here = [*line.rows, *(line.floor.rows if line.floor else [])]
        used |= {row.id: row for row in rows_here}
        networks = f"{model(line, found)} to {pretty(of.student)}"
        title = f"{pretty(of.dataset)}: {networks}, {of.budget:,} queries{share}"
        groups.append(_group(title, setting, entries, shown, line.floor))
    return _sheet(groups, against, list(used.values()))


def _group(
    title: str,
    setting: Record,
    entries: dict[str, Seeds],
    shown: dict[str, str],
    floor: Floor | None,
    floors: frozenset[str] = frozenset(),
) -> Group:
    """The best floor takes part, whether it is among the methods or not."""
    entries |= {floor.name: floor.accuracies} if floor else {}
    present = {name: seeds for name, seeds in entries.items() if seeds}
    order = sorted(present, key=lambda name: -mean(list(present[name].values())))
    best_of_all = floor.name if floor else ""
    floors |= {best_of_all} if floor else set()
    shown |= {name: f"{name} (floor)" for name in floors}
    return Group(
        title, setting, {name: present[name] for name in order}, shown, best_of_all, floors
    )


def _accuracies(rows: Iterable[Row]) -> Seeds:
    return by_seed(rows)


def _sheet(groups: list[Group], against: str, rows: list[Row]) -> Sheet:
    groups = [group for group in groups if len(group.entries) > 1]
    if not groups:
        raise BenchError("there is no setting with complete runs of two methods to compare")
    names = sorted({name for group in groups for name in group.entries})
    if against not in (BEST, FLOOR, *names):
        raise unknown("method", against, names, f"Or {BEST}, or {FLOOR}.")
    tables = [_table(group, name) for group in groups if (name := _compared_with(group, against))]
    if not tables:
        raise BenchError("no floor was run in any of these settings")
    left = len(groups) - len(tables)
    notes = [NOTE, *([LUCKY] if against == BEST else [])]
    notes += (
        [f"Left out, without runs of {against}: {left} of {len(groups)} tables."] if left else []
    )
    if any(group.floor for group in groups):
        notes.append(f"{MEANING}.")
    notes += validity.notes(rows)
    return Sheet(tables, [*notes, f"{ACCURACY}.", *tuned_on(rows), source(rows)])


def _compared_with(group: Group, against: str) -> str:
    """The entry that the others are held against; "" where there is none."""
    if against == FLOOR:
        return group.floor
    if against == BEST:
        enough = {name: seeds for name, seeds in group.entries.items() if len(seeds) >= FEWEST}
        return best(enough or group.entries) or ""
    return against if against in group.entries else ""


def _table(group: Group, against: str) -> Table:
    leading = group.entries[against]
    pairs = {name: compare(of, leading) for name, of in group.entries.items() if name != against}
    tested = {name: pair.p for name, pair in pairs.items() if pair and pair.p is not None}
    adjusted = dict(zip(tested, holm([*tested.values()]), strict=True))
    records = [_record(group, name, against, of, adjusted.get(name)) for name, of in pairs.items()]
    lines = [
        (Entry(group.shown[name]), *(Entry(found[key]) for key in SHOWN.values()))
        for name, found in zip(pairs, records, strict=True)
    ]
    said = f". Comparisons tested: {len(tested)}." if tested else "."
    facts = (f"Against {group.shown[against]}, ", mean_of(leading.values()), said)
    return Table(group.title, facts, heads(["method"], [*SHOWN]), lines, records=records)


def _record(group: Group, name: str, against: str, pair: Pair | None, p: float | None) -> Record:
    """A comparison; ``p`` is adjusted for all of its table."""
    alone = None if pair is None or pair.p is None else Chance(pair.p)
    return {
        "table": group.title,
        **group.setting,
        "method": name,
        "floor": name in group.floors,
        "against": against,
        "accuracy": mean_of(group.entries[name].values()),
        "against_accuracy": mean_of(group.entries[against].values()),
        "difference": points(pair.difference) if pair else None,
        "difference_interval": Span(pair.low, pair.high) if pair else NO_SPAN,
        "common_seeds": count(pair.seeds if pair else 0),
        "p": alone,
        "p_holm": None if p is None else Chance(p),
        "verdict": verdict(pair, p),
    }


def verdict(pair: Pair | None, p: float | None) -> str:
    """The verdict of a comparison; ``p`` is adjusted for its family."""
    if pair is None or p is None:
        return "too few seeds"
    if p >= SIGNIFICANT:
        return "not told apart"
    return "above" if pair.difference > 0 else "below"
