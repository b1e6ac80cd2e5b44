"""What the IDEAL paper's text states beyond its tables, each in a form that rows can decide.

``data/statements.json`` has the statements. One may be read in several ways, by what counts as a
query and by what methods may do with their labels: each way is a reading with a test of its own.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from benchmark.errors import BenchError
from benchmark.papers import presets
from benchmark.papers.claims import CLAIMS
from benchmark.papers.presets import Preset, PresetMethod
from benchmark.reading import strict_json

FILE = "data/statements.json"
DIFFERENCES = ("above_best", "below_worst", "within")  # of own to others, in points
LEVELS = ("at_least", "at_most")  # of own, in %
RATIO = "at_most_ratio"  # of a counted loop to the count that its authors claim
ANY = "any"
NARROW = {"datasets", "teachers", "budgets", "stand_ins"}
KEYS = NARROW | {"words", "preset", "own", "others", "claim", "dataset"}


@dataclass(frozen=True)
class Reading:
    """One way to read a statement.

    ``test``: one of ``DIFFERENCES``, ``LEVELS``, ``RATIO``. ``own``: the forms that it is about,
    of which the best one counts; ``others``: those it is held against.
    """

    words: str
    preset: Preset  # the settings of the paper that it speaks of
    test: str
    bound: float  # points, % or a ratio
    own: tuple[PresetMethod, ...] = ()
    others: tuple[PresetMethod, ...] = ()
    claim: str = ""  # in ``papers.claims``
    dataset: str = ""  # of that claim
    stand_ins: tuple[str, ...] = ()  # data sets beside the paper's that may decide it, or ``ANY``

    def takes(self, dataset: str) -> bool:
        """Whether a data set may stand in for the paper's."""
        return dataset in self.stand_ins or ANY in self.stand_ins


@dataclass(frozen=True)
class Statement:
    """A sentence of the paper, shortened, and the section where it stands."""

    text: str
    where: str
    readings: tuple[Reading, ...]


@functools.cache
def statements() -> tuple[Statement, ...]:
    """Those that come with the suite."""
    return parse(strict_json(files("benchmark").joinpath(FILE).read_bytes()))


def parse(content: dict[str, Any]) -> tuple[Statement, ...]:
    """The statements of a parsed file, checked."""
    found = []
    for entry in content["statements"]:
        where = f"{FILE}, {entry['text']!r}"
        readings = tuple(_reading(one, where) for one in entry["readings"])
        if not readings:
            raise BenchError(f"{where}: give it a reading")
        found.append(Statement(entry["text"], entry["where"], readings))
    return tuple(found)


def _reading(entry: dict[str, Any], where: str) -> Reading:
    tests = entry.keys() - KEYS
    if len(tests) != 1 or not tests <= {*DIFFERENCES, *LEVELS, RATIO}:
        known = ", ".join([*DIFFERENCES, *LEVELS, RATIO])
        raise BenchError(f"{where}: a reading needs one of {known}; it has {sorted(tests)}")
    (test,) = tests
    _check(entry, test, where)
    whole = presets.find(entry["preset"])
    own, others = (_methods(whole, entry.get(key, [])) for key in ("own", "others"))
    narrowed = presets.narrow(
        whole,
        entry.get("datasets", ()),
        teachers=entry.get("teachers", ()),
        budgets=entry.get("budgets", ()),
    )
    part = presets.of_methods(narrowed, [*own, *others])
    claim = (entry.get("claim", ""), entry.get("dataset", ""))
    stand_ins = tuple(entry.get("stand_ins", ()))
    return Reading(entry["words"], part, test, float(entry[test]), own, others, *claim, stand_ins)


def _check(entry: dict[str, Any], test: str, where: str) -> None:
    """Refuse a reading that lacks what its test needs, or has what it does not."""
    needs = {"claim", "dataset"} if test == RATIO else {"own"}
    needs |= {"others"} if test in DIFFERENCES else set()
    given = entry.keys() & {"own", "others", "claim", "dataset"}
    if given != needs:
        raise BenchError(f"{where}: {test} goes with {sorted(needs)}, not with {sorted(given)}")
    wanted = (entry.get("claim"), entry.get("dataset"))
    if test == RATIO and wanted not in {(one.what, one.dataset) for one in CLAIMS}:
        raise BenchError(f"{where}: there is no claim {wanted[0]!r} of {wanted[1]}")


def _methods(preset: Preset, names: list[str]) -> tuple[PresetMethod, ...]:
    """Methods by name: as the preset has them, with its access, else with hard labels."""
    known = {one.method: one for one in preset.methods}
    return tuple(known.get(name, PresetMethod(name, name)) for name in names)
