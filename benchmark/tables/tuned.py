"""The gain of tuning: how far the best trial of a form is above its defaults."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from benchmark.tuning import sets
from benchmark.tuning.trials import read_all

FOLDER = "tuning"  # below that of the results


class Gain(NamedTuple):
    """The result of the trials of a form, on images held out of training images."""

    points: float  # the best trial's accuracy above the defaults'
    trials: int
    sets: tuple[str, ...]  # the data sets
    best: Mapping[str, Any]  # the fields of the space, as the best trial had them


Gains = Mapping[str, Gain]  # by the form: ``name`` or ``name:variant``


def gains(root: Path) -> Gains:
    """Those of the trials below a store; ``bench tune --list`` names the unsound files."""
    studies, _ = read_all(root / FOLDER)
    return of(study for study in studies if sets.COLOUR not in study[0]["sets"])


def of(studies: Iterable[list[dict[str, Any]]]) -> Gains:
    """The gains by form. Of several studies of a form the newest version counts, then the most
    trials. A study whose defaults failed has no gain.
    """
    found: dict[str, tuple[tuple[int, int], Gain]] = {}
    for study in studies:
        first, done = study[0], [trial for trial in study if trial["status"] == "complete"]
        if first["number"] != 0 or first["status"] != "complete":
            continue
        label = ":".join(filter(None, (first["method"], first["variant"])))
        best = max(done, key=lambda trial: trial["score"])
        points = best["score"] - first["score"]
        gain = Gain(points, len(study), tuple(first["sets"]), best["params"])
        rank = (first["method_version"], len(study))
        if label not in found or rank > found[label][0]:
            found[label] = (rank, gain)
    return {label: gain for label, (_, gain) in found.items()}
