"""The cost of a query at each budget: images through the student, and CPU time.

The images are a count, the same on every machine. The CPU time adds up over the threads of the
process without evaluation; other work on the machine changes it little, another CPU changes it.
"""

from __future__ import annotations

from collections.abc import Iterable

from benchmark.errors import BenchError
from benchmark.rows.grouping import by_method, by_setting, title_of
from benchmark.rows.row import Row
from benchmark.rows.stats import mean
from benchmark.tables import validity
from benchmark.tables.provenance import source
from benchmark.tables.table import Entry, Record, Sheet, Table, heads
from benchmark.tables.values import NONE, Budget, Number, count

SHOWN = {  # head to the field of a record
    "budget": "budget",
    "runs": "runs",
    "student images per query": "images_per_query",
    "CPU s per 1k queries": "cpu_seconds_per_1k",
}
NOTE = (
    "student images per query: those that the student was trained on, for each paid query. CPU s: "
    f"over all threads, without evaluation; {NONE}: the rows are from before it was measured. Only "
    "methods that were run at several budgets, and only budgets that were spent to 95 %."
)


def sheet(rows: list[Row]) -> Sheet:
    """A table for each setting in which a method was run at several budgets."""
    done = [row for row in rows if row.complete and row.queries]
    done = [row for row in done if "under-used" not in row.flags]
    settings = [_at_several(group) for group in by_setting(done, budget=False).values()]
    settings = [methods for methods in settings if methods]
    if not settings:
        raise BenchError("no method has complete rows at several budgets of one setting")
    used = [row for methods in settings for of in methods.values() for row in of]
    return Sheet(
        [_table(methods, rows) for methods in settings],
        [NOTE, *validity.notes(used), source(used)],
    )


def _at_several(rows: list[Row]) -> dict[str, list[Row]]:
    """The methods that were run at several budgets, with their rows."""
    return {name: of for name, of in by_method(rows).items() if len({row.budget for row in of}) > 1}


def _table(methods: dict[str, list[Row]], rows: list[Row]) -> Table:
    lines: list[tuple[Entry, ...]] = []
    records, breaks = [], set()
    first = next(iter(methods.values()))[0]
    title = f"Cost by budget, {title_of(first, rows)}"
    for name, of in methods.items():
        breaks.add(len(lines))
        for number, budget in enumerate(sorted({row.budget for row in of})):
            found = _record(title, name, budget, [row for row in of if row.budget == budget])
            head = "" if number else validity.named(name, of)
            lines.append((Entry(head), *(Entry(found[key]) for key in SHOWN.values())))
            records.append(found)
    return Table(title, (), heads(["method"], [*SHOWN]), lines, frozenset(breaks), records)


def images_per_query(rows: Iterable[Row]) -> float:
    """Images through the student in training, for each query; the mean over rows."""
    return mean([row.student_images / row.queries for row in rows])


def cpu_seconds(rows: Iterable[Row]) -> float | None:
    """CPU seconds for 1,000 queries: the mean over the rows that have them, None if none has."""
    found = [1000 * r.cpu_seconds / r.queries for r in rows if r.cpu_seconds]
    return mean(found) if found else None


def _record(title: str, name: str, budget: int, rows: list[Row]) -> Record:
    seconds = cpu_seconds(rows)
    return {
        "table": title,
        "dataset": rows[0].dataset,
        "teacher": rows[0].teacher,
        "student": rows[0].student,
        "method": name,
        "budget": Budget(budget),
        "runs": count(len(rows)),
        "images_per_query": Number(images_per_query(rows), decimals=1),
        "cpu_seconds_per_1k": None if seconds is None else Number(seconds),
    }
