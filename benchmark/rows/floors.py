"""The floor: the best method that learns no images. Every other method has to beat it."""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter
from typing import NamedTuple

from benchmark.rows.grouping import SETTING, accuracies, by_method, by_seed, complete
from benchmark.rows.row import Row
from benchmark.rows.stats import Seeds, mean

MEANING = "A floor is a method that learns no images (noise, untrained generators)"
GIVEN = ("access", "precision")  # the answer to a query ...
LEAST = ("hard-label", "uint8")  # ... at the least


class Floor(NamedTuple):
    """The best floor of a setting at one budget."""

    name: str
    mean: float  # accuracy in %
    rows: list[Row]  # all its runs, failed ones too

    @property
    def accuracies(self) -> Seeds:
        """Seed to accuracy in %."""
        return by_seed(self.rows)


def is_floor(row: Row) -> bool:
    """Whether a row is of a floor. One that sees real images is none, whatever its row says."""
    return row.floor and not row.real_images


def best(rows: Iterable[Row]) -> Floor | None:
    """The floor with the highest mean among rows of one setting and budget, None without one."""
    found = [
        Floor(name, mean(accuracies(of)), of)
        for name, of in by_method(filter(is_floor, rows)).items()
        if complete(of)
    ]
    return max(found, key=lambda floor: floor.mean, default=None)


def reference(row: Row, rows: Iterable[Row]) -> Floor | None:
    """The best floor, among ``rows``, for the setting and the budget of a row.

    Where none was run with the row's answers (scores, float32), it is one with hard labels and
    8 bits: a method that learns more from a query has to beat it all the more.
    """
    setting = attrgetter(*(name for name in SETTING if name not in GIVEN))
    here = [
        other
        for other in rows
        if is_floor(other) and setting(other) == setting(row) and _run_as(other) == _run_as(row)
    ]
    for wanted in (_given(row), LEAST):
        found = best([other for other in here if _given(other) == wanted])
        if found:
            return found
    return None


def shown(floor: Floor, row: Row) -> str:
    """The floor's name, and its kind of answers where the row's queries had another."""
    same = _given(floor.rows[0]) == _given(row)
    return floor.name if same else f"{floor.name} (hard labels, 8 bits)"


def _run_as(row: Row) -> tuple[int, float, str, str]:
    return row.budget, row.scale, row.arithmetic, row.defence


def _given(row: Row) -> tuple[str, str]:
    return row.access, row.precision
