"""The accuracy that each method must reach where it was made to work: bounds of a preset.

``data/home_turf.json`` has the accuracy in % that each method must reach. A bound may rise, but
``least`` holds it: a method that ought to reach 95 % is not excused by a run that did not.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from benchmark.errors import BenchError
from benchmark.papers import presets
from benchmark.papers.presets import Preset, PresetMethod
from benchmark.reading import strict_json

FILE = "data/home_turf.json"


@dataclass(frozen=True)
class Bounds:
    """The accuracies that the methods of a preset must reach, in %."""

    preset: Preset
    seed: int
    low: dict[str, float]  # method, as the preset writes it

    def of(self, one: PresetMethod) -> float | None:
        """The bound of a method; None: there is none."""
        return self.low.get(one.method)


def bounds() -> Bounds:
    """Those that come with the suite."""
    return parse(strict_json(files("benchmark").joinpath(FILE).read_bytes()))


def parse(content: dict[str, Any]) -> Bounds:
    """The bounds of a parsed file, checked."""
    preset = presets.find(content["preset"])
    known = {one.method for one in preset.methods}
    for kind in ("least", "low"):
        for method, value in content[kind].items():
            if method not in known:
                raise BenchError(f"{FILE}, {kind}: {method!r} is not among the preset's methods")
            if type(value) is not float or not 0 <= value <= 100:
                raise BenchError(f"{FILE}, {kind}, {method}: {value!r} is no accuracy in %")
    for method, least in content["least"].items():
        if content["low"].get(method, 0.0) < least:
            raise BenchError(
                f"{FILE}, low, {method}: must be at least {least:g}, whatever a run came to; mend "
                "the method instead"
            )
    return Bounds(preset, content["seed"], content["low"])
