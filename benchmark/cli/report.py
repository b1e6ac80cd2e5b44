"""``bench report``."""

from __future__ import annotations

from pathlib import Path

import click

from benchmark.cli import screen
from benchmark.cli.help import example
from benchmark.cli.notices import noticed
from benchmark.cli.options import opened, results_option, strict_option
from benchmark.cli.types import PATH


@click.command(epilog=example("bench report -o report"))
@click.option("--dataset", help="Only these data sets, comma-separated.")
@click.option(
    "-o",
    "--output",
    type=PATH,
    default="results/report",
    show_default=True,
    help="Folder of the page.",
)
@click.option(
    "--data-dir",
    type=PATH,
    help="Folder of the data sets, whose test images stand beside samples; default: BENCH_DATA.",
)
@strict_option
@results_option
def report(
    dataset: str | None, output: Path, data_dir: Path | None, results: Path, strict: bool
) -> None:
    """Write tables, curves, methods and every run's provenance as one HTML page.

    The page is one file, needs no network, and is the same byte for byte for the same rows
    and data sets.
    """
    from benchmark.datasets import default_data_dir
    from benchmark.report import page

    with opened(results, strict) as store:
        with noticed():
            path = page.write(store, output, dataset, data_dir or default_data_dir())
        screen.show(f"wrote {path}")
