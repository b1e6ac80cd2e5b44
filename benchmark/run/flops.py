"""How many FLOPs planned runs may take: the teacher's by count, training by measured profiles."""

from __future__ import annotations

import functools
import math
from collections import Counter
from typing import Any

import torch

from benchmark import datasets
from benchmark.nets import architectures
from benchmark.nets.names import is_architecture
from benchmark.run.cells import Cell

Profile = dict[str, Any]


def lines(cells: list[Cell], profiles: list[Profile]) -> list[str]:
    """Lines for people on the FLOPs of ``cells``.

    The teacher answers every query once. Training is scaled by queries from the profile of the
    same method, fields, networks and data set at the nearest budget; nothing is guessed beyond
    that. Neither counts evaluation.
    """
    teacher = [_of_teacher(cell) for cell in cells]
    training = [_of_training(cell, profiles) for cell in cells]
    parts = [
        f"{tera(sum(filter(None, found)))} {part} for {sum(map(bool, found))}"
        for part, found in (("of teachers", teacher), ("of training", training))
        if any(found)
    ]
    unknown = Counter(c.entry.label for c, n in zip(cells, training, strict=True) if not n)
    runs = f"{len(cells)} run{'s' * (len(cells) != 1)}"
    text = [f"FLOPs: {', '.join(parts) or 'unknown'} of {runs}"]
    if unknown:
        text.append(f"FLOPs of training: unknown without a profile ({_listed(unknown)})")
    return text


def _listed(labels: Counter) -> str:
    return ", ".join(f"{label} {count}" for label, count in sorted(labels.items()))


def tera(flops: float) -> str:
    """FLOPs in a unit that is easily read."""
    units = (("P", 1e15), ("T", 1e12), ("G", 1e9), ("M", 1e6))
    letter, size = next((unit for unit in units if flops >= unit[1]), units[-1])
    return f"{flops / size:,.3g} {letter}FLOP"


def _of_teacher(cell: Cell) -> float | None:
    outline = datasets.outline(cell.dataset)
    if outline is None or not is_architecture(cell.teacher):
        return None
    shape, classes = outline
    return cell.budget * forward(cell.teacher, tuple(shape), classes)


def nearest(cell: Cell, profiles: list[Profile]) -> Profile | None:
    """The profile of a cell's method, networks and data set at the nearest budget."""
    like = [profile for profile in profiles if _alike(cell, profile)]
    return min(like, key=lambda profile: _distance(cell, profile)) if like else None


def _of_training(cell: Cell, profiles: list[Profile]) -> float | None:
    chosen = nearest(cell, profiles)
    if chosen is None:
        return None
    flops = sum(part["flops"] for part in chosen["parts"].values())
    return flops / chosen["queries"] * cell.budget


def _distance(cell: Cell, profile: Profile) -> tuple[bool, float]:
    """Sorts labelled profiles last: a label may say that the method was changed."""
    return bool(profile["label"]), abs(math.log(profile["budget"] / cell.budget))


def _alike(cell: Cell, profile: Profile) -> bool:
    names = ("dataset", "student", "method", "variant", "overrides")
    wanted = (cell.dataset, cell.student, cell.entry.name, cell.entry.variant, cell.overrides)
    return wanted == tuple(profile[name] for name in names)


@functools.cache
def forward(architecture: str, shape: tuple[int, int, int], classes: int) -> float:
    """FLOPs of a network for one image, from shapes alone."""
    from torch.utils.flop_counter import FlopCounterMode  # imports triton, where it is installed

    with torch.device("meta"):
        network = architectures.build(architecture, shape, classes).eval()
        counter = FlopCounterMode(display=False)
        with counter, torch.no_grad():
            network(torch.zeros(1, *shape))
    return float(counter.get_total_flops())
