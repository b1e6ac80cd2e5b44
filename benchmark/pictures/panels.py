"""Which methods share a panel: of one kind of curve, and no more than a reader can tell apart."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

from benchmark.pictures.curves import budgets_of, has_curve
from benchmark.pictures.parts import is_plain
from benchmark.pictures.styles import order
from benchmark.rows.grouping import by_method
from benchmark.rows.row import Row
from benchmark.tables.settings import best_floor

MOST = 7  # methods of one panel
SEPARATE = "separate runs"  # a line joins the ends of runs at several budgets
INSIDE = "inside runs"  # a line is the student of runs at one budget
ENDS = "ends"  # of runs that have no curve inside
Groups = dict[str, list[Row]]  # label -> its rows
Floors = dict[int, tuple[str, float]]  # budget -> name and accuracy in % of the best floor


@dataclass(frozen=True)
class Panel:
    """One panel: its kind, its title, the rows it draws, and the best floors that it leaves out."""

    kind: str
    title: str
    methods: Groups
    floors: Floors = field(default_factory=dict)
    floor_rows: list[Row] = field(default_factory=list)  # the rows of these

    @property
    def rows(self) -> list[Row]:
        """The rows of its methods."""
        return [row for of in self.methods.values() for row in of]


def sources(panels: list[Panel]) -> list[Row]:
    """Every row that panels show, once."""
    every = [row for one in panels for row in [*one.rows, *one.floor_rows]]
    return list({row.id: row for row in every}.values())


def of_setting(rows: list[Row], all_rows: list[Row], only_new: bool = False) -> list[Panel]:
    """The panels of complete rows of one setting; ``all_rows`` are all of the setting.

    One kind for the methods that were run at several budgets, and for each budget that is the only
    one of some method one kind inside runs of it. ``only_new``: without the first where it holds
    nothing but methods as they come, which another picture shows.
    """
    groups = by_method(rows)
    found = []
    several = {name: of for name, of in groups.items() if len(budgets_of(of)) > 1}
    if several and not (only_new and all(is_plain(of[0]) for of in several.values())):
        found += _numbered(SEPARATE, "separate runs at each budget", several)
    alone = {budgets_of(of)[0] for of in groups.values() if len(budgets_of(of)) == 1}
    for budget in sorted(alone):
        found += _at(budget, groups)
    return [_with_floors(panel, all_rows) for panel in found]


def by_budget(rows: list[Row], budgets: list[int]) -> list[Panel]:
    """A panel for each budget with the runs of that budget alone, each method at its largest one.

    A method without runs of a panel's budget is shown with those of its next smaller one: so
    IDEAL's Figure 3 holds 200k queries of one method against 10M of others.
    """
    found = []
    for budget in budgets:
        groups = {}
        for name, of in by_method(rows).items():
            largest = max((b for b in budgets_of(of) if b <= budget), default=None)
            groups[name] = [row for row in of if row.budget == largest]
        groups = {name: of for name, of in groups.items() if of}
        if any(row.budget == budget for of in groups.values() for row in of):
            found += _numbered(INSIDE, f"{budget:,} queries", groups)
    return [_with_floors(panel, rows) for panel in found]


def _at(budget: int, groups: Groups) -> list[Panel]:
    """The runs of one budget. Those without a curve stand apart where not all fit in one panel."""
    here = {name: [row for row in of if row.budget == budget] for name, of in groups.items()}
    here = {name: of for name, of in here.items() if of}
    curved = {name: of for name, of in here.items() if has_curve(of)}
    if curved and len(here) <= MOST:
        curved = here
    bare = {name: of for name, of in here.items() if name not in curved}
    inside = _numbered(INSIDE, f"inside runs of {budget:,} queries", curved)
    ends = f"ends of {'other ' if curved else ''}runs of {budget:,} queries"
    return inside + _numbered(ENDS, ends, bare)


def _numbered(kind: str, title: str, groups: Groups) -> list[Panel]:
    """As many panels of a kind as it takes."""
    chunks = _chunks(groups)
    several = len(chunks) > 1
    return [
        Panel(kind, f"{title}, {number} of {len(chunks)}" if several else title, chunk)
        for number, chunk in enumerate(chunks, start=1)
    ]


def _chunks(groups: Groups) -> list[Groups]:
    """The methods in order, in parts of about equal size, a method beside its variants.

    Where one method has too many variants, it is in every part as it comes.
    """
    names = sorted(groups, key=lambda name: order(groups[name][0], name))
    families: dict[str, list[str]] = {}
    for name in names:
        families.setdefault(groups[name][0].method, []).append(name)
    if len(families) == 1 and len(names) > MOST:
        first = names[:1] if is_plain(groups[names[0]][0]) else []
        parts = [first + part for part in _even(names[len(first) :], MOST - len(first))]
    else:
        parts = _packed(families, len(names))
    return [{name: groups[name] for name in part} for part in parts]


def _packed(families: dict[str, list[str]], count: int) -> list[list[str]]:
    parts: list[list[str]] = []
    enough = math.ceil(count / max(1, math.ceil(count / MOST)))
    for family in families.values():
        for names in _even(family, MOST):
            if parts and len(parts[-1]) < enough and len(parts[-1]) + len(names) <= MOST:
                parts[-1] += names
            else:
                parts.append(list(names))
    return parts


def _even(names: list[str], most: int) -> list[list[str]]:
    """A list in as few parts as hold ``most`` each, of about equal size."""
    size = math.ceil(len(names) / max(1, math.ceil(len(names) / most)))
    return [names[at : at + size] for at in range(0, len(names), size)] if names else []


def _with_floors(panel: Panel, all_rows: list[Row]) -> Panel:
    """With the best floor of each of its budgets, but for those whose marks it has anyway."""
    floors, rows = {}, []
    for budget in budgets_of(panel.rows):
        here = [row for row in all_rows if row.budget == budget]
        floor = best_floor(here)
        of = by_method(here)[floor[0]] if floor else []
        if floor and not any(row in panel.rows for row in of):
            floors[budget] = floor
            rows += of
    return replace(panel, floors=floors, floor_rows=rows)
