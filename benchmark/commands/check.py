"""``bench check``."""

from __future__ import annotations

import sys

import click

from benchmark.commands.options import place_options, places


@click.command()
@click.option("--update", is_flag=True, help="Measure again and rewrite the committed bands.")
@place_options
def check(update, size, data_dir, teacher_dir, device) -> None:
    """Compare every method with its band.

    Runs all methods on digits at a small budget; exit code 1 when one leaves its committed band.
    """
    from benchmark.checks import bands as checks
    from benchmark.env import pick_device

    sys.exit(checks.run(places(data_dir, teacher_dir), pick_device(device), update))
