"""One table per comparable setting, from the rows of a store; every number comes from a row."""

from __future__ import annotations

from benchmark.defences.spelling import parse
from benchmark.papers.published import lookup
from benchmark.rows import floors
from benchmark.rows.floors import MEANING, Floor, is_floor, reference, shown
from benchmark.rows.grouping import by_method, by_setting, complete, title_of
from benchmark.rows.row import Row
from benchmark.tables import confined, validity
from benchmark.tables.provenance import source, tuned_on, unshipped
from benchmark.tables.records import of_runs, record
from benchmark.tables.table import Entry, Record, Sentence, Sheet, Table, heads
from benchmark.tables.values import NONE, Value, missing

ACCURACY = (
    "Accuracy of the final student in %, mean ± half a 95 % t interval (seeds), or mean and the "
    "interval's ends where one is cut at 0 or 100"
)
SHOWN = {  # head to the field of a record
    "accuracy": "accuracy",
    "reference": "reference_accuracy",
    "vs floor": "above_floor",
    "published": "published",
    "Δ": "delta",
    "agreement": "agreement",
    "queries": "queries",
    "unique": "unique",
    "seconds": "seconds",
}


def tables(rows: list[Row], compare: bool = False, others: list[Row] | None = None) -> list[Table]:
    """A table for each data set, teacher, student, access and budget, best method first.

    ``compare``: with the number that the IDEAL paper prints for an entry, and the points by which
    the measured one is above it. ``others``: the rows that floors are chosen from, and that titles
    tell a setting from, where ``rows`` are those of a few methods or teachers.
    """
    here = rows if others is None else others
    return [_table(group, rows, compare, here) for group in by_setting(rows).values()]


def sheet(rows: list[Row], compare: bool = False, others: list[Row] | None = None) -> Sheet:
    """All tables, then the meaning of their signs and the source of their numbers."""
    found = tables(rows, compare, others)
    here = rows if others is None else others
    found_floors = filter(None, (reference(of[0], here) for of in by_setting(rows).values()))
    of_floors = [floor.rows for floor in found_floors]
    used = list({row.id: row for of in (rows, *of_floors) for row in of}.values())
    where = [*tuned_on(used), *unshipped(used), *confined.notes(rows), source(used)]
    return Sheet(found, [*_notes(rows, compare, bool(of_floors)), *where])


def _table(rows: list[Row], all_rows: list[Row], compare: bool, others: list[Row]) -> Table:
    """The table of rows that may be compared; a column without news is left out."""
    floor, title = reference(rows[0], others), _title(rows[0], others)
    found = [
        (name, of, record(of, title, paper_number(of[0]), floor))
        for name, of in by_method(rows).items()
    ]
    shown = _columns(rows, [one for _, _, one in found], compare, floor)
    ordered = sorted(found, key=lambda one: _rank(one[1]))
    mixed = confined.mixed(all_rows)
    lines = [
        (Entry(_name(name, of, mixed)), *(Entry(_value(head, one, of, floor)) for head in shown))
        for name, of, one in ordered
    ]
    records = [one for _, _, one in found]
    return Table(title, _facts(rows[0], floor), heads(["method"], shown), lines, records=records)


def _columns(
    rows: list[Row], records: list[Record], compare: bool, floor: Floor | None
) -> list[str]:
    """The heads of columns that say something here."""
    idle = set() if compare else {"published", "Δ"}
    idle |= {"vs floor"} if floor is None else set()
    idle |= {"reference"} if all(missing(one["reference_accuracy"]) for one in records) else set()
    idle |= {"unique"} if all(row.unique == row.queries for row in rows) else set()
    return [head for head in SHOWN if head not in idle]


def _value(head: str, found: Record, rows: list[Row], floor: Floor | None) -> Value:
    """An entry. In the column of the floor a floor says that it is one, or the best of them."""
    if head == "vs floor" and floor and complete(rows) and is_floor(rows[0]):
        return "best floor" if rows[0].id in {row.id for row in floor.rows} else "floor"
    return found[SHOWN[head]]


def _rank(rows: list[Row]) -> float:
    found = of_runs(rows).estimate
    return 1.0 if found is None else -found.value


def best_floor(rows: list[Row]) -> tuple[str, float] | None:
    """Name and mean accuracy of the best floor among rows that may be compared, for pictures."""
    floor = floors.best(rows)
    return (floor.name, floor.mean) if floor else None


def paper_number(row: Row) -> float | None:
    """The accuracy that the IDEAL paper prints for the entry of a row, None where it has none."""
    if row.scale != 1 or row.defence or row.teacher_name:
        return None
    nets = (row.dataset, row.teacher, row.student)
    return lookup(*nets, row.form, row.access, row.budget)


def _name(name: str, rows: list[Row], mixed: bool) -> str:
    """A method's name with its signs; ``mixed``: some runs of the tables were confined."""
    signs = (" ‡" if any(row.real_images for row in rows) else "") + (
        confined.SIGN if mixed and confined.loose(rows) else ""
    )
    return validity.named(name, rows) + signs


def _title(row: Row, rows: list[Row]) -> str:
    return f"{title_of(row, rows)}, {row.budget:,} queries"


def _facts(row: Row, floor: Floor | None) -> Sentence:
    chance = 100 / row.classes
    facts = f"Teacher {row.teacher_accuracy:.2f} %{_behind(row)}, chance {chance:.2f} %"
    if floor is None:
        return (f"{facts}. No floor was run.",)
    return f"{facts}, best floor {shown(floor, row)} ", of_runs(floor.rows), "."


def _behind(row: Row) -> str:
    """The cost of the teacher's defence: to honest users in accuracy, to the asker in time."""
    told, hours = row.defended_accuracy, parse(row.defence).hours(row.budget)
    users = "" if told is None else f", for honest users behind its defence {told:.2f} %"
    return f"{users}, {row.budget:,} queries take {hours:.3g} hours" if hours else users


def _notes(rows: list[Row], compare: bool, floor: bool) -> list[str]:
    done = complete(rows)
    few = any(len(group) < 3 for g in by_setting(done).values() for group in by_method(g).values())
    notes = ["† fewer than three seeds, so no interval."] if few else []
    notes += ["(2/3): two of three runs ended, the others failed."] if len(done) < len(rows) else []
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
    of = {(row.reference_images or row.queries, row.queries) for row in found}
    sampled = {images for images, queries in of if images < queries}
    some = f" (of a uniform sample of {max(sampled):,} where more were bought)" if sampled else ""
    return [
        f"reference: a fresh student trained by one recipe on the labels that were bought{some}, "
        f"its accuracy written as the method's; {NONE}, or nothing, where a run trained none."
    ]
