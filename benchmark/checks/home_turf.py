"""``bench check --home-turf``: does every method still work in its own setting?"""

from __future__ import annotations

import tempfile
from pathlib import Path

import torch

from benchmark.checks.findings import OPEN, Finding, judged
from benchmark.errors import BenchError
from benchmark.host.failure import reason
from benchmark.papers.home_turf import Bounds, bounds
from benchmark.papers.presets import PresetMethod
from benchmark.rows.row import Row
from benchmark.rows.stats import mean
from benchmark.rows.store import Store
from benchmark.run import preset_cells
from benchmark.run.session import EXIT_STOPPED, Session
from benchmark.run.setting import Places
from benchmark.run.watch import Show
from benchmark.tables import grid

NO_BOUND = "nothing is expected of it yet"


def run(places: Places, device: torch.device, show: Show) -> list[Finding]:
    """Run the preset's cells with one seed; a finding for each method.

    Bounds are of the shipped teacher: one of a person's own is not looked for.
    """
    held = bounds()
    with tempfile.TemporaryDirectory() as folder:
        store, places = Store(Path(folder)), Places(places.data, Path(folder) / "teachers")
        session = Session(store, places, device, allow_weak=True, show=show)
        if session.run(preset_cells.cells_of(held.preset, [held.seed])) == EXIT_STOPPED:
            raise BenchError("stopped before all cells were run; nothing was compared")
        return compare(held, store.rows())


def compare(held: Bounds, rows: list[Row]) -> list[Finding]:
    """Each method of the preset against its bound; one without a run has failed."""
    entries = {
        one: of for line in grid.lines(held.preset, rows) for one, of in line.entries.items()
    }
    return [_judge(one, held.of(one), entries[one].rows) for one in held.preset.methods]


def _judge(one: PresetMethod, low: float | None, rows: list[Row]) -> Finding:
    if not rows:
        return judged(one.name, False, "it has no run")
    broken = [row for row in rows if not row.complete]
    if broken:
        return judged(one.name, False, reason(broken[0].failure))
    accuracy = mean([row.end_accuracy for row in rows])
    if low is None:
        return Finding(one.name, OPEN, f"accuracy {accuracy:.2f} %; {NO_BOUND}")
    return judged(one.name, accuracy >= low, f"accuracy {accuracy:.2f} %, {low:g} at least")
