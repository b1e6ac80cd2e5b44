"""Title, facts and notes of the table of a preset."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from benchmark.papers import published
from benchmark.papers.presets import Preset, pretty
from benchmark.parse import short
from benchmark.rows.floors import MEANING, Floor
from benchmark.rows.grouping import complete
from benchmark.rows.paired import MARGIN
from benchmark.rows.row import Row
from benchmark.rows.stats import FEWEST
from benchmark.tables.grid import Found, Line
from benchmark.tables.provenance import source, tuned_on, unshipped
from benchmark.tables.settings import ACCURACY, of_reference


def title(preset: Preset, scale: float) -> str:
    """The title, with the source of the preset."""
    rehearsal = "" if scale == 1 else f", rehearsal at {scale:g} of the budgets, no result"
    return f"{preset.title} ({preset.source}{rehearsal})"


def facts(preset: Preset, lines: list[Line], cells: int) -> str:
    """Students, budgets, and how many of the preset's cells have results."""
    budgets: dict[tuple, dict[str, None]] = defaultdict(dict)
    for setting in preset.settings:
        budgets[setting.student, setting.dataset][short(setting.budget)] = None
    words = "; ".join(
        f"{pretty(student)} on {pretty(dataset)}, {', '.join(queries)} queries"
        for (student, dataset), queries in budgets.items()
    )
    there = len(
        {
            (line.setting.dataset, line.setting.teacher, line.setting.budget, one.method)
            for line in lines
            for one in line.measured
        }
    )
    return f"Students: {words}. Results for {there} of {cells} cells."


def notes(preset: Preset, lines: list[Line], compare: bool) -> list[str]:
    """Notes: the meaning of signs, the rows left out, and the origin of the others."""
    entries = [found for line in lines for found in line.entries.values()]
    floors = [line.floor for line in lines if line.floor]
    notes = [preset.note] if preset.note else []
    measured: list[Found | Floor] = [*entries, *floors]
    counts = [len(one.accuracies) for one in measured]
    if any(0 < count < FEWEST for count in counts):
        notes.append("† fewer than three seeds, so no interval.")
    notes += _emphasis(preset, lines) + _floors(preset, lines)
    if any(len(found.done) < len(found.rows) for found in entries):
        notes.append("(2/3): two of three runs ended, the others failed and take no part.")
    left = ((f.rows[0], row) for f in entries for row in f.older)
    older = sorted({f"{r.label} v{r.method_version}{_unlike(r, one)}" for one, r in left})
    if older:
        notes.append(f"Left out, runs of earlier versions or defaults: {', '.join(older)}.")
    notes.append(f"—: no run. {ACCURACY}.")
    if compare:
        notes.append(
            f"paper: {published.sources()[published.PAPER]}; one number for three runs. Δ: points "
            "measured above it."
        )
    used = list({row.id: row for one in measured for row in one.rows}.values())
    notes += of_reference(complete(used))
    return [*notes, *tuned_on(used), *unshipped(used), source(used)]


def _unlike(row: Row, shown: Row) -> str:
    """The arithmetic of a run that is left out, where the run that is shown has another."""
    same = row.arithmetic == shown.arithmetic
    return "" if same else f" in {row.arithmetic}"


def left_out(before: tuple[Preset, list[Line]], after: tuple[Preset, list[Line]]) -> str:
    """How many settings and methods without any run were left out of a table."""
    counts = [
        (len(b) - len(a), len(b))
        for b, a in ((before[1], after[1]), (before[0].methods, after[0].methods))
    ]
    (settings, of_settings), (methods, of_methods) = counts
    return (
        f"Left out, without any run: {settings} of {of_settings} settings, "
        f"{methods} of {of_methods} methods."
    )


def _emphasis(preset: Preset, lines: list[Line]) -> list[str]:
    """The meaning of bold and underlined, and the reason where nothing is bold."""
    if not preset.ranked:
        return []
    notes = []
    if any(line.leaders for line in lines):
        notes.append(
            "Bold: the highest mean of its setting, the floor's included; then, in order of means, "
            "each that is level with it, up to the first that is not. Level: over three common "
            "seeds or more the two cannot be told apart (95 %, paired t and bootstrap), and the t "
            f"interval of their difference stays within {MARGIN:g} points."
        )
    undecided = _listed(line for line in lines if line.undecided)
    if undecided:
        notes.append(
            f"Nothing is bold for {undecided}: the highest mean there has fewer than three seeds, "
            "and nothing can be told from it."
        )
    if preset.improvement and any(line.best(preset.improvement) for line in lines):
        notes.append(
            f"Underlined: the best baseline there are rows of. Improvement: {_own(preset)} above "
            "it, in points."
        )
    return notes


def _floors(preset: Preset, lines: list[Line]) -> list[str]:
    """The meaning of the floor, and the settings without one."""
    if not any(line.floor for line in lines):
        return ["No floor was run in these settings: nothing here shows that a method beats noise."]
    text = f"{MEANING}. Best floor: the best one run here with hard labels, its name in a footnote."
    if preset.improvement:
        text += f" Above floor: {_own(preset)} above it, in points; ▼ does not beat it."
    bare = _listed(line for line in lines if line.measured and not line.floor)
    return [text, *([f"No floor was run for {bare}."] if bare else [])]


def _own(preset: Preset) -> str:
    return next(one.name for one in preset.methods if one.method == preset.improvement)


def _listed(lines: Iterable[Line]) -> str:
    settings = [line.setting for line in lines]
    return ", ".join(
        f"{pretty(setting.dataset)} {pretty(setting.teacher)} {short(setting.budget)}"
        for setting in settings
    )
