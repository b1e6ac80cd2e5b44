"""``bench worker``."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from benchmark.cli.asked import Asked
from benchmark.cli.help import Grouped, example
from benchmark.cli.how import How
from benchmark.cli.options import Computing, Where, gathered, opened
from benchmark.cli.run import GROUPS, chosen, run
from benchmark.cli.types import DURATION

NOT_OF_A_WORKER = {"jobs", "ray", "gpus_per_run", "hand", "dry_run", "force"}
OPTIONS = [one for one in run.params if one.name not in NOT_OF_A_WORKER]  # those of `bench run`


@click.command(
    cls=Grouped,
    params=list(OPTIONS),
    groups=GROUPS | {"Beside other workers": ("wait",)},
    epilog=example(
        "bench worker --preset table2 --dataset mnist --results /shared/results",
        "bench worker --methods ideal,dfme --dataset svhn --budget 100k --wait 10m",
    ),
)
@click.option(
    "--wait",
    type=DURATION,
    default="0s",
    show_default=True,
    help="Stay so long while others run the rest, to take over from one that dies.",
)
@click.option("--since", type=float, hidden=True)
@click.option("--code", hidden=True)
@click.pass_context
@gathered("asked", Asked)
@gathered("how", How)
@gathered("computing", Computing)
@gathered("where", Where)
def worker(
    context: click.Context,
    preset: str | None,
    scale: float | None,
    results: Path,
    wait: float,
    since: float | None,
    code: str | None,
    asked: Asked,
    how: How,
    computing: Computing,
    where: Where,
) -> None:
    """Run the next cells that nobody else runs, from a results folder that workers share.

    Start as many as there are cores, GPUs or machines, all with the same options: each takes the
    next cell that has no row and no owner, runs it, and repeats. The cell of a worker that died is
    taken over from its last state.

    Exit codes: 0 all done, 1 a run failed, 2 wrong input, 75 cells are left: stopped and saved, or
    others run them; 130 interrupted.
    """
    make = chosen(context, preset, scale, asked, where)
    level = how.begin(where.device, prepares=True)

    from benchmark.cli import closing, working  # torch is imported from here on
    from benchmark.run.session import EXIT_STOPPED
    from benchmark.run.team import Team

    if code:
        working.check_code(code)
    work = working.Work(context, how, where)
    device = where.picked()
    planned = computing.cells(make(level), device)
    how.say(device.type)
    with opened(results) as store:
        store.prepare()
        session = work.session(store, computing, team=Team(since or store.now(), wait))
        end = work.as_worker(session, planned)
        closing.show(session.rows, session.store, stopped=end == EXIT_STOPPED)
    sys.exit(end)
