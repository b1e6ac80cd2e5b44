"""``bench list``."""

from __future__ import annotations

import click


@click.command(name="list")
@click.argument("what", type=click.Choice(["methods", "datasets", "architectures"]), required=False)
@click.argument("name", required=False)
def list_(what, name) -> None:
    """List methods, data sets, architectures.

    `bench list methods NAME` prints the whole page of a method.
    """
    from benchmark import listing

    listing.show(what, name)
