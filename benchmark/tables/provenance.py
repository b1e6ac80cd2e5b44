"""Where the rows of a table come from, in a line."""

from __future__ import annotations

from benchmark.rows.file import Row, arithmetic_of
from benchmark.rows.schema import BFLOAT16
from benchmark.tuning import sets


def unshipped(rows: list[Row]) -> list[str]:
    """A note on teachers that nobody has but who made the rows; older rows do not say."""
    found = {
        f"{row['teacher']} of {row['dataset']} ({row['teacher_sha'][:8]})"
        for row in rows
        if row.get("teacher_shipped") is False
    }
    if not found:
        return []
    return [
        f"Not shipped with the suite: the teachers {', '.join(sorted(found))}. Their rows can be "
        "audited only with the files."
    ]


def tuned_on(rows: list[Row]) -> list[str]:
    """A note on the data sets that hyper-parameters were chosen on."""
    found = sorted({row["dataset"] for row in rows if sets.is_tuning_set(row["dataset"])})
    return [f"Tuning set: {', '.join(found)}. {sets.NOTE}"] if found else []


def source(rows: list[Row]) -> str:
    """Where rows come from: suite, commits, torch, devices, arithmetic."""

    def several(name: str, between: str = ", ") -> str:
        return between.join(sorted({str(row[name]) for row in rows if row[name]})) or "unknown"

    states = {row["dirty"] for row in rows}  # None: git did not tell
    dirty = " (some with changed code)" if True in states else ""
    dirty += " (some of an unknown state)" if None in states else ""
    half = sum(arithmetic_of(row) == BFLOAT16 for row in rows)
    arithmetic = f", {half} of {len(rows)} runs with networks in bfloat16" if half else ""
    return (
        f"Suite {several('suite')}, {_commits(rows)}{dirty}, torch {several('torch')}, "
        f"{several('device', '; ')}{arithmetic}."
    )


def _commits(rows: list[Row]) -> str:
    """One or two commits by name, of more the first and the last in order of their runs."""
    ended: dict[str, str] = {}
    for row in rows:
        if row["commit"]:
            when = row.get("finished", "")
            ended[row["commit"]] = min(when, ended.get(row["commit"], when))
    found = sorted(ended, key=lambda commit: (ended[commit], commit))
    if len(found) < 3:
        return f"commit {', '.join(found) or 'unknown'}"
    return f"{len(found)} commits from {found[0]} to {found[-1]}"
