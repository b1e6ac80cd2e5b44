"""From a preset to the cells of ``bench run``, in full or as a rehearsal at smaller budgets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch

from benchmark import datasets
from benchmark.errors import BenchError
from benchmark.oracle import Spec
from benchmark.papers.presets import FILE, Preset, PresetMethod, Setting
from benchmark.run.cells import Cell, Request, expand, remarks
from benchmark.run.registry import find


def cells_of(preset: Preset, seeds: Sequence[int], scale: float = 1.0) -> list[Cell]:
    """Every cell with every seed, each once: scaled budgets may meet at a method's least.

    An unknown method, field or network is an error that names file and entry.
    """
    found = []
    for setting, one in preset.cells():
        first = _cell(preset, setting, one, scale)
        found += [replace(first, seed=seed) for seed in seeds]
    return [cell for number, cell in enumerate(found) if cell not in found[:number]]


def budget_of(preset: Preset, setting: Setting, one: PresetMethod, scale: float) -> int:
    """The budget of a cell's rows."""
    return setting.budget if scale == 1 else _cell(preset, setting, one, scale).budget


def _cell(preset: Preset, setting: Setting, one: PresetMethod, scale: float) -> Cell:
    """The cell of a method in a setting, at seed 0."""
    try:
        request = Request(
            entries=[find(one.label)],
            datasets=[setting.dataset],
            seeds=[0],
            budgets=[setting.budget],
            teachers=[setting.teacher],
            students=[setting.student],
            overrides={one.label: setting.config(one)},
            access=one.access,
            batch=setting.batch,
        )
        (cell,) = expand(request)
    except BenchError as problem:
        entry = f"{one.method} on {setting.dataset}"
        raise BenchError(f"{FILE}, {preset.name}, {entry}: {problem}") from None
    for_all = any("generator" in other.own for other in preset.methods)
    cell = replace(cell, notes=remarks(cell.entry, for_all))
    return cell if scale == 1 else replace(cell, budget=_scaled(cell, scale), scale=scale)


def _scaled(cell: Cell, scale: float) -> int:
    """A share of the budget, but at least the smallest that the method accepts."""
    form = datasets.outline(cell.dataset)
    if form is None:
        raise BenchError(f"a rehearsal needs a data set of known form, not {cell.dataset}")
    spec = Spec(*form, torch.device("cpu"), cell.access)
    method, config = cell.entry.method, cell.config
    least = max(method.least_budget(config, spec), getattr(config, "batch", 0))
    return min(cell.budget, max(round(cell.budget * scale), least))
