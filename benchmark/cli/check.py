"""``bench check``: do the numbers come out again?"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from benchmark.cli.help import example
from benchmark.cli.how import How
from benchmark.cli.options import Where, gathered, opened, place_options
from benchmark.cli.types import BUDGETS, DURATION, JOBS, LIST, PATH, SEEDS, Finite

if TYPE_CHECKING:
    from benchmark.checks.bands import Works
    from benchmark.checks.findings import Finding
    from benchmark.run.cells import Cell
    from benchmark.run.session import Session


@dataclass(frozen=True)
class Chosen:
    """The rows that ``--against`` repeats; empty: all."""

    longest: float  # seconds that a row took
    methods: Sequence[str]
    dataset: Sequence[str]
    budget: Sequence[int]
    seeds: Sequence[int]


@click.command(epilog=example("bench check", "bench check --against results/runs --longest 30s"))
@click.option(
    "--update",
    is_flag=True,
    help="Measure again and rewrite the committed bands; with --methods those alone.",
)
@click.option(
    "--home-turf", is_flag=True, help="Run each method where it was made to work; half an hour."
)
@click.option("--against", type=PATH, help="Repeat small cells of this folder of rows instead.")
@click.option(
    "--tolerance",
    type=Finite(min=0),
    default=5.0,
    show_default=True,
    help="Points of accuracy by which --against lets a row differ.",
)
@click.option(
    "--longest",
    type=DURATION,
    default="60s",
    show_default=True,
    help="--against repeats rows that took no longer than this.",
)
@click.option("--methods", type=LIST, default=[], help="Only these, comma-separated.")
@click.option(
    "--dataset", "--datasets", type=LIST, default=[], help="--against: only these, comma-separated."
)
@click.option("--budget", type=BUDGETS, default=[], help="--against: only these budgets: 1k,5k.")
@click.option("--seeds", type=SEEDS, default=[], help="--against: only these seeds: 0 or 0-2.")
@click.option(
    "--jobs",
    type=JOBS,
    default="1",
    show_default=True,
    help="Runs at once for the bands, which share this machine's threads: 8, auto.",
)
@click.option("--junit", type=PATH, help="Write the findings as JUnit XML, too.")
@place_options
@click.pass_context
@gathered("chosen", Chosen)
@gathered("where", Where)
def check(
    context: click.Context,
    update: bool,
    home_turf: bool,
    against: Path | None,
    tolerance: float,
    jobs: int | str,
    junit: Path | None,
    chosen: Chosen,
    where: Where,
) -> None:
    """Compare every method with its band, or rows with new runs of their cells.

    Without --against all methods run on digits at a small budget and are held against the bands
    that come with the suite. With --home-turf each runs with the access and at the budget that it
    was made for, and is held against a band of its own.

    Exit codes: 0 all as it was, 1 something differs, 2 wrong input.
    """
    if not against:
        of_rows = {"tolerance", *asdict(chosen)} - (set() if home_turf else {"methods"})
        _refuse_choice(context, sorted(of_rows))
    _refuse_two(update, home_turf, against)
    if jobs != 1 and (home_turf or against):
        raise click.UsageError("--jobs is about the bands; leave it out here")
    from benchmark.checks import bands, findings
    from benchmark.checks import home_turf as turf
    from benchmark.cli.progress import OnScreen

    here, show = (where.places(), where.picked()), OnScreen()
    of_bands = (*here, show, _by(context, where, jobs), chosen.methods)
    if update:
        show.say(f"wrote {bands.update(*of_bands)}")
        return
    if home_turf:
        found = turf.run(*here, show)
        findings.tell(found, show)
        sys.exit(_conclude(found, "methods", junit))
    if not against:
        found = bands.run(*of_bands)
        findings.tell(findings.failed(found), show)
        sys.exit(_conclude(found, "bands", junit))
    from benchmark.checks.against import Choice, run

    choice = Choice(chosen.dataset, chosen.methods, chosen.budget, chosen.seeds, chosen.longest)
    with opened(against.parent if against.name == "runs" else against) as store:
        found = run(store, choice, *here, tolerance, show)
        findings.tell(found, show)
        code = _conclude(found, "rows", junit)
    sys.exit(code)


def _by(context: click.Context, where: Where, jobs: int | str) -> Works:
    """Lets so many workers run the cells of bands, beside the suite as one would."""

    def works(session: Session, cells: list[Cell], words: list[str]) -> int:
        from benchmark.cli.working import Work
        from benchmark.host.levels import THREAD

        places = {
            "--results": session.store.root,
            "--data-dir": session.places.data,
            "--teacher-dir": session.places.teachers,
            "--device": session.device.type,
            "--isolation": THREAD,
        }
        given = [str(word) for pair in places.items() for word in pair]
        how = How(False, False, False, None, session.save_every, THREAD, None, None)
        work = Work(context, how, where, words=[*words, *given, "--no-reference"])
        return work.run(session, cells, jobs)

    return works


def _refuse_choice(context: click.Context, names: Sequence[str]) -> None:
    """Refuse options that choose rows, where no rows are given."""
    for name in names:
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            raise click.UsageError(f"--{name} is about rows; say which: --against results/runs")


def _refuse_two(update: bool, home_turf: bool, against: Path | None) -> None:
    """Refuse two checks in one command."""
    if update and against:
        raise click.UsageError("--update rewrites the bands; it has nothing to do with rows")
    if home_turf and (update or against):
        other = "update" if update else "against"
        raise click.UsageError(f"--home-turf is a check of its own; leave out --{other}")


def _conclude(found: list[Finding], kind: str, junit: Path | None) -> int:
    """Print the number of findings of a kind, write them as JUnit; returns the exit code."""
    from benchmark.checks import findings
    from benchmark.cli.console import console

    if junit:
        findings.write_junit(junit, "bench check", found)
    left = sum(finding.verdict == findings.OPEN for finding in found)
    more = f", {left} open" if left else ""
    console.print(f"{len(found)} {kind}, {len(findings.failed(found))} failed{more}")
    return findings.exit_code(found)
