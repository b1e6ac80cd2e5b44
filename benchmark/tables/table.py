"""One table per comparable setting, from the rows of a store; every number comes from a row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from benchmark.papers.published import lookup
from benchmark.rows import floors
from benchmark.rows.floors import MEANING, Floor, is_floor, reference, shown
from benchmark.rows.grouping import by_method, by_setting, complete, title_of
from benchmark.rows.row import Row
from benchmark.rows.stats import cell, mean
from benchmark.tables import validity
from benchmark.tables.provenance import source, tuned_on, unshipped
from benchmark.tables.records import Record, record, referred

NONE = "—"
ACCURACY = (
    "Accuracy of the final student in %, mean ± half a 95 % t interval (seeds), or mean and the "
    "interval's ends where one is cut at 0 or 100"
)


@dataclass(frozen=True)
class Styled:
    """A text with emphasis, and the numbers of its footnotes, from 1."""

    text: str
    bold: bool = False
    underline: bool = False
    marks: tuple[int, ...] = ()


Text = str | Styled


@dataclass(frozen=True)
class Table:
    """A finished table: a text in every cell, the first ``left`` columns are names."""

    title: str
    facts: str
    header: tuple[Text, ...]
    lines: list[tuple[Text, ...]]
    left: int = 1
    breaks: frozenset[int] = frozenset()  # lines before which a new block begins
    records: list[Record] = field(default_factory=list)  # the same in numbers


@dataclass(frozen=True)
class Document:
    """Tables and what is to be said of them; ``render`` makes text of it."""

    tables: list[Table]
    notes: list[str]
    footnotes: list[str] = field(default_factory=list)  # number n is footnotes[n - 1]


def tables(rows: list[Row], compare: bool = False, others: list[Row] | None = None) -> list[Table]:
    """A table for each data set, teacher, student, access and budget, best method first.

    ``compare``: with the number that the IDEAL paper prints for a cell, and the points by which
    the measured one is above it. ``others``: where the floors are looked for, if not in ``rows``,
    which may be those of a few methods.
    """
    here = rows if others is None else others
    return [_table(group, rows, compare, here) for group in by_setting(rows).values()]


def document(rows: list[Row], compare: bool = False, others: list[Row] | None = None) -> Document:
    """All tables, then what their signs mean and where the numbers come from."""
    found = tables(rows, compare, others)
    here = rows if others is None else others
    found_floors = filter(None, (reference(of[0], here) for of in by_setting(rows).values()))
    of_floors = [floor.rows for floor in found_floors]
    used = list({row.id: row for of in (rows, *of_floors) for row in of}.values())
    where = [*tuned_on(used), *unshipped(used), source(used)]
    return Document(found, [*_notes(rows, compare, bool(of_floors)), *where])


def _table(rows: list[Row], all_rows: list[Row], compare: bool, others: list[Row]) -> Table:
    """The table of rows that may be compared; a column without news is left out."""
    floor = reference(rows[0], others)
    columns = _columns(rows, compare, floor)
    lines, records = [], []
    for name, of in by_method(rows).items():
        done = complete(of)
        records.append(record(of, _title(rows[0], all_rows), paper_number(of[0]), floor))
        cells = [make(done) if done else NONE for make in columns.values()]
        cells[0] = cells[0] if done else "failed"
        rank = _mean(done, "accuracy") if done else -1.0
        lines.append((-rank, (_name(name, of, done), *cells)))
    ordered = [line for _, line in sorted(lines, key=lambda pair: pair[0])]
    title, facts = _title(rows[0], all_rows), _facts(rows[0], floor)
    return Table(title, facts, ("method", *columns), ordered, records=records)


def _columns(
    rows: list[Row], compare: bool, floor: Floor | None
) -> dict[str, Callable[[list[Row]], str]]:
    """The text of each column for the complete runs of a method."""
    columns = {
        "accuracy": lambda done: cell([row.accuracy for row in done]),
        "reference": lambda done: _reference(done),
        "vs floor": lambda done: _versus(done, floor),
        "published": lambda done: _published(done)[0],
        "Δ": lambda done: _published(done)[1],
        "agreement": lambda done: f"{_mean(done, 'agreement'):.2f}",
        "queries": lambda done: f"{_mean(done, 'queries'):,.0f}",
        "unique": lambda done: f"{_mean(done, 'unique'):,.0f}",
        "seconds": lambda done: f"{_mean(done, 'seconds'):,.0f}",
    }
    if not any(referred(rows)):
        del columns["reference"]
    if floor is None:
        del columns["vs floor"]
    if not compare:
        del columns["published"], columns["Δ"]
    if all(row.unique == row.queries for row in rows):
        del columns["unique"]
    return columns


def _reference(rows: list[Row]) -> str:
    """The accuracy of the reference students of a method's runs."""
    found = referred(rows)
    return cell(found) if found else NONE


def best_floor(rows: list[Row]) -> tuple[str, float] | None:
    """Name and mean accuracy of the best floor among rows that may be compared, for pictures."""
    floor = floors.best(rows)
    return (floor.name, floor.mean) if floor else None


def _versus(rows: list[Row], floor: Floor) -> str:
    """Points above the best floor, with a mark where a method does not beat it; or a floor."""
    if is_floor(rows[0]):
        return "best floor" if rows[0].id in {row.id for row in floor.rows} else "floor"
    gain = _mean(rows, "accuracy") - floor.mean
    return f"{gain:+.2f}" + (" ▼" if gain <= 0 else "")


def _published(rows: list[Row]) -> tuple[str, str]:
    """The IDEAL paper's number for a cell, and how far above it the measured mean is."""
    number = paper_number(rows[0])
    if number is None:
        return NONE, NONE
    return f"{number:.2f}", f"{_mean(rows, 'accuracy') - number:+.2f}"


def paper_number(row: Row) -> float | None:
    """The accuracy that the IDEAL paper prints for the cell of a row, None where it has none."""
    if row.scale != 1:
        return None
    place = (row.dataset, row.teacher, row.student)
    return lookup(*place, row.label, row.access, row.budget)


def _mean(rows: list[Row], field: str) -> float:
    return mean([getattr(row, field) for row in rows])


def _name(name: str, rows: list[Row], done: list[Row]) -> str:
    """A method's name with its marks; failed seeds count as ``2/3``."""
    mark = " ‡" if any(row.real_images for row in rows) else ""
    failed = f" {len(done)}/{len(rows)}" if len(done) < len(rows) else ""
    return validity.named(name, rows) + mark + failed


def _title(row: Row, rows: list[Row]) -> str:
    return f"{title_of(row, rows)}, {row.budget:,} queries"


def _facts(row: Row, floor: Floor | None) -> str:
    chance = 100 / row.classes
    facts = f"Teacher {row.teacher_accuracy:.2f} %, chance {chance:.2f} %"
    if floor is None:
        return f"{facts}. No floor was run."
    return f"{facts}, best floor {shown(floor, row)} {cell(list(floor.accuracies.values()))}."


def _notes(rows: list[Row], compare: bool, floor: bool) -> list[str]:
    done = complete(rows)
    few = any(len(group) < 3 for g in by_setting(done).values() for group in by_method(g).values())
    notes = ["† fewer than three seeds, so no interval."] if few else []
    flagged = [f"{row.label} seed {row.seed}: {', '.join(row.flags)}" for row in rows if row.flags]
    notes += [f"Flags: {'; '.join(flagged)}."] if flagged else []
    if floor:
        notes.append(f"{MEANING}. vs floor: points above the best of them; ▼ does not beat it.")
    if compare:
        notes.append(
            "published: IDEAL, ICLR 2023, one number for three runs; Δ: points measured above it. "
            "Where the paper names no student, that of its Table 5 is assumed."
        )
    notes += of_reference(done)
    images = sorted({row.real_images for row in done if row.real_images})
    notes += (
        [f"‡ not data-free: its queries are real images of {', '.join(images)}."] if images else []
    )
    notes += validity.notes(rows)
    remarks = sorted({f"{row.label}: {text}" for row in rows for text in row.notes})
    notes += [f"Noted: {'; '.join(remarks)}."] if remarks else []
    notes.append(
        f"{ACCURACY}; agreement with the teacher in %; queries and different images among them; "
        "seconds without evaluation."
    )
    return notes


def of_reference(rows: list[Row]) -> list[str]:
    """A note on the reference student, where runs have one, and on those that learnt a sample."""
    found = [row for row in rows if row.reference_accuracy is not None]
    if not found:
        return []
    sampled = {row.reference_images for row in found if row.reference_images < row.queries}
    some = f" (of a uniform sample of {max(sampled):,} where more were bought)" if sampled else ""
    return [
        f"reference: a fresh student trained by one recipe on the labels that were bought{some}, "
        f"its accuracy written as the method's; {NONE}, or nothing, where a run trained none."
    ]
