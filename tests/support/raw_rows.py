"""The committed rows as their files hold them, for documents that are held against them."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from statistics import fmean
from typing import Any

from support.suite import ROOT
from teachers.names import shipped_names

USUAL = {
    "dataset": "mnist",
    "teacher": "lenet",
    "teacher_name": "",
    "student": "lenet",
    "budget": 25_000,
    "access": "hard-label",
    "precision": "uint8",
    "scale": 1.0,
    "arithmetic": "float32",
}


@functools.cache
def every_row(folder: Path) -> tuple[dict[str, Any], ...]:
    """All rows below a folder of results, whatever they are of."""
    files = sorted((folder / "runs").glob("*.json"))
    found = ({**USUAL, **json.loads(file.read_bytes())} for file in files)
    return tuple(row | {"teacher_name": _name(row)} for row in found)


def _name(row: dict[str, Any]) -> str:
    """Of a teacher beside the usual one; older rows tell it by its digest alone."""
    return row["teacher_name"] or shipped_names().get(row["teacher_sha"], "")


def every(
    form: str, version: int = 0, folder: str = "results", tuning: bool = False, **setting: Any
) -> list[dict]:
    """The complete rows of a form (``ideal (entropy=sample)``), of all its defaults.

    ``setting``: the fields that differ from MNIST, LeNet to LeNet, 25,000 queries. ``tuning``:
    seeds that choose hyper-parameters.
    """
    wanted = USUAL | setting
    if folder != "results":
        wanted.pop("arithmetic")
    return [
        row
        for row in every_row(ROOT / folder)
        if _form(row) == form
        and all(row[name] == value for name, value in wanted.items())
        and row["status"] == "complete"
        and (row["seed"] >= 100) == tuning
        and version in (0, row["method_version"])
    ]


def rows(form: str, *which: Any, **setting: Any) -> list[dict]:
    """Of those of ``every`` the newest version and defaults, as in tables; by seed."""
    found = every(form, *which, **setting)
    assert found, f"no row of {form} {setting}"
    newest = max(found, key=lambda row: (row["method_version"], row.get("finished", "")))
    kind = (newest["method_version"], newest["config"])
    same = [row for row in found if (row["method_version"], row["config"]) == kind]
    return sorted(same, key=lambda row: row["seed"])


def accuracies(form: str, *which: Any, **setting: Any) -> list[float]:
    """Final accuracies in %, by seed."""
    return [row["accuracy"] for row in rows(form, *which, **setting)]


def mean(form: str, *which: Any, **setting: Any) -> float:
    """Their mean."""
    return fmean(accuracies(form, *which, **setting))


def spread(form: str, *which: Any, **setting: Any) -> float:
    """Points between the best and the worst seed."""
    found = accuracies(form, *which, **setting)
    return max(found) - min(found)


def inside(form: str, queries: int, **setting: Any) -> list[float]:
    """Accuracies in % inside runs, at a mark of their curves, by seed."""
    return [
        next(point["accuracy"] for point in row["curve"] if point["mark"] == queries)
        for row in rows(form, **setting)
    ]


def _form(row: dict) -> str:
    name = f"{row['method']}:{row['variant']}" if row["variant"] else row["method"]
    changed = ", ".join(f"{key}={value}" for key, value in row["overrides"].items())
    return f"{name} ({changed})" if changed else name
