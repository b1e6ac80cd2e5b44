"""The cells that the options of ``bench run`` ask for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmark.cli.options import Part, Where

if TYPE_CHECKING:
    from benchmark.parse import Override
    from benchmark.run.cells import Cell, Request

# From the isolation of code of others; torch is imported by then, and not before.
MakeCells = Callable[[str], "list[Cell]"]


@dataclass(frozen=True)
class Asked:
    """The options that choose the cells."""

    methods: list[str]
    dataset: str | None  # some names hold commas, so it is split beside the folders of data
    budget: list[int]
    seeds: list[int]
    teachers: list[str]
    students: list[str]
    generator: str | None
    sets: list[Override]
    precision: str
    access: str | None
    defences: list[str]


def of_preset(name: str, scale: float, asked: Asked) -> MakeCells:
    """A function that makes the cells of a preset; the preset is checked at once."""
    from benchmark.cli.types import listed

    sets = listed(asked.dataset) if asked.dataset else []
    part = Part(name, sets, asked.methods, asked.teachers, asked.budget).find()

    def make(level: str) -> list[Cell]:
        from benchmark.run import preset_cells

        return preset_cells.cells_of(part, asked.seeds, scale)

    return make


def of_options(asked: Asked, where: Where) -> MakeCells:
    """A function that makes the cells of the options; names and values are checked at once."""
    from benchmark import datasets, parse
    from benchmark.cli import spelling

    overrides = parse.merged(asked.sets)
    data_dir = where.data_dir or datasets.default_data_dir()
    assert asked.dataset is not None, "without it or a preset the usage is wrong"
    sets = datasets.split_names(asked.dataset, data_dir)
    spelling.check_methods(asked.methods, overrides)
    spelling.check_datasets(sets, where.size, data_dir)
    spelling.check_networks(asked.students, asked.teachers)

    def make(level: str) -> list[Cell]:
        from benchmark.run.cells import Request, expand
        from benchmark.run.registry import find_all

        request = Request(
            find_all(asked.methods, level),
            sets,
            asked.seeds,
            asked.budget,
            asked.teachers,
            asked.students,
            overrides,
            precision=asked.precision,
            access=asked.access or "",
            generator=asked.generator or "",
            defences=asked.defences,
            size=where.size,
        )
        found = expand(request)
        _say_without(request)
        return found

    return make


def _say_without(request: Request) -> None:
    """Name the methods that have no generator, where ``--generator`` gives all one."""
    from benchmark.cli.console import console

    without = [entry.label for entry in request.entries if not entry.has("generator")]
    if request.generator and without:
        text = f"--generator changes nothing for methods without one: {', '.join(without)}"
        console.print(text)
