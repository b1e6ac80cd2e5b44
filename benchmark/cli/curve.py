"""``bench curve``: accuracy against queries, as a picture or in numbers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from benchmark.cli import screen
from benchmark.cli.help import example
from benchmark.cli.notices import noticed
from benchmark.cli.options import Part, gathered, opened, results_option, strict_option, write
from benchmark.cli.types import PATH, PER_CENTS, SHARE, listed
from benchmark.rows.wanted import Wanted

if TYPE_CHECKING:
    from benchmark.papers.presets import Preset
    from benchmark.rows.row import Row
    from benchmark.rows.store import Store


@dataclass(frozen=True)
class Asked:
    """The options that choose curves; None: all."""

    dataset: str | None
    preset: str | None
    methods: str | None
    setting: str | None
    scale: float | None

    def part(self, preset: str) -> Preset:
        """The part of the preset that the options choose."""
        sets, methods = (listed(text) if text else [] for text in (self.dataset, self.methods))
        return Part(preset, sets, methods).find()


@click.command(epilog=example("bench curve --dataset digits --methods ideal,noise -o curve.png"))
@click.option("--dataset", "--datasets", help="Only these data sets, comma-separated.")
@click.option("--preset", help="The cells of a preset; fig3 has a panel for each budget.")
@click.option("--methods", help="Only these: name, name:variant; comma-separated.")
@click.option("--setting", help='Only this one, as tables call it: "mnist: lenet to lenet".')
@click.option(
    "--scale", type=SHARE, help="The rehearsal of the preset at this share of its budgets."
)
@click.option("--numbers", is_flag=True, help="Print numbers of the curves, draw nothing.")
@click.option(
    "--reach",
    type=PER_CENTS,
    default="50,80,90",
    show_default=True,
    help="Accuracies in % that --numbers counts queries to.",
)
@click.option(
    "-o",
    "--output",
    type=PATH,
    help="PNG, PDF or SVG; default: results/figures/curve.png. With --numbers: Markdown.",
)
@strict_option
@results_option
@gathered("asked", Asked)
def curve(
    numbers: bool,
    reach: list[float],
    output: Path | None,
    results: Path,
    strict: bool,
    asked: Asked,
) -> None:
    """Draw accuracy against queries, or put curves into numbers.

    Solid lines join separate runs at several budgets; thin dashed ones, in panels of their own, are
    the student inside a run, from its first training on.
    """
    if asked.scale and not asked.preset:
        raise click.UsageError("--scale is for the cells of a --preset")
    if asked.preset:
        asked.part(asked.preset)  # a slip is answered before torch is imported
    if numbers and asked.preset:
        raise click.UsageError("--numbers sums up all rows; leave out --preset")
    with opened(results, strict) as store:  # torch is imported from here on
        if not numbers:
            with noticed():
                paths = _draw(store, asked, output or Path("results/figures/curve.png"))
            for path in paths:
                screen.show(f"wrote {path}")
            return
        from benchmark.pictures import curves
        from benchmark.tables.render import render

        found = curves.sheet(_rows(store, asked), reach)
        if output:
            write(output, render(found, "md"))
        else:
            screen.show_tables(found)


def _draw(store: Store, asked: Asked, output: Path) -> list[Path]:
    from benchmark.pictures import figures

    if not asked.preset:
        return figures.curves(_rows(store, asked), output)
    return figures.of_preset(
        asked.part(asked.preset), _rows(store, asked), output, asked.scale or 1.0
    )


def _rows(store: Store, asked: Asked) -> list[Row]:
    from benchmark.rows import grouping

    # With a preset ``Part`` narrows by data sets and methods, and refuses those it has not.
    wanted = Wanted() if asked.preset else Wanted(asked.dataset, asked.methods)
    return grouping.of_setting(grouping.select(store, wanted), asked.setting)
