"""Where the rows of a table come from, in a line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from benchmark.nets.names import ENDPOINT
from benchmark.rows.kinds import BFLOAT16
from benchmark.rows.row import Row
from benchmark.tables import confined
from benchmark.tuning import sets


class Origin(NamedTuple):
    """The origin of a number that comes from no row."""

    suite: str
    commit: str
    dirty: bool | None  # None: git did not tell
    torch: str
    device: str
    finished: str
    arithmetic: str


def unshipped(rows: list[Row]) -> list[str]:
    """A note on teachers whose files the suite does not have; an endpoint has none to give.

    A row says what was shipped when it was made: its teacher may have been added since.
    """
    left = [
        row for row in rows if row.teacher_shipped is False and not row.teacher.startswith(ENDPOINT)
    ]
    if not left:
        return []
    from teachers import shelf  # of torch, which tables need not wait for

    there = {sha: shelf.is_shipped(sha) for sha in {row.teacher_sha for row in left}}
    found = {
        f"{row.teacher_label} of {row.dataset} ({row.teacher_sha[:8]})"
        for row in left
        if not there[row.teacher_sha]
    }
    if not found:
        return []
    return [
        f"Not shipped with the suite: the teachers {', '.join(sorted(found))}. Their rows can be "
        "audited only with the files."
    ]


def tuned_on(rows: list[Row]) -> list[str]:
    """Notes on the data sets that values were chosen on: for every method, for single ones."""
    found = sorted({row.dataset for row in rows if sets.is_tuning_set(row.dataset)})
    tuning = [f"Tuning set: {', '.join(found)}. {sets.NOTE}"] if found else []
    return [*tuning, *_developed_on(rows)]


def _developed_on(rows: list[Row]) -> list[str]:
    pairs = {(row.dataset, row.method) for row in rows}
    return [
        f"Development set for {method}: {dataset}. {sets.DEVELOPED}"
        for dataset, method in sorted(pairs)
        if method in sets.DEVELOPMENT.get(dataset, ())
    ]


def source(rows: Sequence[Row | Origin]) -> str:
    """Where rows come from: suite, commits, torch, devices, arithmetic, isolation."""

    def several(name: str, between: str = ", ") -> str:
        return (
            between.join(sorted({str(of) for row in rows if (of := getattr(row, name))}))
            or "unknown"
        )

    states = {row.dirty for row in rows}  # None: git did not tell
    dirty = " (some with changed code)" if True in states else ""
    dirty += " (some of an unknown state)" if None in states else ""
    half = sum(row.arithmetic == BFLOAT16 for row in rows)
    arithmetic = f", {half} of {len(rows)} runs with networks in bfloat16" if half else ""
    made = (
        f"Suite {several('suite')}, {_commits(rows)}{dirty}, torch {several('torch')}, "
        f"{several('device', '; ')}{arithmetic}."
    )
    isolation = confined.sentence([row for row in rows if isinstance(row, Row)])
    return f"{made} {isolation}".strip()


def _commits(rows: Sequence[Row | Origin]) -> str:
    """One or two commits by name, of more the first and the last in order of their runs."""
    ended: dict[str, str] = {}
    for row in rows:
        if row.commit:
            ended[row.commit] = min(row.finished, ended.get(row.commit, row.finished))
    found = sorted(ended, key=lambda commit: (ended[commit], commit))
    if len(found) < 3:
        return f"commit {', '.join(found) or 'unknown'}"
    return f"{len(found)} commits from {found[0]} to {found[-1]}"
