"""The table of a preset in the paper's layout: what was measured and, if asked for, printed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from benchmark.papers.presets import Preset, PresetMethod
from benchmark.papers.printed import Number
from benchmark.rows.floors import Floor
from benchmark.rows.grouping import complete
from benchmark.rows.row import USUAL, Row
from benchmark.rows.stats import cell
from benchmark.tables import grid, paper_notes, validity
from benchmark.tables.grid import FLOOR, Found, Line
from benchmark.tables.layout import ABOVE, IMPROVEMENT, TEACHER, Item, Layout, lay_out, with_runs
from benchmark.tables.marks import Footnotes, Marks, lift
from benchmark.tables.paper_records import records
from benchmark.tables.records import referred
from benchmark.tables.table import NONE, Document, Styled, Table, Text

HERE, REFERENCE, PAPER, DELTA = "here", "reference", "paper", "Δ"
SIGNED = (IMPROVEMENT, ABOVE)


def document(
    preset: Preset,
    rows: list[Row],
    compare: bool = False,
    scale: float = 1.0,
    only_run: bool = False,
) -> Document:
    """The preset's table with its notes.

    ``compare`` adds what the paper prints, with footnotes; ``only_run`` leaves out the settings and
    the methods that have no run.
    """
    whole = preset, grid.lines(preset, rows, scale)
    shown, lines = with_runs(*whole) if only_run else whole
    notes = Footnotes()
    one, general = _table(shown, lines, compare, notes)
    facts = paper_notes.facts(shown, lines, len(preset.cells()))
    table = replace(one, title=paper_notes.title(preset, scale), facts=facts)
    left = [paper_notes.left_out(whole, (shown, lines))] if only_run else []
    text = [*general, *left, *paper_notes.notes(shown, lines, compare)]
    return Document([table], text, notes.texts)


def _table(
    preset: Preset, lines: list[Line], compare: bool, notes: Footnotes
) -> tuple[Table, list[str]]:
    """The table without its title, and the paper's remarks on all of its numbers."""
    layout = lay_out(preset, lines)
    kinds = compare or any(map(_referred, (at for block in layout.blocks for at in block.cells)))
    printed = {
        (row, column): number
        for row, block in enumerate(layout.blocks)
        for column, at in enumerate(block.cells)
        if at and (number := _printed(preset, *at))
    }
    marks = lift(layout, printed, notes) if compare else Marks()
    texts, breaks = [], set()
    for row, block in enumerate(layout.blocks):
        if block.begins:
            breaks.add(len(texts))
        for kind in _kinds(layout, row, printed if compare else {}):
            found = [
                _text(preset, kind, at, printed.get((row, column)), notes)
                for column, at in enumerate(block.cells)
            ]
            if kind == PAPER:
                found = [_marked(t, marks.cells.get((row, c), ())) for c, t in enumerate(found)]
            names = block.heads if kind == HERE else ("",) * len(block.heads)
            if kind == HERE:
                names = (*names[:-1], _marked(names[-1], marks.blocks.get(row, ())))
            texts.append((*names, *([kind] if kinds else []), *found))
    columns = [_marked(text, marks.columns.get(c, ())) for c, text in enumerate(layout.columns)]
    header = (*layout.heads, *([""] if kinds else []), *columns)
    left = len(layout.heads) + kinds
    found = Table("", "", header, texts, left, frozenset(breaks), list(records(preset, lines)))
    return found, marks.general


def _marked(text: Text, marks: tuple[int, ...]) -> Text:
    """A plain text with footnotes."""
    return Styled(text, marks=marks) if marks else text


def _kinds(layout: Layout, row: int, printed: dict[tuple[int, int], Number]) -> Iterator[str]:
    """The lines of a block: what was measured, of runs and of their reference students, what is
    printed, and the difference.
    """
    yield HERE
    if any(map(_referred, layout.blocks[row].cells)):
        yield REFERENCE
    numbers = {column: number for (at, column), number in printed.items() if at == row}
    if numbers:
        yield PAPER
    cells = layout.blocks[row].cells
    if any(_delta(layout.preset, cells[c], number) is not None for c, number in numbers.items()):
        yield DELTA


def _text(
    preset: Preset, kind: str, at: tuple[Line, Item] | None, number: Number | None, notes: Footnotes
) -> Text:
    if at is None:
        return ""
    if kind == REFERENCE:
        accuracies = _referred(at)
        return cell(accuracies) if accuracies else ""
    if kind == PAPER:
        above = "> " if number and number.metric == "accuracy-above" else ""
        sign = "+" if at[1] in SIGNED else ""
        return f"{above}{number.value:{sign}.2f}" if number else NONE
    if kind == DELTA:
        delta = _delta(preset, at, number) if number else None
        return NONE if delta is None else f"{delta:+.2f}"
    if isinstance(at[1], PresetMethod):
        return _result(preset, *at, notes)
    if at[1] == FLOOR:
        return _floor(preset, at[0], notes)
    value = _measured(preset, *at)
    sign = "+" if at[1] in SIGNED else ""
    below = " ▼" if at[1] == ABOVE and value is not None and value <= 0 else ""
    return NONE if value is None else f"{value:{sign}.2f}{below}"


def _result(preset: Preset, line: Line, one: PresetMethod, notes: Footnotes) -> Text:
    """A method's cell: mean, interval, seeds, emphasis, and marks of what is special."""
    found = line.cells.get(one)
    if found is None or not found.rows:
        return NONE
    baseline = preset.improvement and line.best(preset.improvement) == one
    marks = tuple(notes.number(remark) for remark in _remarks(found.done, found.rows))
    return Styled(_accuracy(found), preset.ranked and one in line.leaders, bool(baseline), marks)


def _referred(at: tuple[Line, Item] | None) -> list[float]:
    """The accuracies in % of the reference students of a cell's runs."""
    if at is None:
        return []
    line, item = at
    runs = line.floor if item == FLOOR else line.cells.get(item)
    return referred(complete(runs.rows)) if runs else []


def _floor(preset: Preset, line: Line, notes: Footnotes) -> Text:
    """The cell of the best floor; its name is its first footnote."""
    floor = line.floor
    if floor is None:
        return NONE
    remarks = [f"Best floor: {floor.name}.", *_remarks(complete(floor.rows), floor.rows)]
    marks = tuple(map(notes.number, remarks))
    return Styled(_accuracy(floor), preset.ranked and FLOOR in line.leaders, marks=marks)


def _accuracy(runs: Found | Floor) -> str:
    """Mean, interval and the number of runs; where some failed, of how many."""
    done, count = list(runs.accuracies.values()), len(runs.rows)
    if len(done) == count:
        return cell(done)
    text = cell(done) if done else "failed (0)"
    return f"{text.rpartition('(')[0]}({len(done)}/{count})"


def _remarks(done: list[Row], rows: list[Row]) -> list[str]:
    """Remarks on the runs of a cell."""
    flags = [f"Seed {row.seed}: {', '.join(row.flags)}." for row in done if row.flags]
    images = sorted({row.real_images for row in done if row.real_images})
    real = [f"Not data-free: its queries are real images of {', '.join(images)}."] if images else []
    noted = sorted({f"{text}." for row in rows for text in row.notes})
    other = sorted({row.arithmetic for row in rows} - {USUAL["arithmetic"]})
    computed = [f"Networks in {one}." for one in other]
    unproven = [f"{note[0].upper()}{note[1:]}" for note in validity.notes(rows)]
    return [*flags, *unproven, *real, *computed, *noted]


def _measured(preset: Preset, line: Line, item: Item) -> float | None:
    own = next((one for one in line.cells if one.method == preset.improvement), None)
    if item == TEACHER:
        rows = line.rows or (line.floor.rows if line.floor else [])
        return rows[0].teacher_accuracy if rows else None
    if item in SIGNED:
        of = {IMPROVEMENT: line.improvement, ABOVE: line.above_floor}[item]
        return of(own) if own else None
    return line.cells[item].mean if item in line.cells else None


def _printed(preset: Preset, line: Line, item: Item) -> Number | None:
    if item == TEACHER:
        return grid.teacher_number(preset, line.place)
    if item == IMPROVEMENT:
        return grid.printed_improvement(preset, line.place)
    return line.cells[item].number if item in line.cells else None


def _delta(preset: Preset, at: tuple[Line, Item], number: Number) -> float | None:
    """Points measured above a printed number; none above a mere bound."""
    value = _measured(preset, *at)
    return None if value is None or number.metric == "accuracy-above" else value - number.value
