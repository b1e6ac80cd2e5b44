"""The records: the best result of each setting and budget, and the queries to 50, 80, 90 and 95 %.

A result counts where it answers the suite's question: labels only, images of 8 bits, no real image,
no defence of the teacher, a whole budget, a method at its present version. Three kinds stand side
by side: methods that learn from queries alone, those with a designed prior, and floors.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from benchmark.errors import NoRows
from benchmark.papers import published
from benchmark.papers.printed import Number
from benchmark.parse import short
from benchmark.rows import floors
from benchmark.rows.grouping import accuracies, by_method, by_setting, complete, title_of
from benchmark.rows.reached import LEVELS, Agreements, bracket, by_budget
from benchmark.rows.row import Row
from benchmark.rows.stats import mean
from benchmark.tables import confined, validity, values
from benchmark.tables.provenance import source, tuned_on
from benchmark.tables.table import Entry, Record, Sheet, Table, heads
from benchmark.tables.values import Budget, Value, mean_of, shown

SEEDS = 3  # a result of fewer gives way to one that has them
BUDGETS = 3  # and a curve of fewer tells little
LEARNT, DESIGNED, FLOOR, PUBLISHED = "learnt", "designed", "floor", "published"
KINDS = (LEARNT, DESIGNED, FLOOR)
RECORDS = (
    "learnt: methods that learn from queries alone; designed: with a designed prior. Of each kind "
    "the highest mean among its results of three seeds or more; where it has none, of fewer (†). "
    "Labels only, 8 bits, no real images, methods at their present version."
)
PRINTED = (
    "published: the highest accuracy that a paper or a repository prints for these architectures "
    "and this budget with labels only, and where. Its teacher and its training are its own."
)
REACHED = (
    "The smallest budget at which separate runs agree so far with their teacher, in the mean over "
    "seeds: budgets that were run, nothing between them. >: not at the largest one."
)


class Result(NamedTuple):
    """One method's runs in one setting at one budget."""

    name: str
    rows: list[Row]

    @property
    def rank(self) -> tuple[bool, float]:
        """Results of enough seeds first, then by their mean."""
        found = accuracies(self.rows)
        return len(found) >= SEEDS, mean(found)


def sheet(rows: list[Row]) -> Sheet:
    """Two tables over all settings. Raises ``NoRows`` where no row counts."""
    counted = [row for row in validity.current(rows) if _counts(row)]
    if not counted:
        raise NoRows("no row has labels only, 8 bits, no real images and a method of today")
    notes = [RECORDS, PRINTED, REACHED, *validity.notes(counted), *confined.notes(counted)]
    tables = [
        table
        for group in by_setting(counted, budget=False).values()
        for table in (_records(group, counted), *_reached(group, counted))
    ]
    return Sheet(tables, [*notes, *tuned_on(counted), source(counted)])


def _counts(row: Row) -> bool:
    asked = (row.access, row.precision, row.scale) == ("hard-label", "uint8", 1)
    whole = row.complete and "under-used" not in row.flags
    plain = not row.real_images and not row.defence
    return asked and whole and plain and not validity.missing(row.method)


def kind(row: Row) -> str:
    """One of ``KINDS``."""
    if floors.is_floor(row):
        return FLOOR
    return DESIGNED if validity.designed(row.method) else LEARNT


def best(rows: Iterable[Row]) -> Result | None:
    """The best result among rows of one setting and budget; None without one."""
    found = [Result(name, of) for name, of in by_method(rows).items() if complete(of)]
    return max(found, key=lambda one: one.rank, default=None)


def _records(rows: list[Row], every: list[Row]) -> Table:
    """The best of each kind at each budget of one setting."""
    lines: list[tuple[Entry, ...]] = []
    records: list[Record] = []
    mixed, title = confined.mixed(every), title_of(rows[0], every)
    breaks: set[int] = set()
    for group in by_setting(rows).values():
        budget = Budget(group[0].budget)
        results = {name: best(row for row in group if kind(row) == name) for name in KINDS}
        found = {name: one for name, one in results.items() if one}
        top = max(one.rank for one in found.values())
        breaks.add(len(lines))
        for name, one in found.items():
            head = shown(budget) if len(lines) in breaks else ""
            lines.append((Entry(head), Entry(name), *_entries(one, one.rank == top, mixed)))
            records.append(_record(title, budget, name, one.name, mean_of(accuracies(one.rows))))
        if number := printed(group[0]):
            name, value = f"{number.method}, {number.source}", values.Number(number.value)
            lines.append((Entry(""), Entry(PUBLISHED), Entry(name), Entry(value)))
            records.append(_record(title, budget, PUBLISHED, name, value))
    columns = heads(["queries", "kind", "method"], ["accuracy"])
    return Table(f"Records, {title}", (), columns, lines, frozenset(breaks), records)


def _entries(found: Result, bold: bool, mixed: bool) -> tuple[Entry, Entry]:
    sign = confined.SIGN if mixed and confined.loose(found.rows) else ""
    return Entry(found.name + sign, bold), Entry(mean_of(accuracies(found.rows)), bold)


def printed(row: Row) -> Number | None:
    """The highest number that is published for a row's setting and budget; None without one."""
    found = published.select(
        dataset=row.dataset,
        teacher=row.teacher,
        student=row.student,
        budget=row.budget,
        access=row.access,
        metric="accuracy",
    )
    return max(found, key=lambda number: number.value, default=None)


def _record(title: str, budget: Budget, kind: str, method: str, accuracy: Value) -> Record:
    return {
        "setting": title,
        "budget": budget,
        "kind": kind,
        "method": method,
        "accuracy": accuracy,
    }


def _reached(rows: list[Row], every: list[Row]) -> list[Table]:
    """A table for a setting in which a method was run at three budgets or more."""
    methods = {name: by_budget(of) for name, of in by_method(rows).items()}
    methods = {name: at for name, at in methods.items() if len(at) >= BUDGETS}
    return [_of_setting(title_of(rows[0], every), methods, rows)] if methods else []


def _of_setting(title: str, methods: dict[str, dict[int, list[float]]], rows: list[Row]) -> Table:
    of = by_method(rows)
    ranked = sorted(methods, key=lambda name: -max(map(mean, methods[name].values())))
    lines: list[tuple[Entry, ...]] = []
    records: list[Record] = []
    for name in ranked:
        found = [_first(methods[name], level) for level in LEVELS]
        lines.append((Entry(validity.named(name, of[name])), *map(Entry, found)))
        to = {f"to_{number}": value for number, value in zip(LEVELS, found, strict=True)}
        records.append({"setting": title, "method": name, **to})
    numbers = [f"to {level} %" for level in LEVELS]
    return Table(
        f"Queries to agree with the teacher, {title}",
        (),
        heads(["method"], numbers),
        lines,
        records=records,
    )


def _first(agreements: Agreements, level: int) -> Value:
    found = bracket(agreements, level).at_most
    return f"> {short(max(agreements))}" if found is None else Budget(found)
