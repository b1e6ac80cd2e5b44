"""``bench check``: every method on digits at a small budget against committed bands.

It answers one question for a change: do the numbers still come out where they did? The bands are
package data, written by ``bench check --update`` and reviewed like code.
"""

from __future__ import annotations

import json
import tempfile
from importlib.resources import files
from pathlib import Path
from typing import Any

import torch

from benchmark import registry
from benchmark.cells import Cell, Request, expand
from benchmark.progress import console
from benchmark.session import EXIT_FAILED, EXIT_OK, Session
from benchmark.setting import Places
from benchmark.stats import mean
from benchmark.store import Row, Store, write_atomically
from benchmark.tables.grouping import by_method

BANDS = "data/bands.json"
SLACK = 4.0  # half-width of a band in standard errors of the mean over the seeds ...
FLOOR = 6.0  # ... and at least this many points: three seeds may agree by chance, and CPUs differ


def run(places: Places, device: torch.device, update: bool) -> int:
    """Run the small cells, then compare with the bands or rewrite them; the exit code."""
    place = Path(str(files("benchmark").joinpath(BANDS)))
    plan = json.loads(place.read_text())
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder))
        code = Session(store, places, device).run(_cells(plan))
        rows = [{**row, "overrides": {}} for row in store.rows()]  # labels stay short
    if code != EXIT_OK:
        return code
    if update:
        plan["bands"] = {label: _band(group) for label, group in by_method(rows).items()}
        write_atomically(place, (json.dumps(plan, indent=1) + "\n").encode())
        console.print(f"wrote {place}")
        return EXIT_OK
    problems = compare(plan, rows)
    for problem in problems:
        console.print(f"FAILED  {problem}")
    console.print(f"{len(plan['bands'])} bands, {len(problems)} failed")
    return EXIT_FAILED if problems else EXIT_OK


def compare(plan: dict[str, Any], rows: list[Row]) -> list[str]:
    """What differs from the bands, a line each; a method without a band is a difference too."""
    found, problems = by_method(rows), []
    for label in sorted(found.keys() | plan["bands"].keys()):
        if label not in plan["bands"] or label not in found:
            where = "the bands" if label not in plan["bands"] else "the registry"
            problems.append(f"{label} is not in {where}; run `bench check --update` and review it")
            continue
        band, group = plan["bands"][label], found[label]
        accuracy = mean([row["accuracy"] for row in group])
        if not band["low"] <= accuracy <= band["high"]:
            limits = f"{band['low']:.1f} to {band['high']:.1f}"
            problems.append(f"{label}: accuracy {accuracy:.2f} %, expected {limits}")
        queries = sorted({row["queries"] for row in group})
        if queries != [band["queries"]]:
            problems.append(f"{label}: {queries} queries, expected exactly {band['queries']}")
    return problems


def _cells(plan: dict[str, Any]) -> list[Cell]:
    request = Request(
        entries=registry.find_all(registry.labels()),
        datasets=[plan["dataset"]],
        seeds=plan["seeds"],
        budgets=[plan["budget"]],
        overrides=plan["overrides"],
    )
    return expand(request)


def _band(rows: list[Row]) -> dict[str, float]:
    values = [row["accuracy"] for row in rows]
    spread = (sum((value - mean(values)) ** 2 for value in values) / (len(values) - 1)) ** 0.5
    half = max(FLOOR, SLACK * spread / len(values) ** 0.5)
    return {
        "low": round(max(0.0, mean(values) - half), 1),
        "high": round(min(100.0, mean(values) + half), 1),
        "queries": rows[0]["queries"],
    }
