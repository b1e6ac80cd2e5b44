"""Rows that no run has made, complete as a row must be."""

from __future__ import annotations

import itertools
import re
from typing import Any

from benchmark.rows.row import Point, Row
from benchmark.rows.schema import fields_of
from benchmark.rows.store import Store


def fill(folder, *rows: Row) -> None:
    """Put rows into the results store of the ``cli`` fixture."""
    store = Store(folder / "results")
    store.prepare()
    for one in rows:
        store.write(one)


FIELDS = {field.name for field in fields_of(Row) if field.name.startswith("reference_")}


NUMBERS = itertools.count()


FAILED = {"status": "failed", "accuracy": None, "agreement": None, "error": "ValueError: x"}


def make_point(**changes: Any) -> Point:
    """A point of a curve; its mark is where it was unless that is said."""
    usual = {"step": 1, "agreement": 30.0, "seconds": 1.0, "student_images": 1000}
    return Point(**usual | {"mark": changes["queries"] or 1} | changes)


def make_row(**changes: Any) -> Row:
    """A complete row of noise on digits, as a run writes it today; lists become tuples.

    ``curve``: points, or the unusual fields of each.
    """
    budget = changes.get("budget", 1000)
    accuracy = changes.get("accuracy", 50.0)
    points = [{"queries": 100, "accuracy": 20.0}, {"queries": budget, "accuracy": accuracy or 0.0}]
    curve = changes.pop("curve", points)
    usual = {
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
        "teacher_shipped": True,
        "floor": False,
        "real_images": "",
        "notes": (),
        "flags": (),
        "error": None,
        "seconds": 2.4,
        "cpu_seconds": 4.0,
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
        "teacher_images": 0,
        "teacher_gradients": 0,
        "peak_memory_mb": 300.0,
        "resumes": 0,
        "isolation": "confined",
        "python": "3.11.2",
        "deterministic": True,
        "amp": "off",
        "graphs": False,
        "method_sha": "e" * 64,
        "started": "2026-01-01T10:00:00+00:00",
        "finished": "2026-01-01T10:00:03+00:00",
        "labels_per_class": (budget // 10,) * 10,
        "labels_digest": "f" * 64,
        "curve": tuple(one if isinstance(one, Point) else make_point(**one) for one in curve),
    }
    fields: dict[str, Any] = usual | changes
    return Row(**{k: tuple(v) if isinstance(v, list) else v for k, v in fields.items()})


def seeds(*accuracies: float, **changes: Any) -> list[Row]:
    return [make_row(accuracy=a, seed=seed, **changes) for seed, a in enumerate(accuracies)]


def lines(text: str) -> list[list[str]]:
    """The cells of the table lines below their headers."""
    cells = [re.split(r"\s*\|\s*", line.strip())[1:-1] for line in text.splitlines() if "|" in line]
    return [line for line in cells if line[0] != "method" and not line[0].startswith(":")]


ROW = make_row(id="0123456789ab", budget=500)
