"""Runs whose methods were not confined: marked where they stand among others, else told once."""

from __future__ import annotations

from collections.abc import Collection

from benchmark.rows.row import Row

CONFINED = "confined"
SIGN = " °"  # behind a name, where some runs of a table were confined and others not
MEANING = "the method's code could reach more than its oracle"


def loose(rows: Collection[Row]) -> bool:
    """Whether some of these runs were not confined. Rows older than the field say so, too."""
    return any(row.isolation != CONFINED for row in rows)


def mixed(rows: Collection[Row]) -> bool:
    """Whether some of these runs were confined and others not: then each is marked."""
    return loose(rows) and any(row.isolation == CONFINED for row in rows)


def notes(rows: Collection[Row], sign: str = "") -> list[str]:
    """A note for the foot of a table; ``sign``: behind the names of those in it, if mixed."""
    if not loose(rows):
        return []
    if not mixed(rows):
        return [f"No run was confined: {MEANING}."]
    count = sum(row.isolation != CONFINED for row in rows)
    mark = f"{sign.strip()} " if sign else ""
    return [f"{mark}not confined, {count} of {len(rows)} runs: {MEANING}."]


def weakest(rows: Collection[Row]) -> str:
    """The weakest isolation among some runs: thread, process or confined."""
    return max((row.isolation for row in rows), key=(CONFINED, "process", "thread").index)
