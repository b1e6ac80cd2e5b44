"""``bench audit``: would its run write a row again?

From cheap to costly: the checksum and the id, the row's parts against each other and its method,
code, data and teacher, the accuracy of the kept student, and the beginning of the run itself, done
once more. Where that comes to the run's end, the row's other numbers are compared too.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import torch

from benchmark import datasets
from benchmark.checks import parts, replay
from benchmark.checks.findings import OPEN, Finding, exit_code, failed, judged, tell
from benchmark.errors import BenchError
from benchmark.files import StoreError, Unsound
from benchmark.host.failure import reason
from benchmark.nets import health
from benchmark.nets.health import NotFinite
from benchmark.rows.file import read_row
from benchmark.rows.row import Point, Row
from benchmark.rows.store import Store
from benchmark.run.cells import Cell
from benchmark.run.lines import describe
from benchmark.run.runner import Run
from benchmark.run.setting import Places, Setting, open_setting
from benchmark.run.watch import Control, Show

EXACT = ("mark", "queries", "step", "accuracy", "agreement", "student_images", "labels_digest")
WHOLE = (
    "queries",
    "unique",
    "labels_per_class",
    "labels_digest",
    "steps",
    "flags",
    "notes",
    "student_images",
    "teacher_images",
    "teacher_gradients",
    "floor",
    "real_images",
    "best_accuracy",
    "accuracy",
    "agreement",
    "reference_accuracy",
    "reference_agreement",
    "reference_images",
    "reference_digest",
)
ANYWHERE = ("queries", "floor", "real_images")  # of these, those that no rounding changes
ROUNDING = 0.1  # points by which the same weights may be judged otherwise on another device
UNHELD = "nothing holds the accuracy then, unless --full makes the run again"


@dataclass(frozen=True)
class Extent:
    """How much of a run is made again, and how near it must come."""

    points: int | None = 3  # of the curve, from its start; None: the whole run
    tolerance: float = 10.0  # points of accuracy, where another device or torch made the row
    dataset: str | None = None  # where a folder of images lies now
    size: int | None = None  # pixels to which it is resized


class Repeat(NamedTuple):
    """The result of a run that was repeated."""

    curve: list[Point]
    row: Row | None  # None: it was stopped before its end


def run(
    path: Path, store: Store, places: Places, device: torch.device, extent: Extent, show: Show
) -> int:
    """Audit the row in a file; ``show`` gets each finding at once. Returns the exit code."""
    row, findings = look(path)
    tell(findings, show)
    if row is None or failed(findings):
        return exit_code(findings)  # an unsound row cannot be repeated
    if not row.complete:
        raise BenchError("a failed run has no numbers to repeat")
    replay.use_threads_of(row)
    cell = replay.with_teacher(replay.cell_of(row, extent.dataset, extent.size), row, places)
    data = datasets.load(cell.dataset, places.data, cell.size)
    replay.check_same(row, cell, data, places)
    setting = open_setting(cell, data, places, device)
    more = [code(row, cell), teacher(row, setting), classes(row, setting)]
    more += [student(row, store, setting), sample(row, store)]
    tell(more, show)
    show.say(f"repeating {describe(cell)}")
    again = first_points(row, cell, setting, extent.points, show)
    repeated = compare(row, again, replay.repeats(row, device), extent.tolerance)
    tell(repeated, show)
    return exit_code([*findings, *more, *repeated])


def look(path: Path) -> tuple[Row | None, list[Finding]]:
    """The row in a file, None where there is no sound one, and the findings from the file alone."""
    try:
        read_row(path, check_sum=False)
    except Unsound as problem:
        return None, [judged("form", False, str(problem))]
    try:
        row = read_row(path)
    except Unsound as problem:
        return None, [judged("checksum", False, str(problem))]
    as_written = judged("checksum", True, "the file is as it was written")
    same = row.own_id == row.id
    named = judged("id", same, "that of its settings" if same else "not that of its settings")
    return row, [as_written, named, parts.consistency(row), parts.statements(row)]


def code(row: Row, cell: Cell) -> Finding:
    """Whether the source is the row's; a changed one is reported as open, not as a failure."""
    if cell.entry.is_of(row.method_sha):
        return judged("code", True, "the method's source is the row's")
    commit = row.commit or "no commit"
    return Finding("code", OPEN, f"the method's source has changed since ({commit})")


def teacher(row: Row, setting: Setting) -> Finding:
    """The teacher's accuracy, measured again."""
    here, there = setting.teacher_accuracy, row.teacher_accuracy
    close = abs(here - there) <= ROUNDING
    return judged("teacher", close, f"{here:.2f} % here, {there:.2f} % in the row")


def classes(row: Row, setting: Setting) -> Finding:
    """As many classes as the data set has."""
    here, there = setting.spec.classes, len(row.labels_per_class)
    return judged("classes", here == there, f"{here} here, {there} in the row")


def student(row: Row, store: Store, setting: Setting) -> Finding:
    """The accuracy of the student that was kept, measured again."""
    if row.student_sha is None:
        text = "the row names none, as rows from before students were kept"
        return Finding("student", OPEN, f"{text}; {UNHELD}")
    try:
        weights = store.student(row)
    except StoreError as problem:
        if store.has_student(row):
            return judged("student", False, str(problem))
        return Finding("student", OPEN, f"{problem}; {UNHELD}")
    if names := health.broken(weights):
        text = f"it holds values that are not finite in {health.named(names)}"
        return judged("student", False, text)
    network = setting.build_student(row.student, row.seed)
    try:
        network.load_state_dict(weights)
        accuracy, agreement = setting.judge.score(network)
    except (RuntimeError, NotFinite) as problem:  # of another architecture; NaN from finite weights
        return judged("student", False, str(problem).splitlines()[0])
    differ = max(abs(accuracy - row.end_accuracy), abs(agreement - row.end_agreement))
    text = f"{accuracy:.2f} % here, {row.accuracy:.2f} % in the row"
    return judged("student", differ <= ROUNDING, text)


def sample(row: Row, store: Store) -> Finding:
    """The sample of queries that was kept; its images are not asked again."""
    if not store.has_sample(row):
        return Finding("sample", OPEN, "none is here")
    try:
        store.sample(row)
    except StoreError as problem:
        return judged("sample", False, str(problem))
    return judged("sample", True, "that of the row")


def first_points(row: Row, cell: Cell, setting: Setting, points: int | None, show: Show) -> Repeat:
    """The first points of the curve, made by running the cell again under its full budget.

    With the row of the repeated run where it ended before it had more points, well or not.
    """
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder))
        store.prepare()
        with show.run(describe(cell), cell.budget) as watch:
            control = Control(watch=watch)
            graphs = row.graphs
            again = Run(cell, setting, store, control, graphs, replay.wish_of(row))
            if points is not None:
                control.should_stop = lambda: _is_enough(again, points)
            written = again.execute()
    return Repeat(again.record.curve, written)


def _is_enough(again: Run, points: int) -> bool:
    """Whether a run may stop: not where it has come to its end, as its row is compared then."""
    curve = again.record.curve
    ended = curve and curve[-1].mark == again.cell.budget
    return len(curve) >= points and not ended


def compare(row: Row, again: Repeat, exact: bool, tolerance: float) -> list[Finding]:
    """A finding for each point of a repeated curve, and one for the row where the run ended."""
    pairs = zip(again.curve, row.curve, strict=False)  # a surplus on either side: below
    found = [_point(here, there, exact, tolerance) for here, there in pairs]
    if again.row and not again.row.complete:
        text = f"it fails here: {reason(again.row.failure)}"
        return [*found, judged("run", False, text)]
    here, there = len(again.curve), len(row.curve)
    if here > there or (again.row and here < there):
        found.append(judged("curve", False, f"{here} points here, {there} in the row"))
    return [*found, _whole(row, again.row, exact, tolerance)] if again.row else found


def _whole(row: Row, here: Row, exact: bool, tolerance: float) -> Finding:
    """The numbers of a row beside those of its run, made again to the end."""
    pairs = {name: (getattr(here, name), getattr(row, name)) for name in WHOLE}
    differing = _differing(pairs if exact else {name: pairs[name] for name in ANYWHERE})
    if not exact and abs(here.end_accuracy - row.end_accuracy) > tolerance:
        differing.append("accuracy")
    said = "; ".join(
        f"{name} is {pairs[name][0]} here, {pairs[name][1]} in the row" for name in differing
    )
    held = "all exact parts are equal" if exact else "the parts free of rounding are equal"
    return judged("row", not differing, said or held)


def _differing(pairs: dict[str, tuple[Any, Any]]) -> list[str]:
    """The names of pairs, here and in the row, that differ; None in the row was not measured."""
    return [name for name, (here, there) in pairs.items() if there not in (None, here)]


def _point(here: Point, there: Point, exact: bool, tolerance: float) -> Finding:
    name = f"{here.mark:,} queries"
    text = f"{here.accuracy:.2f} % here, {there.accuracy:.2f} % in the row"
    differing = _differing({name: (getattr(here, name), getattr(there, name)) for name in EXACT})
    if not differing:
        return judged(name, True, f"{text}, equal in every part")
    counts = [key for key in ("mark", "queries") if key in differing]
    close = abs(here.accuracy - there.accuracy) <= tolerance
    if exact or counts or not close:
        return judged(name, False, f"{text}; differs in {', '.join(differing)}")
    return judged(name, True, f"{text}, within {tolerance:g} (another device or torch)")
