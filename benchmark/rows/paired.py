"""Methods held against each other seed by seed: differences, methods level with the best, Holm.

At one seed all methods start from the same student, so a difference is taken at each common seed
and its mean tested with Student's t (``stats.distinguishable`` says why three seeds need it).

"Cannot be told from the best" is no praise: the noisier a method, the less it can be told from
anything (Altman and Bland 1995, "Absence of evidence is not evidence of absence"). To call two
methods level takes what an equivalence test takes (Schuirmann 1987): the interval of their
difference must stay within a margin. It is ``MARGIN`` here, a tenth of the scale, which three seeds
whose differences have a standard deviation of 4 points or less can show; runs that scatter more
show nothing. And a method is never level with the best while a better one is not: the leaders are
read from the top until one can be told from the best or is not known well enough.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from benchmark.rows.stats import FEWEST, Seeds, distinguishable, half_interval, mean

MARGIN = 10.0  # points, both ways
SIGNIFICANT = 0.05  # two-sided
LARGEST = 100.0  # points between two percentages
Name = TypeVar("Name", bound=Hashable)


@dataclass(frozen=True)
class Pair:
    """The mean of a - b over common seeds, in points; below three of them nothing but that."""

    difference: float
    half: float | None  # of the 95 % t interval
    p: float | None  # two-sided, of this comparison alone
    seeds: int

    @property
    def low(self) -> float | None:
        """Lower end of the interval; two percentages are at most 100 points apart."""
        return None if self.half is None else max(self.difference - self.half, -LARGEST)

    @property
    def high(self) -> float | None:
        """Upper end of the interval."""
        return None if self.half is None else min(self.difference + self.half, LARGEST)


def compare(a: Seeds, b: Seeds) -> Pair | None:
    """The paired difference of two methods in one setting; None without a common seed.

    Where all differences are equal there is no spread to test with: p is 0, or 1 if they are 0.
    """
    differences = [a[seed] - b[seed] for seed in sorted(a.keys() & b.keys())]
    if not differences:
        return None
    centre, count = mean(differences), len(differences)
    half = half_interval(differences)
    if half is None:
        return Pair(centre, None, None, count)
    return Pair(centre, half, _p_value(differences), count)


def _p_value(differences: Sequence[float]) -> float:
    from scipy.special import stdtr  # see ``stats._half``

    centre, count = mean(differences), len(differences)
    error = math.sqrt(math.fsum((d - centre) ** 2 for d in differences) / (count - 1) / count)
    if error < 1e-9:  # equal but for binary fractions
        return 1.0 if abs(centre) < 1e-9 else 0.0
    return float(2 * stdtr(count - 1, -abs(centre) / error))


def holm(values: Sequence[float]) -> list[float]:
    """p values adjusted for all of a family (Holm 1979), in the given order.

    Calling those below 5 % significant is wrong about any of the family in at most 5 % of cases.
    """
    adjusted, highest = [0.0] * len(values), 0.0
    for rank, index in enumerate(sorted(range(len(values)), key=values.__getitem__)):
        highest = max(highest, min(1.0, (len(values) - rank) * values[index]))
        adjusted[index] = highest
    return adjusted


def level(a: Seeds, b: Seeds) -> bool:
    """Whether two methods are known to be about equal in one setting.

    Over at least three common seeds they cannot be told apart, and the 95 % interval of their
    paired difference stays within ``MARGIN`` points.
    """
    pair = compare(a, b)
    if pair is None or pair.half is None or distinguishable(a, b):
        return False
    return abs(pair.difference) + pair.half <= MARGIN


def best(entries: Mapping[Name, Seeds]) -> Name | None:
    """The entry with the highest mean, of equal ones the first; None without one."""
    means = {name: mean(list(seeds.values())) for name, seeds in entries.items() if seeds}
    return max(means, key=means.__getitem__) if means else None


def undecided(entries: Mapping[Name, Seeds]) -> bool:
    """Whether there are several entries, but the best has too few seeds to lead them."""
    leading = best(entries)
    return leading is not None and len(entries) > 1 and len(entries[leading]) < FEWEST


def leaders(entries: Mapping[Name, Seeds]) -> set[Name]:
    """The entries that a table sets in bold: the best, and the next ones that are level with it.

    An entry without three seeds in common with the best is passed over. The first other one that
    is not level ends the list, however little is known of those below. A single entry leads
    nothing, and where the best has too few seeds nobody does.
    """
    present = {name: seeds for name, seeds in entries.items() if seeds}
    if len(present) < 2 or undecided(present):
        return set()
    order = sorted(present, key=lambda name: -mean(list(present[name].values())))
    leading, found = present[order[0]], {order[0]}
    for name in order[1:]:
        if len(present[name].keys() & leading.keys()) < FEWEST:
            continue
        if not level(leading, present[name]):
            break
        found.add(name)
    return found
