"""Statistics of a few seeds."""

from __future__ import annotations

import math
from collections.abc import Sequence


def mean(values: Sequence[float]) -> float:
    """Arithmetic mean."""
    return math.fsum(values) / len(values)


def half_interval(values: Sequence[float], confidence: float = 0.95) -> float | None:
    """Half the width of Student's t interval of the mean; None below three values."""
    if len(values) < 3:
        return None
    from scipy.stats import t  # half a second of import, so only when needed

    count, centre = len(values), mean(values)
    variance = math.fsum((value - centre) ** 2 for value in values) / (count - 1)
    return float(t.ppf(0.5 + confidence / 2, count - 1)) * math.sqrt(variance / count)


def cell(values: Sequence[float]) -> str:
    """``87.31 ± 0.42 (3)``; with fewer than three values no interval and a dagger."""
    half = half_interval(values)
    if half is None:
        return f"{mean(values):.2f} † ({len(values)})"
    return f"{mean(values):.2f} ± {half:.2f} ({len(values)})"
