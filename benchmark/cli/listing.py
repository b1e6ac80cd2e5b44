"""``bench list``."""

from __future__ import annotations

from pathlib import Path

import click

from benchmark.cli.help import example
from benchmark.cli.options import opened, results_option


@click.command(name="list", epilog=example("bench list methods dfme:cached"))
@click.argument(
    "kind", type=click.Choice(["methods", "datasets", "architectures", "rounds"]), required=False
)
@click.argument("name", required=False)
@results_option
def list_(kind: str | None, name: str | None, results: Path) -> None:
    """List methods, data sets, architectures.

    `bench list methods NAME` prints the whole page of a method, with the numbers that papers print
    and those of the rows in --results. `bench list rounds` runs one round of every method and
    holds the oracle's count against the method's formula.
    """
    from benchmark.cli import lists

    lists.show(kind, name, lambda: opened(results))
