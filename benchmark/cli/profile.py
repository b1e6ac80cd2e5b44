"""``bench profile``."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from benchmark.cli import screen
from benchmark.cli.help import example
from benchmark.cli.options import (
    Computing,
    Where,
    engine_options,
    gathered,
    place_options,
    set_option,
    trust_option,
    write,
)
from benchmark.cli.types import BUDGETS, PATH

if TYPE_CHECKING:
    from benchmark.parse import Override


@dataclass(frozen=True)
class Asked:
    """The options that choose the runs to measure."""

    methods: tuple[str, ...]
    dataset: str | None
    budget: list[int]
    seed: int
    teacher: str | None
    student: str | None
    sets: tuple[Override, ...]


@click.command(epilog=example("bench profile ideal dfme --dataset digits --budget 2k"))
@click.argument("methods", nargs=-1)
@click.option("--dataset", help="One data set; see `bench list`.")
@click.option(
    "--budget",
    type=BUDGETS,
    default=[],
    help="Queries: 5000, 25k, or several. Default: the data set's.",
)
@click.option("--seed", type=click.IntRange(min=0), default=100, show_default=True)
@click.option("--teacher", help="An architecture or a teacher file.")
@click.option("--student", help="An architecture, or ./net.py:Class.")
@set_option
@click.option("--label", default="", help="Tell this profile from others, in a few words.")
@engine_options
@trust_option
@place_options
@click.option(
    "-o",
    "--output",
    type=PATH,
    default="results/perf",
    show_default=True,
    help="Folder of the profiles.",
)
@click.option("--insert", type=PATH, help="Put the table of all profiles into this document.")
@gathered("asked", Asked)
@gathered("computing", Computing)
@gathered("where", Where)
def profile(
    label: str,
    output: Path,
    insert: Path | None,
    asked: Asked,
    computing: Computing,
    where: Where,
) -> None:
    """Measure where the time of a run goes.

    Runs METHODS like `bench run`, with a clock on each part and without writing rows; a profile is
    one JSON file. Without METHODS it prints the table of all profiles. --insert writes between
    the comments `<!-- bench profile -->` and `<!-- end of profile -->`.
    """
    os.environ.setdefault("KINETO_LOG_LEVEL", "99")  # before torch: its profiler is talkative
    if asked.methods:
        if not asked.dataset:
            raise click.UsageError("give --dataset for a measurement")
        _measure(asked, asked.dataset, computing, where, label, output)
    from benchmark.perf import files
    from benchmark.tables import documents
    from benchmark.tables.render import render

    found = files.sheet(files.load(output))
    if insert:
        write(insert, documents.insert(render(found, "md"), insert, documents.PROFILES))
    else:
        screen.show_tables(found)


def _measure(
    asked: Asked, dataset: str, computing: Computing, where: Where, label: str, output: Path
) -> None:
    """Measure the runs, after a check of every name and value."""
    from benchmark import parse
    from benchmark.cli import spelling
    from benchmark.cli.types import listed
    from benchmark.files import make_folder

    methods, overrides = listed(",".join(asked.methods)), parse.merged(asked.sets)
    teachers, students = ([one] if one else [] for one in (asked.teacher, asked.student))
    spelling.check_methods(methods, overrides)
    spelling.check_datasets([dataset], where.size, where.data_dir)
    spelling.check_networks(students, teachers)
    make_folder(output)  # before the run, not after it

    from benchmark.cli.progress import OnScreen
    from benchmark.perf import files
    from benchmark.perf.profile import measure
    from benchmark.run import cells, registry  # torch is imported from here on

    request = cells.Request(
        registry.find_all(methods),
        [dataset],
        [asked.seed],
        asked.budget,
        teachers,
        students,
        overrides,
        size=where.size,
    )
    places, device = where.places(), where.picked()
    planned, graphs = computing.cells(cells.expand(request), device), computing.graphs == "auto"
    for result in measure(planned, places, device, OnScreen(), graphs):
        if result is None:
            sys.exit(1)
        screen.show(f"wrote {files.save({'label': label, **result}, output)}")
