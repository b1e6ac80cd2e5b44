"""The rows of a store as entries of a preset's table, beside the numbers that the paper prints."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from benchmark.errors import NoRows
from benchmark.papers.presets import Preset, PresetMethod, Setting
from benchmark.papers.printed import Number
from benchmark.rows import floors, paired
from benchmark.rows.floors import LEAST, Floor, is_floor
from benchmark.rows.grouping import by_seed, complete, kind_of
from benchmark.rows.row import USUAL, Row
from benchmark.rows.stats import Seeds, mean
from benchmark.tables import paper_numbers

FLOOR = "best floor"  # beside the methods of a preset, in whose names there are no spaces
Ranked = PresetMethod | str  # the methods and FLOOR


@dataclass(frozen=True)
class Found:
    """One entry: its runs, of one version of a method, and the paper's number."""

    rows: list[Row]
    older: list[Row]  # of earlier versions or defaults of the method, or in other arithmetic
    number: Number | None

    @property
    def done(self) -> list[Row]:
        """The complete runs."""
        return complete(self.rows)

    @property
    def accuracies(self) -> Seeds:
        """Seed to accuracy in %."""
        return by_seed(self.rows)

    @property
    def mean(self) -> float | None:
        """Mean accuracy in %, None without a complete run."""
        return mean(list(self.accuracies.values())) if self.done else None


@dataclass(frozen=True)
class Line:
    """One setting under one teacher file and test set: its results can be compared."""

    setting: Setting
    teacher_sha: str  # "" where there is no row
    data_digest: str  # of the test set, likewise
    entries: dict[PresetMethod, Found]
    floor: Floor | None = None  # with hard labels, the best one of all that were run

    @property
    def rows(self) -> list[Row]:
        """All runs of the setting."""
        return [row for found in self.entries.values() for row in found.rows]

    @property
    def measured(self) -> dict[PresetMethod, Found]:
        """The entries that have a complete run."""
        return {one: found for one, found in self.entries.items() if found.done}

    def best(self, without: str = "") -> PresetMethod | None:
        """The method with the highest mean, leaving out the method ``without``."""
        means = {one: mean for one, mean in self.means.items() if one.method != without}
        return max(means, key=means.__getitem__) if means else None

    @property
    def means(self) -> dict[PresetMethod, float]:
        """The mean accuracy in % of the methods that have a complete run."""
        found = ((one, found.mean) for one, found in self.entries.items())
        return {one: value for one, value in found if value is not None}

    @cached_property
    def ranked(self) -> dict[Ranked, Seeds]:
        """The ranked entries: methods that have a complete run, and the floor."""
        found = {one: found.accuracies for one, found in self.measured.items()}
        return found | ({FLOOR: self.floor.accuracies} if self.floor else {})

    @property
    def undecided(self) -> bool:
        """Whether there are several results, but the best has too few seeds to tell it apart."""
        return paired.undecided(self.ranked)

    @cached_property
    def leaders(self) -> set[Ranked]:
        """The best and those level with it; none where it is alone or undecided."""
        return paired.leaders(self.ranked)

    def improvement(self, own: PresetMethod) -> float | None:
        """Points by which a method is above the best of the others; None without one of them."""
        best, means = self.best(own.method), self.means
        return means[own] - means[best] if own in means and best else None

    def above_floor(self, one: PresetMethod) -> float | None:
        """Points by which a method is above the floor; None if one of them has no result."""
        mean = self.means.get(one)
        return mean - self.floor.mean if mean is not None and self.floor else None


def lines(preset: Preset, rows: list[Row], scale: float = 1.0) -> list[Line]:
    """A line for each setting, teacher file and test set, in the preset's order.

    A setting without rows has a line too. Of several versions of a method the newest is taken;
    float32 queries, defended teachers and those beside the usual one are left out. Where no row
    belongs to the preset, that is an error.
    """
    rows = [row for row in rows if is_of_paper(row) and row.scale == scale]
    found = []
    for setting in preset.settings:
        here = {
            one: _rows_of(preset, setting, one, rows, scale) for one in _methods(preset, setting)
        }
        of_methods = [row for of in here.values() for row in of]
        of_floors = _floors(setting, rows, scale, of_methods)
        for pair in dict.fromkeys(map(_files, of_methods or of_floors)) or [("", "")]:
            entries = {
                one: Found(
                    *newest([row for row in of if _files(row) == pair]),
                    paper_numbers.number(preset, setting, one) if scale == 1 else None,
                )
                for one, of in here.items()
            }
            floor = floors.best([row for row in of_floors if _files(row) == pair])
            found.append(Line(setting, *pair, entries, floor))
    if not any(line.rows for line in found):
        share = "" if scale == 1 else f" --scale {scale:g}"
        raise NoRows(
            f"there are no rows of {preset.name}{share}; `bench run --preset {preset.name}{share}` "
            "makes them"
        )
    return found


def is_of_paper(row: Row) -> bool:
    """Whether a preset may have the row: its teacher is the usual one, as the preset names it.

    A teacher that somebody trained anew by the usual recipe is the usual one, too, and has a line
    of its own.
    """
    return row.precision == "uint8" and not row.defence and not row.teacher_name


def found(setting: Setting, one: PresetMethod, rows: list[Row]) -> list[list[Row]]:
    """The complete runs of one entry, of the newest version and one arithmetic: a list for each
    teacher file and test set.
    """
    belong = [row for row in rows if is_of_paper(row) and row.scale == 1]
    belong = _runs(belong, setting, one, setting.budget)
    pairs = sorted(set(map(_files, belong)))
    runs = (complete(newest([r for r in belong if _files(r) == pair])[0]) for pair in pairs)
    return [of for of in runs if of]


def _floors(setting: Setting, rows: list[Row], scale: float, of_methods: list[Row]) -> list[Row]:
    """The runs of floors in a setting. In a rehearsal, where methods differ in their least budget,
    those at the largest that a method has. Only the newest version counts.
    """
    budget = setting.budget if scale == 1 else max((row.budget for row in of_methods), default=0)
    wanted = (setting.dataset, setting.teacher, setting.student, budget, *LEAST)
    names = ("dataset", "teacher", "student", "budget")
    found: dict[str, list[Row]] = {}
    for row in filter(is_floor, rows):
        if (*(getattr(row, name) for name in names), row.access, row.precision) == wanted:
            found.setdefault(row.label, []).append(row)
    return [row for of in found.values() for row in newest(of)[0]]


def _files(row: Row) -> tuple[str, str]:
    """The digests of the teacher that was attacked and of the test set."""
    return row.teacher_sha, row.data_digest


def rows_of(lines: list[Line]) -> list[Row]:
    """Every run of the lines, once: scaled budgets of two settings may meet."""
    return list({row.id: row for line in lines for row in line.rows}.values())


def panels(lines: list[Line]) -> list[int]:
    """The budget of each panel; in a rehearsal the largest budget that one of its methods had."""
    found: dict[int, int] = {}
    for line in lines:
        budgets = [row.budget for row in line.rows]
        found[line.setting.budget] = max([*budgets, found.get(line.setting.budget, 0)])
    return sorted({budget for budget in found.values() if budget})


def _methods(preset: Preset, setting: Setting) -> list[PresetMethod]:
    return [one for one in preset.methods if setting.has(one)]


def _rows_of(
    preset: Preset, setting: Setting, one: PresetMethod, rows: list[Row], scale: float
) -> list[Row]:
    if not rows:
        return []
    if scale == 1:
        budget = setting.budget
    else:
        from benchmark.run.preset_cells import budget_of

        budget = budget_of(preset, setting, one, scale)
    return _runs(rows, setting, one, budget)


def _runs(rows: list[Row], setting: Setting, one: PresetMethod, budget: int) -> list[Row]:
    """The runs of an entry. Its Config may differ from the usual in nothing else.

    There are as many questions as rows times entries: the first comparison answers nearly all.
    """
    own = (setting.dataset, setting.teacher, setting.student, budget, one.access, *one.form[:2])
    wanted = {key: _text(value) for key, value in setting.config(one).items()}
    return [
        row
        for row in rows
        if _place(row) == own
        and row.overrides.keys() <= wanted.keys()
        and all(_text(row.config.get(key)) == value for key, value in wanted.items())
    ]


def _place(row: Row) -> tuple[str | int, ...]:
    of_setting = (row.dataset, row.teacher, row.student, row.budget, row.access)
    return (*of_setting, row.method, row.variant)


def newest(rows: list[Row]) -> tuple[list[Row], list[Row]]:
    """Split rows into the newest kind (by method version, then by end) and the rest.

    Of equal runs in several arithmetics, the usual one counts; another only where that is missing.
    """
    if not rows:
        return [], []
    newest = max(rows, key=lambda row: (row.method_version, row.finished))
    same = [row for row in rows if kind_of(row) == kind_of(newest)]
    there = {row.arithmetic for row in same}
    wanted = USUAL["arithmetic"] if USUAL["arithmetic"] in there else min(there)
    same = [row for row in same if row.arithmetic == wanted]
    return same, [row for row in rows if row not in same]


def _text(value: object) -> str:
    return str(value).lower()
