"""``bench samples``: images that methods asked about, and their features in the students."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from benchmark.cli import screen
from benchmark.cli.help import example
from benchmark.cli.notices import noticed
from benchmark.cli.options import opened, results_option, strict_option
from benchmark.cli.types import PATH
from benchmark.errors import BenchError

if TYPE_CHECKING:
    from benchmark.rows.row import Row
    from benchmark.rows.store import Store


@click.command(epilog=example("bench samples --preset fig4 -o samples.png"))
@click.argument("runs", metavar="RUN...", nargs=-1)
@click.option(
    "--preset",
    type=click.Choice(["fig4", "fig5"]),
    help="Instead of RUN: the methods of this figure, lowest seed.",
)
@click.option(
    "--features",
    is_flag=True,
    help="The students' features of the images, and the generators' losses.",
)
@click.option(
    "-o",
    "--output",
    type=PATH,
    help="PNG, PDF or SVG; default: results/figures/samples.png, with --features features.png.",
)
@strict_option
@results_option
def samples(
    runs: tuple[str, ...],
    preset: str | None,
    features: bool,
    output: Path | None,
    results: Path,
    strict: bool,
) -> None:
    """Draw images that runs asked the oracle about, a line for each of its labels.

    RUN is the id of a run, the beginning of one, or the name of its row's file.
    """
    import importlib

    from benchmark.cli.runs import find_run
    from benchmark.pictures import captions

    if bool(runs) == bool(preset):
        raise click.UsageError("say which runs: RUN... or --preset, one of the two")
    kind = "features" if features else "samples"
    drawing = importlib.import_module(f"benchmark.pictures.{kind}")
    output = output or Path(f"results/figures/{kind}.png")
    with opened(results, strict) as store:
        chosen = (
            _of_preset(store, preset)
            if preset
            else captions.named([find_run(store, text) for text in runs])
        )
        kinds = ("sample", "student") if features else ("sample",)
        sound = [(name, row) for name, row in chosen if store.holds(row, *kinds)]
        if not sound:
            raise BenchError(
                f"none of these runs has its kept files ({' and '.join(kinds)}); "
                "run them again with --force"
            )
        with noticed():
            path = drawing.draw(store, sound, output)
        screen.show(f"wrote {path}")


def _of_preset(store: Store, name: str) -> list[tuple[str, Row]]:
    """The runs of a preset that have a sample; methods without one are named."""
    from benchmark.cli.runs import of_preset
    from benchmark.papers import presets

    found, missing = of_preset(store, presets.find(name))
    if missing:
        screen.show(f"left out, no sample: {', '.join(missing)}", err=True)
    return found
