"""The page's tables, of values that each form of the page sets in its own way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from benchmark import parse
from benchmark.exposure import words
from benchmark.exposure.alarms import Alarm
from benchmark.exposure.findings import Exposure, Extraction, Tariff
from benchmark.rows.grouping import complete
from benchmark.rows.reached import LEVELS, Bracket
from benchmark.tables.table import Entry, Table, heads, line
from benchmark.tables.values import Budget, Number, Value, mean_of

ATTACKS = {"fgsm": "FGSM", "pgd": "PGD"}
NOTHING = Bracket(None, None)  # of a method without a complete run
AT_MOST, MORE = "≤ ", "> "
UNDECIDED = "undecided"  # no budget decides it: the interval is wider than all


def cheapest(found: Exposure) -> Table:
    """Level by level the method that gets there with the fewest queries, and this budget."""
    columns = (*heads([], ["level"]), *heads(["method"], ["queries", "dollars", "time"]))
    lines = []
    for level in LEVELS:
        best = found.cheapest(level)
        at = Bracket(None, best.bracket(level).at_most) if best else _beyond(found)
        name = best.title if best else queries(at)
        number = span(at, parse.short).removeprefix(AT_MOST)
        costs = [text and text.removeprefix(AT_MOST) for text in _cost(at, found.tariff)]
        lines.append(line(f"{level} %", name, None if at == NOTHING else number, *costs))
    return Table("The cheapest copy", (), columns, lines).without_empty_columns()


def levels(found: Exposure) -> Table:
    """Method by method the queries to each level."""
    columns = (
        *heads(["method"], ["level"]),
        *heads(["queries"], ["95 % interval", "first run", "dollars", "time"]),
    )
    lines: list[tuple[Entry, ...]] = []
    breaks: set[int] = set()
    for extraction in found.extractions:
        breaks.add(len(lines))
        for number, one in enumerate(extraction.reached):
            name = "" if number else extraction.title
            spread = span(one.interval, parse.short) if one.interval else None
            first = Budget(one.first) if one.first else None
            costs = _cost(one.mean, found.tariff)
            lines.append(line(name, f"{one.level} %", queries(one.mean), spread, first, *costs))
    return Table("Queries to agree", (), columns, lines, frozenset(breaks)).without_empty_columns()


def measured(found: Exposure) -> Table:
    """Agreement and accuracy at each budget."""
    columns = heads(["method"], ["queries", "agreement %", "accuracy %"])
    lines: list[tuple[Entry, ...]] = []
    breaks: set[int] = set()
    for one in found.extractions:
        breaks.add(len(lines))
        for number, budget in enumerate(sorted({row.budget for row in one.rows})):
            of = [row for row in one.rows if row.budget == budget]
            agreement, accuracy = (
                mean_of([getattr(row, name) for row in complete(of)], len(of))
                for name in ("agreement", "accuracy")
            )
            name = "" if number else one.title
            lines.append(line(name, Budget(budget), agreement, accuracy))
    return Table("Measured", (), columns, lines, frozenset(breaks))


def alarms(found: Exposure) -> Table:
    """Where the detector rings in the runs of the largest budget."""
    lines = []
    for one in found.extractions:
        counts = Counter(map(alarm, one.alarms))
        texts = [f"{text} ({count} seeds)" if count > 1 else text for text, count in counts.items()]
        lines.append(line(one.title, _budget(one), "; ".join(texts) or None))
    columns = (*heads(["method"], ["queries"]), *heads(["alarm at, by seed"], []))
    return Table("PRADA's alarm", (), columns, lines)


def alarm(one: Alarm) -> str:
    """One run's alarm in words."""
    if one.not_computed:
        return f"not computed: {one.not_computed}"
    return f"no alarm in {one.queries:,}" if one.at is None else f"{one.at:,}"


def transfers(found: Exposure) -> Table:
    """The success of transfer attacks with the students of the largest budget."""
    columns = heads(["method"], ["queries", *(f"{name} %" for name in ATTACKS.values())])
    lines = [
        line(one.title, _budget(one), *(_success(one, name) for name in ATTACKS))
        for one in found.extractions
    ]
    return Table("Transfer attacks", (), columns, lines)


def _success(extraction: Extraction, attack: str) -> Value:
    there = [one.transfer for one in extraction.students if one.transfer]
    values = [getattr(one, attack) for one in there]
    return mean_of(values, len(extraction.students)) if values else None


def classes(found: Exposure) -> Table:
    """The accuracy of teacher and students, class by class."""
    columns = heads(["class"], ["classifier", *(one.title for one in found.extractions)])
    lines = []
    for number, name in enumerate(found.classes):
        of = [_in_class(one, number) for one in found.extractions]
        lines.append(line(name, _points(found.teacher_classes[number]), *of))
    return Table("Accuracy by class", (), columns, lines)


def _in_class(extraction: Extraction, number: int) -> Value:
    there = [one.classes[number] for one in extraction.students if one.classes]
    values = [value for value in there if value is not None]
    return mean_of(values, len(extraction.students)) if values else None


def standard() -> Table:
    """The requirements that the page is evidence for."""
    lines = [line(one.numbers, one.subject, one.here) for one in words.STANDARD]
    return Table("", (), heads(["requirement", "on", "here"], []), lines)


def queries(at: Bracket) -> str:
    """The queries to a level."""
    if at == NOTHING:
        return words.NO_RUN
    return words.NOT_REACHED if at.at_most is None else span(at, parse.short)


def span(at: Bracket, show: Callable[[int], str]) -> str:
    """A bracket in words; ``show`` makes the text of a number of queries."""
    if at.at_most is None:
        return UNDECIDED if at.above is None else f"{MORE}{show(at.above)}"
    if at.above is None:
        return f"{AT_MOST}{show(at.at_most)}"
    return f"{show(at.above)} – {show(at.at_most)}"


def money(dollars: float) -> str:
    """``$1,234.50``; less than a cent with two digits."""
    return f"${dollars:,.2f}" if dollars >= 0.01 or not dollars else f"${dollars:.2g}"


def _cost(at: Bracket, tariff: Tariff) -> tuple[str | None, str | None]:
    priced, timed = tariff.dollars_per_1000, tariff.queries_a_second
    if at == NOTHING:
        return None, None
    return (
        span(at, lambda queries: money(tariff.dollars(queries) or 0.0)) if priced else None,
        span(at, lambda queries: parse.spoken(3600 * (tariff.hours(queries) or 0.0)))
        if timed
        else None,
    )


def _beyond(found: Exposure) -> Bracket:
    """The bracket of a level that no method reached."""
    return Bracket(max((one.budget for one in found.extractions if one.budget), default=None), None)


def _budget(one: Extraction) -> Value:
    return Budget(one.budget) if one.budget else None


def _points(value: float | None) -> Value:
    return None if value is None else Number(value)
