"""The methods of a setting as the report's first screen shows them: which, how, in what order.

Of several versions of a form the newest stands there, as in the paper's tables. Before a reader
asks for every form, a method stands there in one: the form of the preset of best forms, else the
one that it comes with. No result decides that. Of the floors the best one does.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

from benchmark.papers import presets
from benchmark.pictures.curves import budgets_of, complete
from benchmark.pictures.styles import Style, styles
from benchmark.rows.floors import best, is_floor
from benchmark.rows.grouping import by_seed
from benchmark.rows.row import Row
from benchmark.rows.stats import Seeds, mean
from benchmark.tables import grid, validity
from benchmark.tables.records import of_runs, reference
from benchmark.tables.values import Mean, missing

BEST_FORMS = "best-forms"  # the preset
GREY = "#808080"  # seen on white and on black pages
METHOD, FLOOR, REAL = "method", "floor", "real images"


@dataclass(frozen=True)
class Contender:
    """One form of a method in a setting, at one budget or at several."""

    number: int  # tells it from the others of its setting
    label: str
    style: Style
    first: bool  # whether it stands there before every form is asked for
    rows: list[Row]  # complete

    @property
    def name(self) -> str:
        """Its label, with what a reader must know."""
        return validity.named(self.label, self.rows)

    @property
    def kind(self) -> str:
        """Whether it learns images, learns none, or was given real ones."""
        if self.rows[0].real_images:
            return REAL
        return FLOOR if is_floor(self.rows[0]) else METHOD

    @cached_property
    def accuracy(self) -> Mean:
        """Of the final students."""
        return of_runs(self.rows)

    @cached_property
    def mean(self) -> float:
        """Accuracy in %."""
        return mean(self.accuracy.values)

    @property
    def reference(self) -> float | None:
        """Accuracy in % of the reference students, where there are any."""
        found = reference(self.rows)
        return None if missing(found) else mean(found.values)

    @property
    def seeds(self) -> Seeds:
        """Seed to accuracy in %."""
        return by_seed(self.rows)

    def at(self, budget: int) -> Contender | None:
        """Its runs of one budget; None where there are none."""
        rows = [row for row in self.rows if row.budget == budget]
        return Contender(self.number, self.label, self.style, self.first, rows) if rows else None

    @property
    def budgets(self) -> list[int]:
        """Those that it was run with."""
        return budgets_of(self.rows)


def of_setting(rows: list[Row]) -> list[Contender]:
    """The contenders of one setting, in the order of methods; ``rows`` are all of the setting."""
    groups = _newest(complete(rows))
    firsts = _firsts(groups)
    looks = _looks(groups) | _looks({label: groups[label] for label in firsts})
    return [
        Contender(number, label, looks[label], label in firsts, of)
        for number, (label, of) in enumerate(groups.items())
    ]


def _looks(groups: dict[str, list[Row]]) -> dict[str, Style]:
    """The colours belong to methods that learn images; every other one is grey."""
    others = {label: of for label, of in groups.items() if is_floor(of[0]) or of[0].real_images}
    coloured = {label: of for label, of in groups.items() if label not in others}
    grey = {label: replace(one, colour=GREY) for label, one in styles([others]).items()}
    return grey | styles([coloured])


def ranked(contenders: Iterable[Contender], budget: int) -> list[Contender]:
    """Those that were run with a budget, best mean first."""
    here = filter(None, (one.at(budget) for one in contenders))
    return sorted(here, key=lambda one: (-one.mean, one.label))


def _newest(rows: list[Row]) -> dict[str, list[Row]]:
    """Label to its runs, at each budget those of the newest version alone."""
    parts: dict[tuple[str, int], list[Row]] = defaultdict(list)
    for row in rows:
        parts[row.label, row.budget].append(row)
    groups: dict[str, list[Row]] = defaultdict(list)
    for (label, _), of in sorted(parts.items()):
        groups[label] += sorted(grid.newest(of)[0], key=lambda row: row.seed)
    return groups


def _firsts(groups: dict[str, list[Row]]) -> set[str]:
    """The labels that stand there first."""
    forms: dict[str, list[str]] = defaultdict(list)
    floors = set()
    for label, of in groups.items():
        if is_floor(of[0]):
            floors.add(label)
        elif not of[0].real_images:
            forms[of[0].method].append(label)
    found = {label for labels in forms.values() for label in _form(labels)}
    return found | _best_floors([row for label in floors for row in groups[label]])


def _form(labels: list[str]) -> list[str]:
    """Of the forms of one method those of the preset, else the plain one, else all."""
    wanted = {one.label for one in presets.find(BEST_FORMS).methods}
    plain = [label for label in labels if ":" not in label and "(" not in label]
    return [label for label in labels if label in wanted] or plain or labels


def _best_floors(rows: list[Row]) -> set[str]:
    """The best floor at each budget."""
    found = (best([r for r in rows if r.budget == budget]) for budget in budgets_of(rows))
    return {floor.rows[0].label for floor in found if floor}
