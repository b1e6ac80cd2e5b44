"""Markdown tables from the rows of a store; every number in them comes from a row."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable

from benchmark import parse
from benchmark.errors import BenchError
from benchmark.stats import cell, mean
from benchmark.store import Row, Store

TUNING_SEEDS = 100  # seeds from here on are for choosing hyper-parameters, never for tables
HEADER = ("method", "accuracy", "agreement", "queries", "unique", "seconds")


def select(store: Store, datasets: str | None = None, tuning: bool = False) -> list[Row]:
    """The store's rows, all or of some data sets; of tuning seeds or of all others.

    No row is an error.
    """
    rows = [row for row in store.rows() if (row["seed"] >= TUNING_SEEDS) == tuning]
    wanted = parse.items(datasets) if datasets else sorted({row["dataset"] for row in rows})
    found = [row for row in rows if row["dataset"] in wanted]
    if not found:
        of = f" of {datasets}" if datasets else ""
        of += f" of tuning seeds ({TUNING_SEEDS} and above)" if tuning else ""
        raise BenchError(f"there are no rows{of} in {store.runs}; `bench run` makes them")
    return found


def label(row: Row) -> str:
    """The method as tables and legends show it: name, variant, overridden fields."""
    name = f"{row['method']}:{row['variant']}" if row["variant"] else row["method"]
    changed = ", ".join(f"{key}={value}" for key, value in row["overrides"].items())
    return f"{name} ({changed})" if changed else name


def _names(rows: list[Row]) -> dict[str, str]:
    """Row id to label. Where one label stands for several versions or defaults, it says which."""
    kinds: dict[str, set[tuple]] = defaultdict(set)
    for row in rows:
        kinds[label(row)].add(_kind(row))
    names = {}
    for row in rows:
        versions = {version for version, _ in kinds[label(row)]}
        suffix = f" v{row['method_version']}" if len(versions) > 1 else ""
        suffix += f" #{_kind(row)[1]}" if len(kinds[label(row)]) > len(versions) else ""
        names[row["id"]] = label(row) + suffix
    return names


def _kind(row: Row) -> tuple[int, str]:
    """Version and a short digest of the Config."""
    config = json.dumps(row["config"], sort_keys=True).encode()
    return row["method_version"], hashlib.sha256(config).hexdigest()[:4]


def setting_key(row: Row) -> tuple:
    """Rows with equal keys may be compared: one data set, teacher file, student and precision."""
    return (row["dataset"], row["teacher"], row["teacher_sha"], row["student"], row["precision"])


def by_setting(rows: Iterable[Row], budget: bool = True) -> dict[tuple, list[Row]]:
    """Rows by comparable setting (and budget), in order of both."""
    groups: dict[tuple, list[Row]] = defaultdict(list)
    for row in rows:
        groups[(*setting_key(row), *([row["budget"]] if budget else []))].append(row)
    return dict(sorted(groups.items()))


def by_method(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """Rows by method label, each by seed."""
    rows = list(rows)
    names = _names(rows)
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: (names[row["id"]], row["seed"])):
        groups[names[row["id"]]].append(row)
    return dict(groups)


def markdown(rows: list[Row]) -> str:
    """One table per data set, teacher, student and budget, best method first, then the source."""
    from tabulate import tabulate

    parts = []
    for group in by_setting(rows).values():
        methods = by_method(group).items()
        lines = sorted((_line(name, of) for name, of in methods), key=lambda line: -line[0])
        body = tabulate(
            [line[1:] for line in lines], HEADER, tablefmt="pipe", disable_numparse=True,
            colalign=("left", *["right"] * (len(HEADER) - 1)),
        )  # fmt: skip
        row = group[0]
        chance = 100 / row["classes"]
        facts = f"Teacher {row['teacher_accuracy']:.2f} %, chance {chance:.2f} %."
        title = f"### {title_of(row, rows)}, {row['budget']:,} queries"
        parts.append(f"{title}\n\n{facts}\n\n{body}")
    return "\n\n".join([*parts, *_notes(rows)]) + "\n"


def title_of(row: Row, rows: Iterable[Row]) -> str:
    """A setting in words; the teacher's digest only where ``rows`` hold two of its kind."""
    kind = (row["dataset"], row["teacher"])
    files = {r["teacher_sha"] for r in rows if (r["dataset"], r["teacher"]) == kind}
    teacher = f"{row['teacher']} {row['teacher_sha'][:8]}" if len(files) > 1 else row["teacher"]
    precision = "" if row["precision"] == "uint8" else f", {row['precision']} queries"
    return f"{row['dataset']}: {teacher} to {row['student']}{precision}"


def _line(name: str, rows: list[Row]) -> tuple:
    """Sort key and cells of one method; failed seeds count as ``2/3``."""
    done = [row for row in rows if row["status"] == "complete"]
    failed = f" {len(done)}/{len(rows)}" if len(done) < len(rows) else ""
    name += failed
    if not done:
        return (-1.0, name, "failed", "—", "—", "—", "—")
    return (
        mean([row["accuracy"] for row in done]),
        name,
        cell([row["accuracy"] for row in done]),
        f"{mean([row['agreement'] for row in done]):.2f}",
        f"{mean([row['queries'] for row in done]):,.0f}",
        f"{mean([row['unique'] for row in done]):,.0f}",
        f"{mean([row['seconds'] for row in done]):,.0f}",
    )


def _notes(rows: list[Row]) -> list[str]:
    done = [row for row in rows if row["status"] == "complete"]
    few = any(len(group) < 3 for g in by_setting(done).values() for group in by_method(g).values())
    notes = ["† fewer than three seeds, so no interval."] if few else []
    flagged = [
        f"{label(row)} seed {row['seed']}: {', '.join(row['flags'])}"
        for row in rows
        if row["flags"]
    ]
    notes += [f"Flags: {'; '.join(flagged)}."] if flagged else []
    notes.append(
        "Accuracy of the final student in %, mean ± half a 95 % t interval (seeds); agreement with "
        "the teacher in %; queries and different images among them; seconds without evaluation."
    )
    notes.append(_source(rows))
    return notes


def _source(rows: list[Row]) -> str:
    def several(name: str) -> str:
        return ", ".join(sorted({str(row[name]) for row in rows if row[name]})) or "unknown"

    dirty = " (some with changed code)" if any(row["dirty"] for row in rows) else ""
    half = sum(row.get("amp") == "bfloat16" for row in rows)  # early rows have no such field
    arithmetic = f", {half} of {len(rows)} runs with networks in bfloat16" if half else ""
    return (
        f"Suite {several('suite')}, commit {several('commit')}{dirty}, torch {several('torch')}, "
        f"{several('device')}{arithmetic}."
    )
