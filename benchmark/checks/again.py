"""A run made again, from its start or as a whole, and its numbers beside those of its row."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from benchmark.checks import replay
from benchmark.checks.findings import HOLDS, OPEN, Finding, judged
from benchmark.checks.spread import Allowed, Unknown
from benchmark.host.failure import reason
from benchmark.host.levels import Isolation
from benchmark.rows.row import Point, Row
from benchmark.rows.store import Store
from benchmark.run.cells import Cell
from benchmark.run.lines import describe
from benchmark.run.runner import Run
from benchmark.run.setting import Setting
from benchmark.run.watch import Control, Show

EXACT = (
    "mark",
    "queries",
    "step",
    "accuracy",
    "agreement",
    "student_images",
    "labels_digest",
    "student_digest",
)
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
    "student_sha",
    "reference_accuracy",
    "reference_agreement",
    "reference_images",
    "reference_digest",
    "defended_accuracy",
)
ANYWHERE = ("queries", "floor", "real_images")  # of these, those that no rounding changes
PAST = ("asked-more", "not-compared")  # flags of one run's fate, which no repetition shows
FILES = {"student": "student_sha", "sample": "sample_sha"}  # beside a row, by their digest in it


class Repeat(NamedTuple):
    """The result of a run that was repeated."""

    curve: list[Point]
    row: Row | None  # None: it was stopped before its end


def first_points(
    row: Row, cell: Cell, setting: Setting, points: int | None, isolation: Isolation, show: Show
) -> Repeat:
    """The first points of the curve, made by running the cell again under its full budget.

    With the row of the repeated run where it ended before it had more points, well or not.
    ``points``: None for all of them.
    """
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder))
        store.prepare()
        with show.run(describe(cell), cell.budget) as watch:
            control = Control(watch=watch)
            how = (row.graphs, replay.wish_of(row), isolation)
            again = Run(cell, setting, store, control, *how)
            if points is not None:
                control.should_stop = lambda: _is_enough(again, points)
            written = again.execute()
    return Repeat(again.record.curve, written)


def _is_enough(again: Run, points: int) -> bool:
    """Whether a run may stop: not where it has come to its end, as its row is compared then."""
    curve = again.record.curve
    ended = curve and curve[-1].mark == again.cell.budget
    return len(curve) >= points and not ended


def compare(row: Row, again: Repeat, allowed: Allowed | None) -> list[Finding]:
    """A finding for each point of a repeated curve, and one for the row as far as it was made.

    ``allowed``: how far accuracies may differ; None where every bit has to agree.
    """
    pairs = zip(again.curve, row.curve, strict=False)  # a surplus on either side: below
    found = [_point(here, there, allowed) for here, there in pairs]
    if again.row and not again.row.complete:
        text = f"it fails here: {reason(again.row.failure)}"
        return [*found, judged("run", False, text)]
    here, there = len(again.curve), len(row.curve)
    if here > there or (again.row and here < there):
        found.append(judged("curve", False, f"{here} points here, {there} in the row"))
    if again.row is None:
        return [*found, _part(row, again, exact=allowed is None)]
    return [*found, _whole(row, again.row, exact=allowed is None)]


def settled(
    row: Row, again: Repeat, found: list[Finding], before: list[Finding], repeats: bool
) -> list[Finding]:
    """Findings on files that were open ``before``, where the whole run came out bit for bit.

    The files of the row are then those of the run that was made here. ``repeats``: bits have to
    agree here, and they did; elsewhere a row proves it that names its student's digest and is equal
    in every part.
    """
    if again.row is None or not all(finding.verdict == HOLDS for finding in found):
        return []
    equal = _whole(row, again.row, exact=True).verdict == HOLDS
    if not repeats and (row.student_sha is None or not equal):
        return []
    missing = [one.name for one in before if one.verdict == OPEN and one.name in FILES]
    same = [n for n in missing if getattr(row, FILES[n]) in (None, getattr(again.row, FILES[n]))]
    return [judged(name, True, "made again with the run, bit for bit") for name in same]


def _part(row: Row, again: Repeat, exact: bool) -> Finding:
    """What a run that was stopped covers of its row."""
    made = min(len(again.curve), len(row.curve))
    marks = f"{made} of {len(row.curve)} marks, to {again.curve[-1].mark:,} queries"
    digests = sum(point.student_digest is not None for point in row.curve[:made])
    chain = f"; the student's digest at {digests} of them" if exact else ""
    return Finding("end", OPEN, f"made again: {marks}{chain}; --full makes the rest")


def _whole(row: Row, here: Row, exact: bool) -> Finding:
    """The numbers of a row beside those of its run, made again to the end."""
    pairs = {name: (getattr(here, name), getattr(row, name)) for name in WHOLE}
    pairs["flags"] = (_lasting(here), _lasting(row))
    differing = _differing(pairs if exact else {name: pairs[name] for name in ANYWHERE})
    said = "; ".join(
        f"{name} is {pairs[name][0]} here, {pairs[name][1]} in the row" for name in differing
    )
    held = "all exact parts are equal" if exact else "the parts free of rounding are equal"
    return judged("row", not differing, said or f"made again to its end; {held}")


def _lasting(row: Row) -> tuple[str, ...]:
    """The flags of a row that a repetition has to show, too."""
    return tuple(flag for flag in row.flags if flag not in PAST)


def _differing(pairs: dict[str, tuple[Any, Any]]) -> list[str]:
    """The names of pairs, here and in the row, that differ; None in the row was not measured."""
    return [name for name, (here, there) in pairs.items() if there not in (None, here)]


def _point(here: Point, there: Point, allowed: Allowed | None) -> Finding:
    name = f"{here.mark:,} queries"
    text = f"{here.accuracy:.2f} % here, {there.accuracy:.2f} % in the row"
    differing = _differing({name: (getattr(here, name), getattr(there, name)) for name in EXACT})
    if not differing:
        return judged(name, True, f"{text}, equal in every part")
    counts = [key for key in ("mark", "queries") if key in differing]
    if allowed is None or counts:
        return judged(name, False, f"{text}; differs in {', '.join(differing)}")
    bounds = allowed(here.mark, here.accuracy)
    if isinstance(bounds, Unknown):
        return Finding(name, OPEN, f"{text}; {bounds.words}")
    if not bounds.low <= there.accuracy <= bounds.high:
        return judged(name, False, f"{text}; {bounds.words}")
    return Finding(name, HOLDS if bounds.decides else OPEN, f"{text}; {bounds.words}")
