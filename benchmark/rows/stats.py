"""Statistics of a few seeds.

A method's values at the seeds of one setting (data set, teacher, student, budget) are ``Seeds``;
for several settings they are ``Settings``. Resampling is deterministic: the same values give the
same bounds. Below ``FEWEST`` values nothing has an interval, and nothing is told apart.

The limits of three seeds. The bootstrap draws n - 1 of n seeds in each setting (drawing n gives a
variance too small by (n - 1) / n, a third at three seeds). In one setting of three seeds that makes
nine resamples, and 1/9 is more than 2.5 %: the "95 %" interval of a mean difference runs from the
smallest to the largest. It leaves out zero when all three differences have one sign, and three
seeds of two equal methods do so in a quarter of all cases. No test by the signs of n pairs has a
two-sided p below 2^(1-n): 0.25 at three seeds, under 5 % only from six on. So ``distinguishable``
asks, in one setting, that Student's t interval of the paired differences leaves out zero as well.
That interval assumes differences that are about normal, which three values cannot check; at few
seeds it is t that decides. Several settings help: in simulations of equal methods with normal
differences at three seeds, the bootstrap interval alone left out zero in 25, 13, 9, 7 and 6 % of
cases with 1, 2, 4, 8 and 16 settings. Read the interval of few settings as the spread of the seeds
that were run.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from numpy import ndarray

Seeds = Mapping[int, float]  # seed -> value
Settings = Mapping[Hashable, Seeds]  # setting -> seed -> value
Curve = Iterable[tuple[int, float]]  # (queries, value in per cent)

FEWEST = 3  # values that an interval needs
DRAWS = 10_000  # resamples
GENERATOR_SEED = 20230501  # arbitrary, and fixed: bounds are part of generated documents


@dataclass(frozen=True)
class Estimate:
    """A number with its interval; ``low`` and ``high`` are None where values are too few."""

    value: float
    low: float | None
    high: float | None
    runs: int  # values, or pairs of values, it rests on

    def excludes(self, value: float) -> bool:
        """Whether there is an interval and ``value`` lies outside it."""
        if self.low is None or self.high is None:
            return False
        return not self.low <= value <= self.high


def mean(values: Sequence[float]) -> float:
    """Arithmetic mean."""
    return math.fsum(values) / len(values)


def half_interval(values: Sequence[float], confidence: float = 0.95) -> float | None:
    """Half the width of Student's t interval of the mean; None below three values."""
    return _half(values, confidence, len(values)) if len(values) >= FEWEST else None


def half_prediction(values: Sequence[float], confidence: float) -> float | None:
    """Half the width of the t interval, around the mean, of one more value of the same kind.

    None below three values.
    """
    count = len(values)
    return _half(values, confidence, count / (count + 1)) if count >= FEWEST else None


def _half(values: Sequence[float], confidence: float, parts: float) -> float:
    """Half a t interval for what varies by the variance of these values over ``parts``."""
    from scipy.special import stdtrit  # scipy.stats, whose t.ppf calls it, imports for longer

    count, centre = len(values), mean(values)
    variance = math.fsum((value - centre) ** 2 for value in values) / (count - 1)
    return float(stdtrit(count - 1, 0.5 + confidence / 2)) * math.sqrt(variance / parts)


def interval(
    values: Sequence[float], confidence: float = 0.95, lowest: float = 0.0, highest: float = 100.0
) -> Estimate:
    """The mean with Student's t interval, cut where it leaves the scale of the values.

    The mean of percentages is surely in 0 to 100, so the part that is cut off covers nothing: the
    interval holds the mean as often as the whole one does. ``ValueError`` without a value.
    """
    if not values:
        raise ValueError("there is no value to take the mean of")
    centre, half = mean(values), half_interval(values, confidence)
    if half is None:
        return Estimate(centre, None, None, len(values))
    return Estimate(centre, max(centre - half, lowest), min(centre + half, highest), len(values))


def entry(values: Sequence[float]) -> str:
    """``87.31 ± 0.42 (3)`` of percentages; ``59.46 [0.00, 100.00] (3)`` where ``interval`` cuts.

    With fewer than three values no interval and a dagger.
    """
    count, half = len(values), half_interval(values)
    if half is None:
        return f"{mean(values):.2f} † ({count})"
    found = interval(values)
    if (found.low, found.high) == (found.value - half, found.value + half):
        return f"{found.value:.2f} ± {half:.2f} ({count})"
    return f"{found.value:.2f} [{found.low:.2f}, {found.high:.2f}] ({count})"


def distinguishable(a: Seeds, b: Seeds, confidence: float = 0.95) -> bool:
    """Whether two methods differ in one setting, by their values at the seeds they share.

    Both the paired bootstrap interval of the difference and Student's t interval of the paired
    differences must leave out zero (why both: see the module). Below three common seeds nothing is
    distinguishable. The rule is for a pair chosen beforehand: "the best" of many is also lucky.
    """
    common = sorted(a.keys() & b.keys())
    if len(common) < FEWEST or not difference({0: a}, {0: b}, confidence).excludes(0):
        return False
    differences = [a[seed] - b[seed] for seed in common]
    half = half_interval(differences, confidence)
    return half is not None and abs(mean(differences)) > half


def difference(a: Settings, b: Settings, confidence: float = 0.95) -> Estimate:
    """Mean of a - b over settings, each its mean over common seeds; paired, stratified bootstrap.

    Seeds are drawn within each setting, both methods' values of a seed together: they start from
    the same student. Settings or seeds that only one method has are left out; ``ValueError`` if
    nothing is common. For the limits of few seeds see the module.
    """
    return _bootstrap(_pairs(a, b), confidence)


def queries_to_reach(curves: Sequence[Curve], target: float) -> int | None:
    """Queries by which at least half of the runs have reached ``target`` per cent; None if never.

    Each run counts from its first point at or above the target, also if it falls again later.
    Nothing is interpolated: the answer is a budget that was measured, so an upper bound.
    """
    reached = []
    for curve in curves:
        reached += [min((queries for queries, value in curve if value >= target), default=math.inf)]
    if not reached:
        raise ValueError("there is no curve")
    middle = sorted(reached)[(len(reached) - 1) // 2]
    return None if middle == math.inf else int(middle)


def area_under_curve(curve: Curve, low: int, high: int) -> float:
    """Mean of a budget curve from ``low`` to ``high`` queries on a log axis, in the curve's unit.

    That is the area divided by its width: a method that is flat at 80 % has 80. Between points the
    curve is a straight line over log queries. It must cover the range, so that all methods are
    measured over the same one; ``ValueError`` if it does not. A point at no queries is left out.
    """
    import numpy as np

    points = sorted((count, value) for count, value in curve if count > 0)
    queries = [count for count, _ in points]
    if len(set(queries)) < len(queries):
        raise ValueError("a curve has two points at one number of queries")
    if not 0 < low < high or not queries or queries[0] > low or queries[-1] < high:
        covered = f"{queries[0]:,} to {queries[-1]:,}" if queries else "nothing"
        raise ValueError(f"the curve covers {covered}, not {low:,} to {high:,} queries")
    logs, values = np.log(queries), _array([value for _, value in points])
    ends = np.log([low, high])
    inside = logs[(logs > ends[0]) & (logs < ends[1])]
    grid = np.concatenate([ends[:1], inside, ends[1:]])
    heights = np.interp(grid, logs, values)
    area = ((heights[1:] + heights[:-1]) / 2 * np.diff(grid)).sum()
    return float(area / (ends[1] - ends[0]))


def _array(values: Sequence) -> ndarray:
    import numpy as np

    found = np.asarray(values, dtype=float)
    if not np.isfinite(found).all():
        raise ValueError(f"statistics need finite numbers, not {found.tolist()}")
    return found


def _pairs(a: Settings, b: Settings) -> list[ndarray]:
    """For each common setting its values at common seeds, seeds x 2."""
    found = []
    for name in a:
        common = sorted(a[name].keys() & b.get(name, {}).keys())
        if common:
            found.append(_array([[a[name][seed], b[name][seed]] for seed in common]))
    if not found:
        raise ValueError("the two methods have no setting with a common seed")
    return found


def _bootstrap(settings: list[ndarray], confidence: float) -> Estimate:
    """The mean difference over settings, each seeds x 2, with the interval of its resamples."""
    import numpy as np

    value = float(_mean_difference([runs[None] for runs in settings])[0])
    total = sum(len(runs) for runs in settings)
    if min(len(runs) for runs in settings) < FEWEST:
        return Estimate(value, None, None, total)
    generator = np.random.default_rng(GENERATOR_SEED)
    drawn = [runs[generator.integers(len(runs), size=(DRAWS, len(runs) - 1))] for runs in settings]
    tails = [(1 - confidence) / 2, (1 + confidence) / 2]
    low, high = np.quantile(_mean_difference(drawn), tails, method="inverted_cdf")
    return Estimate(value, float(low), float(high), total)


def _mean_difference(settings: list[ndarray]) -> ndarray:
    """Of settings draws x seeds x 2, for each draw."""
    return sum((runs[..., 0] - runs[..., 1]).mean(axis=1) for runs in settings) / len(settings)
