"""``bench list``."""

from __future__ import annotations

import click


@click.command(name="list")
@click.argument(
    "what", type=click.Choice(["methods", "datasets", "architectures", "rounds"]), required=False
)
@click.argument("name", required=False)
def list_(what, name) -> None:
    """List methods, data sets, architectures.

    `bench list methods NAME` prints the whole page of a method; `bench list rounds` runs one
    round of every method and holds what the oracle counted against the method's formula.
    """
    from benchmark import listing

    listing.show(what, name)
