"""Which methods differ: each held against one of its setting, paired over common seeds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from benchmark.errors import BenchError, unknown
from benchmark.papers.presets import Preset, pretty
from benchmark.rows.floors import MEANING, Floor, is_floor, reference
from benchmark.rows.grouping import by_method, by_setting, complete, title_of
from benchmark.rows.paired import SIGNIFICANT, Pair, best, compare, holm
from benchmark.rows.row import Row
from benchmark.rows.stats import FEWEST, Seeds, cell, mean
from benchmark.tables import grid, validity
from benchmark.tables.layout import model
from benchmark.tables.provenance import source, tuned_on
from benchmark.tables.records import Record
from benchmark.tables.table import ACCURACY, NONE, Document, Table

PLACE = ("dataset", "teacher", "student", "budget")
BEST, FLOOR = "best", "floor"  # what may be named instead of a method
HEADER = ("method", "accuracy", "difference", "95 % interval", "seeds", "p", "p (Holm)", "verdict")
NOTE = (
    "difference: the mean over common seeds, in points above what is compared with. 95 % interval: "
    "Student's t of the paired differences, of this comparison alone, cut at ±100. seeds: those in "
    f"common; below {FEWEST} nothing is tested. p: two-sided, of this comparison alone; p (Holm): "
    "adjusted for all comparisons of its table. Verdict: above or below where p (Holm) is below "
    f"{SIGNIFICANT:g}; what is not told apart need not be equal, least of all at three seeds."
)
LUCKY = (
    "The best was chosen by the same runs, so it is lucky too: differences from it look larger "
    "than those from a method named beforehand (`--against`)."
)


@dataclass(frozen=True)
class Group:
    """A group that may be compared: a setting at one budget."""

    title: str
    place: Record  # the setting in columns
    entries: Mapping[str, Seeds]  # method -> seed -> accuracy in %; the best first
    floor: str  # the name of the best floor among the entries, "" without one
    floors: frozenset[str]  # the names of all of them


def document(rows: list[Row], against: str, others: list[Row] | None = None) -> Document:
    """Differences of all methods of each setting and budget.

    ``against``: a method as tables show it, ``best`` or ``floor``. ``others``: where the best floor
    is looked for, if not in ``rows``; it takes part also where it is not among these.
    """
    groups, used = [], {row.id: row for row in rows}
    for of in by_setting(rows).values():
        methods = by_method(of)
        entries = {name: _accuracies(runs) for name, runs in methods.items()}
        floors = frozenset(name for name, runs in methods.items() if is_floor(runs[0]))
        floor = reference(of[0], rows if others is None else others)
        used |= {row.id: row for row in (floor.rows if floor else [])}
        title = f"{title_of(of[0], rows)}, {of[0].budget:,} queries"
        place = {name: getattr(of[0], name) for name in PLACE}
        groups.append(_group(title, place, entries, floor, floors))
    return _document(groups, against, list(used.values()))


def of_preset(preset: Preset, rows: list[Row], against: str, scale: float = 1.0) -> Document:
    """Differences in each setting of a preset, the best floor among them."""
    if not preset.ranked:
        raise BenchError(
            f"{preset.name} has methods of different access, which are not compared; without "
            "--preset each access has a table of its own"
        )
    groups, used = [], {}
    found = grid.lines(preset, rows, scale)
    share = "" if scale == 1 else f", rehearsal at {scale:g} of it"
    for line in found:
        of, place = line.place, {name: getattr(line.place, name) for name in PLACE}
        entries = {one.method: found.accuracies for one, found in line.measured.items()}
        rows_here = [*line.rows, *(line.floor.rows if line.floor else [])]
        used |= {row.id: row for row in rows_here}
        networks = f"{model(line, found)} to {pretty(of.student)}"
        title = f"{pretty(of.dataset)}: {networks}, {of.budget:,} queries{share}"
        groups.append(_group(title, place, entries, line.floor))
    return _document(groups, against, list(used.values()))


def _group(
    title: str,
    place: Record,
    entries: dict[str, Seeds],
    floor: Floor | None,
    floors: frozenset[str] = frozenset(),
) -> Group:
    """The best floor takes part, whether it is among the methods or not."""
    entries |= {floor.name: floor.accuracies} if floor else {}
    present = {name: seeds for name, seeds in entries.items() if seeds}
    order = sorted(present, key=lambda name: -mean(list(present[name].values())))
    best_of_all = floor.name if floor else ""
    floors |= {best_of_all} if floor else set()
    return Group(title, place, {name: present[name] for name in order}, best_of_all, floors)


def _accuracies(rows: Iterable[Row]) -> Seeds:
    return {row.seed: row.accuracy for row in complete(rows)}


def _document(groups: list[Group], against: str, rows: list[Row]) -> Document:
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
    return Document(tables, [*notes, f"{ACCURACY}.", *tuned_on(rows), source(rows)])


def _compared_with(group: Group, against: str) -> str:
    """The entry that the others are held against; "" where there is none."""
    if against == FLOOR:
        return group.floor
    if against == BEST:
        enough = {name: seeds for name, seeds in group.entries.items() if len(seeds) >= FEWEST}
        return best(enough or group.entries)
    return against if against in group.entries else ""


def _table(group: Group, against: str) -> Table:
    leading = group.entries[against]
    pairs = {name: compare(of, leading) for name, of in group.entries.items() if name != against}
    tested = [name for name, pair in pairs.items() if pair and pair.p is not None]
    adjusted = dict(zip(tested, holm([pairs[name].p for name in tested]), strict=True))
    lines, records = [], []
    for name, pair in pairs.items():
        seeds, p = group.entries[name], adjusted.get(name)
        lines.append((_called(group, name), cell(list(seeds.values())), *_cells(pair, p)))
        records.append(
            {
                **group.place,
                "method": name,
                "floor": name in group.floors,
                "against": against,
                "mean": mean(list(seeds.values())),
                "n": len(seeds),
                "mean_against": mean(list(leading.values())),
                "n_against": len(leading),
                "difference": pair.difference if pair else None,
                "low": pair.low if pair else None,
                "high": pair.high if pair else None,
                "common_seeds": pair.seeds if pair else 0,
                "p": pair.p if pair else None,
                "p_holm": p,
                "verdict": verdict(pair, p),
            }
        )
    facts = f"Against {_called(group, against)}, {cell(list(leading.values()))}."
    if tested:
        facts += f" Comparisons tested: {len(tested)}."
    return Table(group.title, facts, HEADER, lines, records=records)


def _called(group: Group, name: str) -> str:
    return f"{name} (floor)" if name in group.floors else validity.called(name)


def _cells(pair: Pair | None, p: float | None) -> tuple[str, ...]:
    if pair is None:
        return (NONE, NONE, "0", NONE, NONE, verdict(pair, p))
    ends = NONE if pair.low is None else f"[{pair.low:+.2f}, {pair.high:+.2f}]"
    values = (f"{pair.difference:+.2f}", ends, str(pair.seeds))
    return (*values, _chance(pair.p), _chance(p), verdict(pair, p))


def _chance(p: float | None) -> str:
    return NONE if p is None else "< 0.001" if p < 0.001 else f"{p:.3f}"


def verdict(pair: Pair | None, p: float | None) -> str:
    """The verdict of a comparison; ``p`` is adjusted for its family."""
    if pair is None or p is None:
        return "too few seeds"
    if p >= SIGNIFICANT:
        return "not told apart"
    return "above" if pair.difference > 0 else "below"
