"""Rows that no run has made, complete as a row must be."""

from __future__ import annotations

import itertools
import re

from benchmark.rows import schema
from benchmark.rows.store import Store


def fill(folder, *rows) -> None:
    """Put rows into the results store of the ``cli`` fixture."""
    store = Store(folder / "results")
    store.prepare()
    for one in rows:
        store.write(one)


FIELDS = {name for name, *_ in schema.FIELDS if name.startswith("reference_")}


NUMBERS = itertools.count()


FAILED = {"status": "failed", "accuracy": None, "agreement": None, "error": "ValueError: x"}


POINT = {"step": 1, "agreement": 30.0, "seconds": 1.0, "student_images": 1000}


def row(**changes) -> dict:
    """A complete row of noise on digits, with every field that a row must have."""
    budget = changes.get("budget", 1000)
    accuracy = changes.get("accuracy", 50.0)
    points = [{"queries": 100, "accuracy": 20.0}, {"queries": budget, "accuracy": accuracy or 0.0}]
    curve = changes.pop("curve", points)
    return {
        "schema": 1,
        "id": f"{next(NUMBERS):012x}",
        "dataset": "digits",
        "teacher": "lenet",
        "teacher_sha": "a" * 64,
        "data_digest": "d" * 64,
        "student": "lenet",
        "method": "noise",
        "variant": "",
        "overrides": {},
        "method_version": 1,
        "config": {},
        "budget": budget,
        "seed": 0,
        "precision": "uint8",
        "status": "complete",
        "queries": budget,
        "unique": budget - 100,
        "accuracy": accuracy,
        "agreement": 40.0,
        "teacher_accuracy": 99.0,
        "flags": [],
        "error": None,
        "seconds": 2.4,
        "classes": 10,
        "suite": "0.1.0",
        "commit": "abcdef012345",
        "dirty": False,
        "torch": "2.10.0",
        "device": "a CPU, 1 threads",
        "steps": 4,
        "best_accuracy": accuracy,
        "eval_seconds": 0.5,
        "student_images": 5000,
        "peak_memory_mb": 300.0,
        "resumes": 0,
        "python": "3.11.2",
        "deterministic": True,
        "method_sha": "e" * 64,
        "started": "2026-01-01T10:00:00+00:00",
        "finished": "2026-01-01T10:00:03+00:00",
        "labels_per_class": [budget // 10] * 10,
        "labels_digest": "f" * 64,
        "curve": [POINT | {"mark": point["queries"] or 1} | point for point in curve],
    } | changes


def seeds(*accuracies: float, **changes) -> list[dict]:
    return [row(accuracy=a, seed=seed, **changes) for seed, a in enumerate(accuracies)]


def lines(text: str) -> list[list[str]]:
    """The cells of the table lines below their headers."""
    cells = [re.split(r"\s*\|\s*", line.strip())[1:-1] for line in text.splitlines() if "|" in line]
    return [line for line in cells if line[0] != "method" and not line[0].startswith(":")]


ROW = row(id="0123456789ab", budget=500)
