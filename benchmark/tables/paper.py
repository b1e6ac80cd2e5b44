"""The table of a preset in the paper's layout: what was measured and, if asked for, printed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from benchmark.papers import published
from benchmark.papers.presets import Preset, PresetMethod, pretty
from benchmark.papers.printed import Number
from benchmark.parse import short
from benchmark.stats import cell
from benchmark.store import Row
from benchmark.tables import grid
from benchmark.tables.grid import Found, Line
from benchmark.tables.grouping import label
from benchmark.tables.layout import IMPROVEMENT, TEACHER, Item, Layout, lay_out
from benchmark.tables.marks import Footnotes, Marks, lift
from benchmark.tables.provenance import source
from benchmark.tables.records import COLUMNS, Record, record
from benchmark.tables.table import ACCURACY, NONE, Document, Styled, Table, Text

HERE, PAPER, DELTA = "here", "paper", "Δ"


def document(
    preset: Preset, rows: list[Row], compare: bool = False, scale: float = 1.0
) -> Document:
    """The preset's table with its notes. ``compare`` adds what the paper prints, with footnotes."""
    lines = grid.lines(preset, rows, scale)
    layout, notes = lay_out(preset, lines), Footnotes()
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
        for kind in _kinds(layout, row, printed) if compare else [HERE]:
            found = [
                _text(preset, kind, at, printed.get((row, column)), notes)
                for column, at in enumerate(block.cells)
            ]
            if kind == PAPER:
                found = [_marked(t, marks.cells.get((row, c), ())) for c, t in enumerate(found)]
            names = block.heads if kind == HERE else ("",) * len(block.heads)
            if kind == HERE:
                names = (*names[:-1], _marked(names[-1], marks.blocks.get(row, ())))
            texts.append((*names, *([kind] if compare else []), *found))
    columns = [_marked(text, marks.columns.get(c, ())) for c, text in enumerate(layout.columns)]
    header = (*layout.heads, *([""] if compare else []), *columns)
    table = Table(
        _title(preset, scale), _facts(preset, lines), header, texts, len(layout.heads) + compare,
        frozenset(breaks), list(_records(preset, lines)),
    )  # fmt: skip
    return Document([table], [*marks.general, *_notes(preset, lines, compare)], notes.texts)


def _marked(text: Text, marks: tuple[int, ...]) -> Text:
    """A plain text with footnotes."""
    return Styled(text, marks=marks) if marks else text


def _kinds(layout: Layout, row: int, printed: dict[tuple[int, int], Number]) -> Iterator[str]:
    """The lines of a block: what was measured, what is printed, and the difference."""
    yield HERE
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
    if kind == PAPER:
        above = "> " if number and number.metric == "accuracy-above" else ""
        sign = "+" if at[1] == IMPROVEMENT else ""
        return f"{above}{number.value:{sign}.2f}" if number else NONE
    if kind == DELTA:
        delta = _delta(preset, at, number) if number else None
        return NONE if delta is None else f"{delta:+.2f}"
    if isinstance(at[1], PresetMethod):
        return _result(preset, *at, notes)
    value = _measured(preset, *at)
    sign = "+" if at[1] == IMPROVEMENT else ""
    return NONE if value is None else f"{value:{sign}.2f}"


def _result(preset: Preset, line: Line, one: PresetMethod, notes: Footnotes) -> Text:
    """A method's cell: mean, interval, seeds, emphasis, and marks of what is special."""
    found = line.cells.get(one)
    if found is None or not found.rows:
        return NONE
    done, runs = len(found.done), len(found.rows)
    count = f"({done}/{runs})" if done < runs else f"({done})"
    text = cell(list(found.accuracies.values())) if done else "failed (0)"
    text = text.rpartition("(")[0] + count
    baseline = preset.improvement and line.best(preset.improvement) == one
    marks = tuple(notes.number(remark) for remark in _remarks(found))
    return Styled(text, preset.ranked and one in line.winners, bool(baseline), marks)


def _remarks(found: Found) -> list[str]:
    """What must be known about the runs of a cell."""
    flags = [f"Seed {r['seed']}: {', '.join(r['flags'])}." for r in found.done if r["flags"]]
    images = sorted({row["real_images"] for row in found.done if row.get("real_images")})
    real = [f"Not data-free: its queries are real images of {', '.join(images)}."] if images else []
    noted = sorted({f"{text}." for row in found.rows for text in row.get("notes", [])})
    return [*flags, *real, *noted]


def _measured(preset: Preset, line: Line, item: Item) -> float | None:
    if item == TEACHER:
        return line.rows[0]["teacher_accuracy"] if line.rows else None
    if item == IMPROVEMENT:
        return _improvement(preset, line)
    return line.cells[item].mean if item in line.cells else None


def _improvement(preset: Preset, line: Line) -> float | None:
    """Points by which the preset's own method is above the best of the others."""
    means = {one.method: found.mean for one, found in line.measured.items()}
    own, best = means.pop(preset.improvement, None), line.best(preset.improvement)
    return None if own is None or best is None else own - means[best.method]


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


def _title(preset: Preset, scale: float) -> str:
    rehearsal = "" if scale == 1 else f", rehearsal at {scale:g} of the budgets, no result"
    return f"{preset.title} ({preset.source}{rehearsal})"


def _facts(preset: Preset, lines: list[Line]) -> str:
    budgets: dict[tuple, dict[str, None]] = defaultdict(dict)
    for place in preset.places:
        budgets[place.student, place.dataset][short(place.budget)] = None
    words = "; ".join(
        f"{pretty(student)} on {pretty(dataset)}, {', '.join(queries)} queries"
        for (student, dataset), queries in budgets.items()
    )
    there = len({(line.place.dataset, line.place.teacher, line.place.budget, one.method)
                 for line in lines for one in line.measured})  # fmt: skip
    return f"Students: {words}. Results for {there} of {len(preset.cells())} cells."


def _notes(preset: Preset, lines: list[Line], compare: bool) -> list[str]:
    cells = [found for line in lines for found in line.cells.values()]
    rows = [row for found in cells for row in found.rows]
    notes = [preset.note] if preset.note else []
    if any(0 < len(found.done) < 3 for found in cells):
        notes.append("† fewer than three seeds, so no interval.")
    notes += _emphasis(preset, lines)
    if any(len(found.done) < len(found.rows) for found in cells):
        notes.append("(2/3): two of three runs ended, the others failed and take no part.")
    older = sorted({f"{label(r)} v{r['method_version']}" for f in cells for r in f.older})
    if older:
        notes.append(f"Left out, runs of earlier versions or defaults: {', '.join(older)}.")
    notes.append(f"—: no run. {ACCURACY}.")
    if compare:
        notes.append(
            f"paper: {published.sources()[published.PAPER]}; one number for three runs. Δ: points "
            "measured above it."
        )
    return [*notes, source(rows)]


def _emphasis(preset: Preset, lines: list[Line]) -> list[str]:
    """What bold and underlined mean, and why something is not bold."""
    if not preset.ranked:
        return []
    notes = []
    if any(line.winners for line in lines):
        notes.append(
            "Bold: the best of its setting and what cannot be told from it (three common seeds, "
            "paired bootstrap and t interval)."
        )
    undecided = [
        f"{pretty(line.place.dataset)} {pretty(line.place.teacher)} {short(line.place.budget)}"
        for line in lines
        if line.undecided
    ]
    if undecided:
        notes.append(
            f"Nothing is bold for {', '.join(undecided)}: the highest mean there has fewer than "
            "three seeds, and nothing can be told from it."
        )
    if preset.improvement and any(line.best(preset.improvement) for line in lines):
        own = next(one.name for one in preset.methods if one.method == preset.improvement)
        notes.append(
            f"Underlined: the best baseline there are rows of. Improvement: {own} above it, in "
            "points."
        )
    return notes


def _records(preset: Preset, lines: list[Line]) -> Iterator[Record]:
    """Every cell in numbers, one without a run too."""
    for line in lines:
        for one, found in line.cells.items():
            value = found.number.value if found.number else None
            place = line.place
            blank = dict.fromkeys(COLUMNS) | {
                "table": preset.table, "dataset": place.dataset, "teacher": place.teacher,
                "student": place.student, "access": one.access, "budget": place.budget,
                "method": one.method, "n": 0, "failed": 0, "published": value,
            }  # fmt: skip
            known = record(found.rows, preset.table, value) if found.rows else blank
            own = one.method == preset.improvement
            footnotes = published.footnotes_of(found.number) if found.number else []
            yield known | {
                "name": one.name,
                "best": one in line.winners if preset.ranked else None,
                "best_baseline": (line.best(preset.improvement) == one)
                if preset.improvement
                else None,
                "improvement": _improvement(preset, line) if own else None,
                "footnotes": "; ".join(footnote.name for footnote in footnotes),
            }
