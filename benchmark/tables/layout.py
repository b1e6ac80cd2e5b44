"""Where the entries of a preset's table stand: settings, methods or groups of methods as rows."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace

from benchmark.papers.presets import Preset, PresetMethod, of_methods, pretty
from benchmark.parse import short
from benchmark.rows.floors import is_floor
from benchmark.tables.grid import FLOOR, Line

TEACHER, IMPROVEMENT, ABOVE = "teacher", "improvement", "above floor"
Item = PresetMethod | str  # the subject of an entry beside its setting; or one of these and FLOOR


@dataclass
class Block:
    """A row of the paper's table; with the paper's numbers it takes up to three lines."""

    heads: tuple[str, ...]
    entries: list[tuple[Line, Item] | None]
    begins: bool  # a new part of the table


@dataclass
class Layout:
    """A preset's table before it is text."""

    preset: Preset
    heads: tuple[str, ...]
    columns: tuple[str, ...]
    blocks: list[Block] = field(default_factory=list)


def with_runs(preset: Preset, lines: list[Line]) -> tuple[Preset, list[Line]]:
    """A preset without the settings and the methods that have no run at all."""
    kept = [line for line in lines if line.rows]
    methods = {one for line in kept for one, found in line.entries.items() if found.rows}
    kept = [
        replace(line, entries={one: of for one, of in line.entries.items() if one in methods})
        for line in kept
    ]
    settings = [line.setting for line in kept]
    return of_methods(
        replace(
            preset, settings=tuple(setting for setting in preset.settings if setting in settings)
        ),
        [one for one in preset.methods if one in methods],
    ), kept


def lay_out(preset: Preset, lines: list[Line]) -> Layout:
    """The layout that the preset asks for."""
    make = {"settings": _by_setting, "methods": _by_method, "groups": _by_group}[preset.rows]
    return make(preset, lines)


def _items(preset: Preset, lines: list[Line]) -> list[Item]:
    floor = any(line.floor for line in lines)
    own = [IMPROVEMENT, *([ABOVE] if floor else [])] if preset.improvement else []
    return [TEACHER, *preset.methods, *([FLOOR] if floor else []), *own]


def _name(item: Item, lines: list[Line]) -> str:
    """The head of a column or row; a method that is a floor is called one."""
    if not isinstance(item, PresetMethod):
        return item
    rows = [row for line in lines if item in line.entries for row in line.entries[item].rows]
    return f"{item.name} (floor)" if rows and is_floor(rows[0]) else item.name


def _by_setting(preset: Preset, lines: list[Line]) -> Layout:
    """Tables 2, 3 and 5: a row for each teacher, the data set's name at its first."""
    items = _items(preset, lines)
    pairs = {(line.setting.dataset, line.setting.budget) for line in lines}
    budgets = len(pairs) > len({dataset for dataset, _ in pairs})
    heads = ("data set", "model", *(["queries"] if budgets else []))
    layout = Layout(preset, heads, tuple(_name(item, lines) for item in items))
    last = ""
    for line in lines:
        dataset = pretty(line.setting.dataset)
        names = ["" if dataset == last else dataset, model(line, lines)]
        names += [short(line.setting.budget)] if budgets else []
        layout.blocks.append(Block((*names,), [(line, item) for item in items], dataset != last))
        last = dataset
    return layout


def _by_method(preset: Preset, lines: list[Line]) -> Layout:
    """Tables 1, 4, 7 and 8: a row for each method, a column for each data set."""
    several = _shared(lines, "dataset")
    columns = tuple(
        f"{pretty(line.setting.dataset)} {model(line, lines)}"
        if line.setting.dataset in {key[0] for key in several}
        else pretty(line.setting.dataset)
        for line in lines
    )
    layout = Layout(preset, ("method",), columns)
    for item in _items(preset, lines):
        entries: list[tuple[Line, Item] | None] = [(line, item) for line in lines]
        layout.blocks.append(Block((_name(item, lines),), entries, True))
    return layout


def _by_group(preset: Preset, lines: list[Line]) -> Layout:
    """Table 6: a row for each group of methods, a column for each of their names."""
    names = tuple(dict.fromkeys(one.name for one in preset.methods))
    last = [FLOOR] if any(line.floor for line in lines) else []
    several = len(lines) > 1
    layout = Layout(preset, (*(["model"] if several else []), "method"), (*names, *last))
    for line in lines:
        for group in dict.fromkeys(one.group for one in preset.methods):
            there = {one.name: one for one in preset.methods if one.group == group}
            entries: list[tuple[Line, Item] | None] = [
                (line, there[name]) if name in there else None for name in names
            ]
            entries += [(line, FLOOR) for _ in last]
            heads = (*([model(line, lines)] if several else []), group)
            layout.blocks.append(Block(heads, entries, True))
    return layout


def model(line: Line, lines: list[Line]) -> str:
    """The teacher's name, with the digests of its file and its test set where there are two."""
    names = ("dataset", "teacher", "budget")
    kind, name = _values(line, names), pretty(line.setting.teacher)
    tests = {other.data_digest for other in lines if other.rows and _values(other, names) == kind}
    name += f" {line.teacher_sha[:8]}" if kind in _shared(lines, *names) else ""
    return f"{name}, test set {line.data_digest[:8]}" if len(tests) > 1 else name


def _values(line: Line, names: tuple[str, ...]) -> tuple:
    return tuple(getattr(line.setting, name) for name in names)


def _shared(lines: list[Line], *names: str) -> set[tuple]:
    """The values of some fields of a setting that several lines have."""
    counts = Counter(_values(line, names) for line in lines)
    return {key for key, count in counts.items() if count > 1}
