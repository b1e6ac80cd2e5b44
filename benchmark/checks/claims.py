"""A row's claims about code, teacher and data, and the files beside it; nothing is run again."""

from __future__ import annotations

from collections.abc import Iterator

from benchmark.checks.findings import OPEN, Finding, judged
from benchmark.files import StoreError
from benchmark.nets import health
from benchmark.nets.health import NotFinite
from benchmark.rows.kept import Tensors
from benchmark.rows.row import Row
from benchmark.rows.store import Store
from benchmark.run import copied
from benchmark.run.cells import Cell
from benchmark.run.setting import Setting

ROUNDING = 0.1  # points by which the same weights may be judged otherwise on another device
UNHELD = "only --full, on the row's device, holds its accuracy then"


def of(row: Row, cell: Cell, setting: Setting, store: Store) -> Iterator[Finding]:
    """A finding for each claim, from cheap to costly."""
    yield code(row, cell)
    yield teacher(row, setting)
    yield classes(row, setting)
    yield student(row, cell, store, setting)
    if row.sample_sha:
        yield sample(row, store)


def code(row: Row, cell: Cell) -> Finding:
    """Whether the source is the row's; a changed one is reported as open, not as a failure."""
    if cell.entry.is_of(row.method_sha):
        return judged("code", True, "the method's source is the row's")
    commit = row.commit or "no commit"
    return Finding("code", OPEN, f"the method's source has changed since ({commit})")


def teacher(row: Row, setting: Setting) -> Finding:
    """The teacher's name, where the row says one, and its accuracy, measured again."""
    here, there = setting.teacher_accuracy, row.teacher_accuracy
    name = setting.card.get("name", "")
    if row.teacher_name not in ("", name):
        text = f"the row calls it {row.teacher_name!r}, its card {name!r}"
        return judged("teacher", False, text)
    close = abs(here - there) <= ROUNDING
    return judged("teacher", close, f"{here:.2f} % here, {there:.2f} % in the row")


def classes(row: Row, setting: Setting) -> Finding:
    """As many classes as the data set has."""
    here, there = setting.spec.classes, len(row.labels_per_class)
    return judged("classes", here == there, f"{here} here, {there} in the row")


def student(row: Row, cell: Cell, store: Store, setting: Setting) -> Finding:
    """The student that was kept: its accuracy, measured again, and that it is not the teacher."""
    if row.student_sha is None:
        return Finding("student", OPEN, f"the row names none; {UNHELD}")
    try:
        weights = store.student(row)
    except StoreError as problem:
        if store.has_student(row):
            return judged("student", False, str(problem))
        return Finding("student", OPEN, f"{problem}; {UNHELD}")
    if names := health.broken(weights):
        text = f"it holds values that are not finite in {health.named(names)}"
        return judged("student", False, text)
    return _measured(row, cell, weights, setting)


def _measured(row: Row, cell: Cell, weights: Tensors, setting: Setting) -> Finding:
    network = setting.build_student(cell.student, cell.seed, cell.own)
    try:
        network.load_state_dict(weights)
        accuracy, agreement = setting.judge.score(network)
    except (RuntimeError, NotFinite) as problem:  # of another architecture; NaN from finite weights
        return judged("student", False, str(problem).splitlines()[0])
    if found := copied.of_teacher(setting, network, row.student, agreement):
        return judged("student", False, found)
    differ = max(abs(accuracy - row.end_accuracy), abs(agreement - row.end_agreement))
    text = f"{accuracy:.2f} % here, {row.accuracy:.2f} % in the row; not the teacher"
    return judged("student", differ <= ROUNDING, text)


def sample(row: Row, store: Store) -> Finding:
    """The sample of queries that was kept; its images are not asked again."""
    if not store.has_sample(row):
        return Finding("sample", OPEN, "the row names one, and it is not here")
    try:
        store.sample(row)
    except StoreError as problem:
        return judged("sample", False, str(problem))
    return judged("sample", True, "that of the row")
