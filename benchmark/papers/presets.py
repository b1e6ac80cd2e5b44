"""Presets: the cells of a table or figure of the IDEAL paper, and some of the suite's own.

``data/presets.json`` holds the methods, the settings and the layout of each. A method is written as
in ``published.csv``, ``ideal:no-info`` or ``ideal (generator_steps=3)``; the Config fields that a
setting adds for a method stand in its ``set``. A preset holds no seeds: three is the command's
default and the paper's (4.1.3).
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from importlib.resources import files
from typing import Any

from benchmark.errors import BenchError, unknown
from benchmark.reading import strict_json
from benchmark.rows.form import Form, read

FILE = "data/presets.json"
ROWS = ("settings", "methods", "groups")  # the rows of the table


@dataclass(frozen=True)
class PresetMethod:
    """One method of a preset, and its column or row."""

    method: str  # as published.csv writes it
    name: str  # as the paper's table shows it
    group: str = ""
    access: str = "hard-label"

    @property
    def label(self) -> str:
        """``name`` or ``name:variant``, as ``--methods`` takes it."""
        return self.form.label

    @property
    def form(self) -> Form:
        """Its name, its variant and the Config fields in its name."""
        return read(self.method)

    @property
    def own(self) -> dict[str, str]:
        """The Config fields in its name."""
        return dict(self.form.overrides)


@dataclass(frozen=True)
class Setting:
    """One setting of a preset: a row of the paper's table, or one of its columns."""

    dataset: str
    teacher: str
    student: str
    budget: int  # queries
    batch: int
    fields: dict[str, dict[str, Any]] = field(default_factory=dict)  # method or label -> Config
    methods: tuple[str, ...] = ()  # those that the setting has; empty: all

    def has(self, one: PresetMethod) -> bool:
        """Whether the preset has a cell for this method here."""
        return not self.methods or one.method in self.methods

    def config(self, one: PresetMethod) -> dict[str, Any]:
        """The Config fields that a method gets here; those in its own name win."""
        of_method = self.fields.get(one.form.method, {})
        return {**of_method, **self.fields.get(one.label, {}), **one.own}


@dataclass(frozen=True)
class Preset:
    """A table or figure of the paper."""

    name: str
    table: str  # as published.csv calls it
    title: str
    rows: str  # one of ROWS
    methods: tuple[PresetMethod, ...]
    settings: tuple[Setting, ...]
    note: str = ""
    ranked: bool = True  # whether a row (of settings) has a best method
    improvement: str = ""  # the method that is held against all others
    panels: bool = False  # whether a picture has a panel for each budget

    @property
    def source(self) -> str:
        """The source of its cells, in words."""
        in_paper = self.table.startswith(("Table", "Figure"))
        return f"{self.table} of the IDEAL paper" if in_paper else "this suite's own"

    def cells(self) -> list[tuple[Setting, PresetMethod]]:
        """Every cell, setting by setting."""
        return [
            (setting, one) for setting in self.settings for one in self.methods if setting.has(one)
        ]


def names() -> list[str]:
    """The presets there are, in the file's order."""
    return list(_all())


def find(name: str) -> Preset:
    """The preset of a name."""
    if name not in _all():
        raise unknown("preset", name, _all())
    return _all()[name]


def pretty(name: str) -> str:
    """A data set's or network's name as the paper writes it."""
    return _file()["names"].get(name, name)


def narrow(
    preset: Preset,
    datasets: Iterable[str] = (),
    methods: Iterable[str] = (),
    teachers: Iterable[str] = (),
    budgets: Iterable[int] = (),
) -> Preset:
    """A part of a preset; empty and ``all`` are everything, an unknown value is an error."""
    methods = [name for name in methods if name != "all"]
    wanted = {"dataset": datasets, "teacher": teachers, "budget": budgets}
    for kind, chosen in wanted.items():
        _known(preset, kind, chosen, {getattr(setting, kind) for setting in preset.settings})
    _known(preset, "method", methods, {one.label for one in preset.methods})
    kept = [p for p in preset.settings if all(_fits(getattr(p, k), w) for k, w in wanted.items())]
    found = [one for one in preset.methods if _fits(one.label, methods)]
    part = of_methods(replace(preset, settings=tuple(kept)), found)
    if not part.cells():
        raise BenchError(f"no cell of {preset.name} fits all of these options at once")
    return part


def of_methods(preset: Preset, methods: Iterable[PresetMethod]) -> Preset:
    """A preset with these of its methods; without its own there is no improvement of that."""
    methods = tuple(methods)
    own = preset.improvement if preset.improvement in {one.method for one in methods} else ""
    return replace(preset, methods=methods, improvement=own)


def _fits(value: object, wanted: Iterable) -> bool:
    wanted = list(wanted)
    return not wanted or value in wanted


def _known(preset: Preset, kind: str, chosen: Iterable, there: set) -> None:
    for value in chosen:
        if value not in there:
            has = ", ".join(map(str, sorted(there)))
            raise BenchError(f"{preset.name} has no {kind} {value}; it has {has}")


@functools.cache
def _file() -> dict[str, Any]:
    return strict_json(files("benchmark").joinpath(FILE).read_bytes())


@functools.cache
def _all() -> dict[str, Preset]:
    return {name: made(name, item) for name, item in _file()["presets"].items()}


def made(name: str, item: dict[str, Any]) -> Preset:
    """The preset of an entry of the file, whose form ``tests/support/preset_files.py`` holds."""
    methods = tuple(PresetMethod(**entry) for entry in item["methods"])
    settings = tuple(setting for entry in item["settings"] for setting in _settings(entry))
    rest = {k: v for k, v in item.items() if k not in ("methods", "settings")}
    return Preset(name, methods=methods, settings=settings, **rest)


def _settings(entry: dict[str, Any]) -> Iterable[Setting]:
    for teacher in entry["teachers"]:
        for budget in entry["budgets"]:
            yield Setting(
                entry["dataset"],
                teacher,
                entry["student"],
                budget,
                entry["batch"],
                entry.get("set", {}),
                tuple(entry.get("methods", ())),
            )
