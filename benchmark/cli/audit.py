"""``bench audit``: does a row hold?"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from benchmark.cli import screen
from benchmark.cli.help import example
from benchmark.cli.options import Where, gathered, place_options, results_option, trust_option
from benchmark.cli.types import DURATION, PATH, Finite
from benchmark.errors import BenchError

if TYPE_CHECKING:  # torch is imported where it is needed
    from benchmark.checks.draw import Pot

LONGEST = 20 * 60.0  # seconds of a row that --draw takes
WORST = (1, 2, 3, 0)  # of the exit codes of several rows the first one that is there


@click.command(
    epilog=example(
        "bench audit 0b476fbcdcfa --points 2",
        "bench audit 0b476fbcdcfa --full --signers allowed_signers",
        "bench audit --full --draw 10 --seed 0 --longest 20m",
    )
)
@click.argument("runs", nargs=-1)
@click.option(
    "--draw",
    type=click.IntRange(min=1),
    help="Audit so many rows that chance picks among those that can be judged here.",
)
@click.option("--seed", type=click.IntRange(min=0), help="Of --draw.  [default: 0]")
@click.option(
    "--longest",
    type=DURATION,
    help="--draw passes over rows that take longer than this on this device.  [default: 20m]",
)
@click.option(
    "--points",
    type=click.IntRange(min=1),
    default=3,
    show_default=True,
    help="First points of the curve to make again.",
)
@click.option("--full", is_flag=True, help="Make the whole run again.")
@click.option(
    "--tolerance",
    type=Finite(min=0),
    help="Points of accuracy where another device or torch made the row; without it the spread "
    "between the seeds in the store decides.",
)
@click.option("--method", type=PATH, help="The file of a method that was given by its path.")
@click.option(
    "--student", default="", help="The file and class of a student of one's own: ./net.py:Class."
)
@click.option("--signers", type=PATH, help="Who must have signed: a file as ssh-keygen takes it.")
@click.option("--dataset", help="Where a folder set lies now: folder:PATH.")
@click.option(
    "--isolation",
    type=click.Choice(["auto", "confined", "process", "thread"]),
    default="auto",
    show_default=True,
    help="Where the method's code runs, as in bench run.",
)
@trust_option
@place_options
@results_option
@gathered("where", Where)
def audit(
    runs: Sequence[str],
    draw: int | None,
    seed: int | None,
    longest: float | None,
    points: int,
    full: bool,
    tolerance: float | None,
    method: Path | None,
    student: str,
    signers: Path | None,
    dataset: str | None,
    isolation: str,
    results: Path,
    where: Where,
) -> None:
    """Hold rows against new runs: each of RUNS is an id, its beginning, or a row's file.

    Checks the checksum, the row's parts against each other and against method, data and teacher,
    and the kept student. Then repeats the beginning of the run, with --full all of it: on the
    same device and torch every bit must agree. Instead of RUNS, --draw picks rows by chance.

    Exit codes: 0 every row holds, 1 one does not, 2 wrong input, 3 one stays open: the run was not
    made again to its end, or something could not be checked.
    """
    if bool(runs) == bool(draw):
        raise click.UsageError("name the runs to audit, or let --draw pick some")
    if not draw and (seed is not None or longest is not None):
        raise click.UsageError("--seed and --longest belong to --draw")
    from benchmark.checks.audit import Audit
    from benchmark.checks.draw import Pot
    from benchmark.cli.progress import OnScreen
    from benchmark.cli.runs import find_file
    from benchmark.host import reach
    from benchmark.host.levels import Isolation, picked, told
    from benchmark.rows.store import Store

    store = Store(results, strict=False)  # an unsound row of another seed is no reason to stop
    device = where.picked()
    here = (store, where.places(), device, OnScreen())
    if draw:
        pot = Pot(store.rows(), here[1], device, longest or LONGEST, store.has_student)
        runs = _drawn(pot, draw, seed or 0)
    files = [find_file(store, run) for run in runs]
    level, reason = picked(isolation, reach.trial(device.type))
    if reason:
        screen.show(told(level, reason))
    auditor = Audit(
        *here,
        None if full else points,
        tolerance,
        dataset,
        where.size,
        method,
        student,
        signers,
        Isolation(level),
    )
    sys.exit(min((_code(auditor.of, file) for file in files), key=WORST.index))


def _drawn(pot: Pot, count: int, seed: int) -> list[str]:
    """The ids of drawn rows, each of which is named before the first one is made again."""
    from benchmark.checks.against import name_of

    found = pot.draw(count, seed)
    screen.show(found.line())
    for row in found.rows:
        screen.show(f"drawn   {row.id}: {name_of(row)}")
    return [row.id for row in found.rows]


def _code(audit_of: Callable[[Path], int], file: Path) -> int:
    """The exit code for a row; a fault of the input is named and leaves the other rows alone."""
    try:
        return audit_of(file)
    except BenchError as problem:
        screen.show(f"bench: {problem}", err=True)
        return 2
