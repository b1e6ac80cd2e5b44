"""Runs whose methods were not confined: marked where they stand among others, else told once."""

from __future__ import annotations

from collections.abc import Collection

from benchmark.rows.row import Row

CONFINED = "confined"
SIGN = " °"  # behind a name, where some runs of a table were confined and others not
MEANING = "a method's code could reach more than its oracle"
NOTE = f"not confined: {MEANING}."


def loose(rows: Collection[Row]) -> bool:
    """Whether some of these runs were not confined. Rows older than the field say so, too."""
    return any(row.isolation != CONFINED for row in rows)


def mixed(rows: Collection[Row]) -> bool:
    """Whether some of these runs were confined and others not: then each is marked."""
    return loose(rows) and any(row.isolation == CONFINED for row in rows)


def notes(rows: Collection[Row]) -> list[str]:
    """The meaning of the sign, where one is set."""
    return [f"{SIGN.strip()} {NOTE}"] if mixed(rows) else []


def sentence(rows: Collection[Row]) -> str:
    """How many of the runs were not confined; "" where all were."""
    count = sum(row.isolation != CONFINED for row in rows)
    if not count:
        return ""
    if count == len(rows):
        return "No run was confined."
    return f"{count} of {len(rows)} runs were not confined."


def weakest(rows: Collection[Row]) -> str:
    """The weakest isolation among some runs: thread, process or confined."""
    return max((row.isolation for row in rows), key=(CONFINED, "process", "thread").index)
