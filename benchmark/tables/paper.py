"""The table of a preset in the paper's layout: numbers measured and, if asked for, printed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from benchmark.papers.presets import Preset, PresetMethod
from benchmark.papers.printed import Number
from benchmark.rows.grouping import complete
from benchmark.rows.row import USUAL, Row
from benchmark.tables import confined, grid, paper_notes, paper_numbers, validity
from benchmark.tables.footnotes import Footnotes, Set, lift
from benchmark.tables.grid import FLOOR, Line
from benchmark.tables.layout import ABOVE, IMPROVEMENT, TEACHER, Item, Layout, lay_out, with_runs
from benchmark.tables.paper_records import records
from benchmark.tables.records import of_runs, reference
from benchmark.tables.table import Column, Entry, Sheet, Table
from benchmark.tables.values import NO_MEAN, Mean, Value, missing, points
from benchmark.tables.values import Number as Shown

HERE, REFERENCE, PAPER, DELTA = "here", "reference", "paper", "Δ"
SIGNED = (IMPROVEMENT, ABOVE)


def sheet(
    preset: Preset,
    rows: list[Row],
    compare: bool = False,
    scale: float = 1.0,
    only_run: bool = False,
) -> Sheet:
    """The preset's table with its notes.

    ``compare`` adds the paper's numbers, with footnotes; ``only_run`` leaves out the settings and
    the methods that have no run.
    """
    whole = preset, grid.lines(preset, rows, scale)
    shown, lines = with_runs(*whole) if only_run else whole
    notes = Footnotes()
    one, general = _table(shown, lines, compare, notes)
    facts = paper_notes.facts(shown, lines, len(preset.cells()))
    table = replace(one, title=paper_notes.title(preset, scale), facts=(facts,))
    left = [paper_notes.left_out(whole, (shown, lines))] if only_run else []
    text = [*general, *left, *paper_notes.notes(shown, lines, compare)]
    return Sheet([table], text, notes.texts)


def _table(
    preset: Preset, lines: list[Line], compare: bool, notes: Footnotes
) -> tuple[Table, list[str]]:
    """The table without its title, and the paper's remarks on all of its numbers."""
    layout = lay_out(preset, lines)
    kinds = compare or any(_has_reference(at) for block in layout.blocks for at in block.entries)
    printed = {
        (row, column): number
        for row, block in enumerate(layout.blocks)
        for column, at in enumerate(block.entries)
        if at and (number := _printed(preset, *at))
    }
    footnotes = lift(layout, printed, notes) if compare else Set()
    shown: list[tuple[Entry, ...]] = []
    breaks = set()
    for row, block in enumerate(layout.blocks):
        if block.begins:
            breaks.add(len(shown))
        for kind in _kinds(layout, row, printed if compare else {}):
            names = _names(block.heads, kind, footnotes.blocks.get(row, ()))
            found = [
                _entry(preset, kind, at, printed.get((row, column)), notes)
                for column, at in enumerate(block.entries)
            ]
            if kind == HERE:
                found = _confined(lines, block.entries, found, notes)
            if kind == PAPER:
                of = (footnotes.entries.get((row, column), ()) for column in range(len(found)))
                found = [replace(one, footnotes=n) for one, n in zip(found, of, strict=True)]
            shown.append((*names, *([Entry(kind)] if kinds else []), *found))
    columns = (
        *(Column(head, True) for head in (*layout.heads, *([""] if kinds else []))),
        *(Column(c, False, footnotes.columns.get(n, ())) for n, c in enumerate(layout.columns)),
    )
    return Table(
        "", (), columns, shown, frozenset(breaks), [*records(preset, lines)]
    ), footnotes.general


def _confined(
    lines: list[Line],
    entries: Sequence[tuple[Line, Item] | None],
    shown: list[Entry],
    notes: Footnotes,
) -> list[Entry]:
    """The entries of a block, those of runs that were not confined marked if others were."""
    every = [row for line in lines for found in line.entries.values() for row in found.rows]
    if not confined.mixed(every):
        return shown
    text, marked = f"N{confined.NOTE[1:]}", []
    for at, one in zip(entries, shown, strict=True):
        found = at[0].entries.get(at[1]) if at and isinstance(at[1], PresetMethod) else None
        signs = (notes.number(text),) if found and confined.loose(found.rows) else ()
        marked.append(replace(one, footnotes=(*one.footnotes, *signs)))
    return marked


def _names(heads: tuple[str, ...], kind: str, footnotes: tuple[int, ...]) -> Iterator[Entry]:
    """The names of a block stand at its first line, footnotes on all of it at the last."""
    for number, head in enumerate(heads, start=1):
        last = kind == HERE and number == len(heads)
        yield Entry(head if kind == HERE else "", footnotes=footnotes if last else ())


def _kinds(layout: Layout, row: int, printed: dict[tuple[int, int], Number]) -> Iterator[str]:
    """The lines of a block: results of runs, of their reference students, the printed numbers, and
    the differences.
    """
    yield HERE
    entries = layout.blocks[row].entries
    if any(map(_has_reference, entries)):
        yield REFERENCE
    numbers = {column: number for (at, column), number in printed.items() if at == row}
    if numbers:
        yield PAPER
    if any(_delta(layout.preset, entries[c], number) is not None for c, number in numbers.items()):
        yield DELTA


def _entry(
    preset: Preset, kind: str, at: tuple[Line, Item] | None, number: Number | None, notes: Footnotes
) -> Entry:
    if at is None:
        return Entry("")
    if kind == REFERENCE:
        found = _reference(at)
        return Entry("" if missing(found) else found)
    if kind == PAPER:
        return Entry(_of_paper(at[1], number) if number else None)
    if kind == DELTA:
        delta = _delta(preset, at, number) if number else None
        return Entry(None if delta is None else points(delta))
    line, item = at
    if isinstance(item, PresetMethod):
        return _result(preset, line, item, notes)
    if item == FLOOR:
        return _floor(preset, line, notes)
    value = _measured(preset, line, item)
    return Entry(None if value is None else _of_item(item, value))


def _of_paper(item: Item, number: Number) -> Value:
    above = "> " if number.metric == "accuracy-above" else ""
    return Shown(number.value, signed=item in SIGNED, before=above)


def _of_item(item: Item, value: float) -> Value:
    return points(value, triangle=item == ABOVE) if item in SIGNED else Shown(value)


def _result(preset: Preset, line: Line, one: PresetMethod, notes: Footnotes) -> Entry:
    """A method's entry: mean, interval, seeds, emphasis, and footnotes on anything special."""
    found = line.entries.get(one)
    if found is None or not found.rows:
        return Entry(None)
    baseline = bool(preset.improvement) and line.best(preset.improvement) == one
    numbers = tuple(notes.number(remark) for remark in _remarks(found.done, found.rows))
    bold = preset.ranked and one in line.leaders
    return Entry(of_runs(found.rows), bold, baseline, numbers)


def _has_reference(at: tuple[Line, Item] | None) -> bool:
    return at is not None and not missing(_reference(at))


def _reference(at: tuple[Line, Item]) -> Mean:
    """The accuracy of the reference students of an entry's runs."""
    line, item = at
    if item == FLOOR:
        return reference(complete(line.floor.rows)) if line.floor else NO_MEAN
    found = line.entries.get(item) if isinstance(item, PresetMethod) else None
    return reference(found.done) if found else NO_MEAN


def _floor(preset: Preset, line: Line, notes: Footnotes) -> Entry:
    """The entry of the best floor; its name is its first footnote."""
    floor = line.floor
    if floor is None:
        return Entry(None)
    remarks = [f"Best floor: {floor.name}.", *_remarks(complete(floor.rows), floor.rows)]
    bold = preset.ranked and FLOOR in line.leaders
    return Entry(of_runs(floor.rows), bold, footnotes=tuple(map(notes.number, remarks)))


def _remarks(done: list[Row], rows: list[Row]) -> list[str]:
    """Remarks on the runs of an entry."""
    flags = [f"Seed {row.seed}: {', '.join(row.flags)}." for row in done if row.flags]
    images = sorted({row.real_images for row in done if row.real_images})
    real = [f"Not data-free: its queries are real images of {', '.join(images)}."] if images else []
    noted = sorted({f"{text}." for row in rows for text in row.notes})
    other = sorted({row.arithmetic for row in rows} - {USUAL["arithmetic"]})
    computed = [f"Networks in {one}." for one in other]
    unproven = [f"{note[0].upper()}{note[1:]}" for note in validity.notes(rows)]
    return [*flags, *unproven, *real, *computed, *noted]


def _measured(preset: Preset, line: Line, item: Item) -> float | None:
    if isinstance(item, PresetMethod):
        return line.entries[item].mean if item in line.entries else None
    if item == TEACHER:
        rows = line.rows or (line.floor.rows if line.floor else [])
        return rows[0].teacher_accuracy if rows else None
    own = next((one for one in line.entries if one.method == preset.improvement), None)
    of = {IMPROVEMENT: line.improvement, ABOVE: line.above_floor}.get(item)
    return of(own) if of and own else None


def _printed(preset: Preset, line: Line, item: Item) -> Number | None:
    if isinstance(item, PresetMethod):
        return line.entries[item].number if item in line.entries else None
    if item == TEACHER:
        return paper_numbers.teacher_number(preset, line.setting)
    return paper_numbers.improvement(preset, line.setting) if item == IMPROVEMENT else None


def _delta(preset: Preset, at: tuple[Line, Item] | None, number: Number) -> float | None:
    """Points measured above a printed number; none above a mere bound."""
    value = _measured(preset, *at) if at else None
    return None if value is None or number.metric == "accuracy-above" else value - number.value
