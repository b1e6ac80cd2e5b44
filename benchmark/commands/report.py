"""``bench report``."""

from __future__ import annotations

import click

from benchmark import screen
from benchmark.commands.notices import noticed
from benchmark.commands.options import PATH, results_option


@click.command()
@click.option("--dataset", help="Only these data sets, comma-separated.")
@click.option("-o", "--output", type=PATH, default="results/report", show_default=True,
              help="Folder of the page.")  # fmt: skip
@results_option
def report(dataset, output, results) -> None:
    """Write tables, curves, methods and every run's provenance as one HTML page.

    The page is one file, needs no network, and is the same byte for byte for the same rows.
    """
    from benchmark.report import page
    from benchmark.store import Store

    with noticed():
        path = page.write(Store(results), output, dataset)
    screen.show(f"wrote {path}")
