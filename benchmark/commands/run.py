"""``bench run``."""

from __future__ import annotations

import sys

import click

from benchmark.commands.options import (
    engine_choice,
    engine_options,
    place_options,
    places,
    results_option,
)


@click.command()
@click.option("--methods", required=True, help="name, name:variant, file.py, all; comma-separated.")
@click.option("--dataset", required=True, help="Data sets, comma-separated; see `bench list`.")
@click.option("--budget", help="Queries: 5000, 25k, 1.5M, or several: 1k,2k,5k.")
@click.option("--seeds", default="0,1,2", show_default=True, help="0,1,2 or 0-4.")
@click.option("--teacher", help="Architectures or teacher files, comma-separated.")
@click.option("--student", help="Architectures, comma-separated.")
@click.option("--set", "sets", multiple=True, metavar="METHOD.FIELD=VALUE", help="Override Config.")
@click.option(
    "--precision", type=click.Choice(["uint8", "float32"]), default="uint8", show_default=True,
    help="uint8 rounds queries to 8 bits, as an image API does.",
)  # fmt: skip
@click.option(
    "--access", type=click.Choice(["hard-label", "score", "white-box", "real-data"]),
    help="What the teacher gives away. Default: the least that a method can work with.",
)  # fmt: skip
@engine_options
@place_options
@results_option
@click.option("--dry-run", is_flag=True, help="Print the plan and stop.")
@click.option("--force", is_flag=True, help="Run again what has a row or a saved state.")
@click.option("--stop-after", help="Save and exit with 75 after 90s, 9m, 1.5h.")
@click.option("--save-every", default="2m", show_default=True, help="Interval of saved states.")
def run(
    methods, dataset, budget, seeds, teacher, student, sets, precision, access, amp, graphs,
    size, data_dir, teacher_dir, device, results, dry_run, force, stop_after, save_every,
) -> None:  # fmt: skip
    """Run methods under a query budget.

    What has a row is skipped; what was stopped goes on.

    Exit codes: 0 all done, 1 a run failed, 2 wrong input, 75 stopped and saved, 130 interrupted.
    """
    from benchmark import cells, parse
    from benchmark.env import pick_device
    from benchmark.registry import find_all
    from benchmark.session import Session
    from benchmark.store import Store

    request = cells.Request(
        entries=find_all(parse.items(methods)),
        datasets=parse.items(dataset),
        seeds=parse.seeds(seeds),
        budgets=[parse.budget(text) for text in parse.items(budget)] if budget else [],
        teachers=parse.items(teacher) if teacher else [],
        students=parse.items(student) if student else [],
        overrides=parse.overrides(sets),
        precision=precision,
        access=access or "",
        size=size,
    )
    chosen = pick_device(device)
    session = Session(
        Store(results),
        places(data_dir, teacher_dir),
        chosen,
        force,
        parse.duration(stop_after) if stop_after else None,
        parse.duration(save_every),
        engine_choice(amp, graphs, chosen),
    )
    planned = cells.expand(request)
    if dry_run:
        session.plan(planned)
    else:
        sys.exit(session.run(planned))
