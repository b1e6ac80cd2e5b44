"""``bench list``."""

from __future__ import annotations

from pathlib import Path

import click

from benchmark.cli.help import example
from benchmark.cli.options import opened, results_option


@click.command(name="list", epilog=example("bench list methods dfme:cached"))
@click.argument(
    "what", type=click.Choice(["methods", "datasets", "architectures", "rounds"]), required=False
)
@click.argument("name", required=False)
@results_option
def list_(what: str | None, name: str | None, results: Path) -> None:
    """List methods, data sets, architectures.

    `bench list methods NAME` prints the whole page of a method, with what papers print of it and
    what the rows of --results say. `bench list rounds` runs one round of every method and holds
    what the oracle counted against the method's formula.
    """
    from benchmark.cli import lists

    lists.show(what, name, lambda: opened(results))
