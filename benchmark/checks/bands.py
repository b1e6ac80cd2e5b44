"""Bands of ``bench check``: every method on digits at a small budget against committed numbers.

It answers one question for a change: do the numbers still come out where they did? The bands are
package data, written by ``bench check --update`` and reviewed like code.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from statistics import median, stdev
from typing import Any

import torch

from benchmark.checks.findings import Finding, judged
from benchmark.errors import BenchError, unknown
from benchmark.files import write_atomically
from benchmark.host.failure import reason
from benchmark.rows.grouping import by_method
from benchmark.rows.row import Row
from benchmark.rows.stats import mean
from benchmark.rows.store import Store
from benchmark.run import registry
from benchmark.run.buying import Wish
from benchmark.run.cells import Cell, Request, expand
from benchmark.run.session import EXIT_STOPPED, Session
from benchmark.run.setting import Places
from benchmark.run.watch import Show

BANDS = "data/bands.json"
SLACK = 4.0  # half-width of a band in standard errors of the mean over the seeds ...
FLOOR = 6.0  # ... and at least this many points: CPUs differ


Works = Callable[[Session, list[Cell], list[str]], int]  # as ``alone``


def alone(session: Session, cells: list[Cell], words: list[str]) -> int:
    """Run the cells one after the other; the exit code.

    ``words``: the options of ``bench run`` that mean these cells, for others who run them.
    """
    return session.run(cells)


def run(
    places: Places,
    device: torch.device,
    show: Show,
    works: Works = alone,
    methods: Sequence[str] = (),
) -> list[Finding]:
    """Run the small cells; a finding for each band, and for each cell without one.

    Bands are of the shipped teacher: one of a person's own is not looked for. ``methods``: only
    these, by their names (with all variants) or labels; empty: all.
    """
    held = _held(methods)
    return compare(held, _measure(held, places, device, show, works))


def update(
    places: Places,
    device: torch.device,
    show: Show,
    works: Works = alone,
    methods: Sequence[str] = (),
) -> Path:
    """Run the small cells and rewrite their bands; returns the file. Bands of others stay."""
    whole = json.loads(_file().read_text())
    rows = _measure(_held(methods), places, device, show, works)
    kept = whole["bands"] if methods else {}
    whole["bands"] = dict(sorted((kept | _bands(by_method(rows))).items()))
    write_atomically(_file(), (json.dumps(whole, indent=1) + "\n").encode())
    return _file()


def _held(methods: Sequence[str]) -> dict[str, Any]:
    """What the file holds of these methods. Raises ``BenchError`` for a name without any."""
    held = json.loads(_file().read_text())
    there = [label for label in registry.labels() if label not in held["skipped"]]
    names = {*there, *map(_method, there)}
    for name in methods:
        if name not in names:
            raise unknown("method with a band", name, sorted(names))
    wanted = [label for label in there if not methods or {label, _method(label)} & {*methods}]
    ran = {*wanted, *map(_method, wanted)}
    return held | {
        "labels": wanted,
        "bands": {k: band for k, band in held["bands"].items() if not methods or k in wanted},
        "overrides": {name: values for name, values in held["overrides"].items() if name in ran},
    }


def _method(label: str) -> str:
    return label.partition(":")[0]


def _file() -> Path:
    return Path(str(files("benchmark").joinpath(BANDS)))


def _measure(
    held: dict[str, Any],
    places: Places,
    device: torch.device,
    show: Show,
    works: Works = alone,
) -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        store, places = Store(Path(folder)), Places(places.data, Path(folder) / "teachers")
        session = Session(store, places, device, wish=Wish(reference=False), show=show)
        if works(session, _cells(held), _words(held)) == EXIT_STOPPED:
            raise BenchError("stopped before all cells were run; nothing was compared")
        return [replace(row, overrides={}) for row in store.rows()]  # labels stay short


def compare(held: dict[str, Any], rows: list[Row]) -> list[Finding]:
    """Each method against its band; a method without a band is a difference too."""
    found = by_method(rows)
    return [
        _judge(label, held["bands"].get(label), found.get(label, []))
        for label in sorted(found.keys() | held["bands"].keys())
    ]


def _judge(label: str, band: dict[str, float] | None, group: list[Row]) -> Finding:
    if band is None or not group:
        where = "the bands" if band is None else "the registry"
        text = f"not in {where}; run `bench check --update` and review it"
        return judged(label, False, text)
    broken = [row for row in group if not row.complete]
    if broken:
        return judged(label, False, reason(broken[0].failure))
    accuracy = mean([row.end_accuracy for row in group])
    text = f"accuracy {accuracy:.2f} %, expected {band['low']:.1f} to {band['high']:.1f}"
    queries = sorted({row.queries for row in group})
    if queries != [band["queries"]]:
        text = f"{text}; {queries} queries, expected exactly {band['queries']}"
        return judged(label, False, text)
    return judged(label, band["low"] <= accuracy <= band["high"], text)


def _cells(held: dict[str, Any]) -> list[Cell]:
    request = Request(
        entries=registry.find_all(held["labels"]),
        datasets=[held["dataset"]],
        seeds=held["seeds"],
        budgets=[held["budget"]],
        overrides=held["overrides"],
    )
    return expand(request)


def _words(held: dict[str, Any]) -> list[str]:
    """The options of ``bench run`` that mean the same cells."""
    given = {
        "--methods": ",".join(held["labels"]),
        "--dataset": held["dataset"],
        "--seeds": ",".join(map(str, held["seeds"])),
        "--budget": str(held["budget"]),
    }
    changed = [
        f"{label}.{name}={value}"
        for label, values in held["overrides"].items()
        for name, value in values.items()
    ]
    words = [*given.items(), *(("--set", one) for one in changed)]
    return [word for pair in words for word in pair]


def _bands(groups: dict[str, list[Row]]) -> dict[str, dict[str, float]]:
    """A band around the mean of each group. Three seeds may agree by chance: for a band, they
    differ no less than those of the method's variants usually do.
    """
    values = {label: [row.end_accuracy for row in rows] for label, rows in groups.items()}
    spreads = {label: stdev(of) for label, of in values.items()}
    found = {}
    for label, of in values.items():
        usual = median(s for one, s in spreads.items() if _method(one) == _method(label))
        half = max(FLOOR, SLACK * max(spreads[label], usual) / len(of) ** 0.5)
        found[label] = {
            "low": round(max(0.0, mean(of) - half), 1),
            "high": round(min(100.0, mean(of) + half), 1),
            "queries": groups[label][0].queries,
        }
    return found
