"""``bench audit``: is a row what its run would write again?

From cheap to costly: the seal and the id, the row's parts against each other, code, data and
teacher, the accuracy of the kept student, and the beginning of the run itself, done once more.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from benchmark import datasets
from benchmark.cells import Cell
from benchmark.checks import replay
from benchmark.checks.findings import FAILED, OPEN, Finding, exit_code, failed, judged, show
from benchmark.files import StoreError
from benchmark.progress import console, run_bar
from benchmark.runner import Control, Run
from benchmark.session import describe
from benchmark.setting import Places, Setting, open_setting
from benchmark.store import Row, Store, read_row

EXACT = ("mark", "queries", "step", "accuracy", "agreement", "student_images", "labels_digest")
ROUNDING = 0.1  # points by which the same weights may be judged otherwise on another device


@dataclass(frozen=True)
class Plan:
    """How much of a run is made again, and how near it must come."""

    points: int | None = 3  # of the curve, from its start; None: the whole run
    tolerance: float = 10.0  # points of accuracy, where another device or torch made the row
    dataset: str | None = None  # where a folder of images lies now
    size: int | None = None  # pixels to which it is resized


def run(path: Path, store: Store, places: Places, device: torch.device, plan: Plan) -> int:
    """Audit the row in a file and print what is found as it is found; returns the exit code."""
    row, findings = look(path)
    show(findings)
    if failed(findings) or row["status"] != "complete":
        if not failed(findings):
            console.print("a failed run has no numbers to repeat")
        return exit_code(findings)  # no use to repeat what is no row any more
    replay.use_threads_of(row)
    cell = replay.cell_of(row, plan.dataset, plan.size)
    data = datasets.load(cell.dataset, places.data, cell.size)
    replay.check_same(row, cell, data, places)
    setting = open_setting(cell, data, places, device)
    more = [code(row, cell), teacher(row, setting), student(row, store, setting)]
    show(more)
    console.print(f"repeating {describe(cell)}")
    curve = first_points(row, cell, setting, plan.points)
    points = compare(row, curve, replay.repeats(row, device), plan.tolerance)
    show(points)
    return exit_code([*findings, *more, *points])


def look(path: Path) -> tuple[Row, list[Finding]]:
    """The row in a file and what can be said of it alone. Raises ``StoreError`` for no row."""
    try:
        row = read_row(path)
        sealed = judged("seal", True, "the file is as it was written")
    except StoreError as problem:
        row = read_row(path, check_seal=False)
        return row, [judged("seal", False, str(problem))]
    same = replay.own_id(row) == row["id"]
    named = judged("id", same, "that of its settings" if same else "not that of its settings")
    return row, [sealed, named, *consistency(row)]


def consistency(row: Row) -> list[Finding]:
    """The parts of a row against each other."""
    wrong = []
    if sum(row["labels_per_class"]) != row["queries"]:
        wrong.append("labels_per_class does not add up to queries")
    if not row["unique"] <= row["queries"] <= row["budget"]:
        wrong.append("unique, queries and budget do not rise")
    if row["status"] == "complete":
        last = row["curve"][-1]
        names = ("queries", "accuracy", "agreement", "labels_digest", "student_images")
        wrong += [
            f"the curve ends at {name} {last[name]}, the row says {row[name]}"
            for name in names
            if name in last and last[name] != row[name]
        ]
        if row["best_accuracy"] != max(point["accuracy"] for point in row["curve"]):
            wrong.append("best_accuracy is not the best of the curve")
    return [judged("parts", not wrong, "; ".join(wrong) or "they agree with each other")]


def code(row: Row, cell: Cell) -> Finding:
    """The method's source; another one is no fault by itself, its numbers decide."""
    if row["method_sha"] == cell.entry.source_sha:
        return judged("code", True, "the method's source is the row's")
    commit = row["commit"] or "no commit"
    return Finding("code", OPEN, f"the method's source has changed since ({commit})")


def teacher(row: Row, setting: Setting) -> Finding:
    """The teacher's accuracy, measured again."""
    here, there = setting.teacher_accuracy, row["teacher_accuracy"]
    close = abs(here - there) <= ROUNDING
    return judged("teacher", close, f"{here:.2f} % here, {there:.2f} % in the row")


def student(row: Row, store: Store, setting: Setting) -> Finding:
    """The accuracy of the student that was kept, measured again."""
    if "student_sha" not in row:
        return Finding("student", OPEN, "the row is from before students were kept")
    try:
        weights = store.student(row)
    except StoreError as problem:
        exchanged = store.has_student(row)
        return Finding("student", FAILED if exchanged else OPEN, str(problem))
    network = setting.build_student(row["student"], row["seed"])
    network.load_state_dict(weights)
    accuracy, agreement = setting.judge.score(network)
    differ = max(abs(accuracy - row["accuracy"]), abs(agreement - row["agreement"]))
    text = f"{accuracy:.2f} % here, {row['accuracy']:.2f} % in the row"
    return judged("student", differ <= ROUNDING, text)


def first_points(
    row: Row, cell: Cell, setting: Setting, points: int | None
) -> list[dict[str, Any]]:
    """The first points of the curve, made by running the cell again under its full budget."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder))
        store.prepare()
        with run_bar(describe(cell), cell.budget) as on_progress:
            control = Control(on_progress=on_progress)
            again = Run(cell, setting, store, control, replay.options_of(row))
            if points is not None:
                control.should_stop = lambda: len(again.curve) >= points
            written = again.execute()
    return written["curve"] if written else again.curve


def compare(row: Row, curve: list[dict], exact: bool, tolerance: float) -> list[Finding]:
    """A finding for each point of a repeated curve."""
    if len(curve) > len(row["curve"]):
        return [judged("curve", False, f"{len(curve)} points here, {len(row['curve'])} in the row")]
    pairs = zip(curve, row["curve"], strict=False)
    return [_point(here, there, exact, tolerance) for here, there in pairs]


def _point(here: dict, there: dict, exact: bool, tolerance: float) -> Finding:
    name = f"{here['mark']:,} queries"
    text = f"{here['accuracy']:.2f} % here, {there['accuracy']:.2f} % in the row"
    differing = [key for key in EXACT if key in there and here[key] != there[key]]
    if not differing:
        return judged(name, True, f"{text}, the same in every part")
    counts = [key for key in ("mark", "queries") if key in differing]
    close = abs(here["accuracy"] - there["accuracy"]) <= tolerance
    if exact or counts or not close:
        return judged(name, False, f"{text}; differs in {', '.join(differing)}")
    return judged(name, True, f"{text}, within {tolerance:g} (another device or torch)")
