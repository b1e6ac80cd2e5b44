"""``bench tune``."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from pathlib import Path

import click

from benchmark.cli import screen
from benchmark.cli.help import example
from benchmark.cli.options import data_option, device_option, gathered, results_option, write
from benchmark.cli.types import BUDGET, DURATION, PATH
from benchmark.errors import BenchError
from benchmark.tuning import sets


@dataclass(frozen=True)
class Asked:
    """The options of a search."""

    trials: int
    budget: int | None
    seed: int
    dataset: str | None
    device: str
    data_dir: Path | None
    stop_after: float | None  # seconds
    save_every: float  # seconds


@click.command(epilog=example("bench tune dfme:cached --trials 20 --stop-after 9m"))
@click.argument("method", required=False)
@click.option(
    "--trials",
    type=click.IntRange(min=1),
    default=sets.TRIALS,
    show_default=True,
    help="In all; the first has the defaults.",
)
@click.option("--budget", type=BUDGET, help="Queries of a run.  [default: 2k; in colour 5k]")
@click.option(
    "--seed",
    type=click.IntRange(min=sets.FIRST_SEED),
    default=sets.FIRST_SEED,
    show_default=True,
    help="Of all trials.",
)
@click.option(
    "--dataset", "--datasets", help=f"{sets.COLOUR} for colour; or digits alone, for a look."
)
@click.option("--list", "listed", is_flag=True, help="Print the best trial of each form.")
@click.option("-o", "--output", type=PATH, help="Write the list to a file instead.")
@device_option
@data_option
@results_option
@click.option("--stop-after", type=DURATION, help="Save and exit with 75 after 90s, 9m, 1.5h.")
@click.option(
    "--save-every", type=DURATION, default="2m", show_default=True, help="Interval of saved states."
)
@gathered("asked", Asked)
def tune(
    method: str | None, listed: bool, output: Path | None, results: Path, asked: Asked
) -> None:
    """Search good hyper-parameters of METHOD: name, name:variant or file.py.

    A trial is a metered run on each tuning set (digits, USPS; in colour ten superclasses of
    CIFAR-100): a fifth of the training images judges the student, the teacher has learnt the others
    alone, no test image is read. The search space stands in the method's file. Trials lie in
    RESULTS/tuning; a stopped search goes on.

    Exit codes: those of `bench run`; 1 also where no trial gave a number.
    """
    _check_usage(method, listed, output)
    if not method:
        _show(results, output)
        return
    from benchmark.cli import spelling

    names = sets.chosen(asked.dataset)
    spelling.check_methods([method], {})
    _check_space(method)
    _check_surrounding(names, asked.data_dir)
    sys.exit(_run(method, results, names, asked))


def _check_usage(method: str | None, listed: bool, output: Path | None) -> None:
    if not method and not listed:
        raise click.UsageError("give a METHOD to tune, or --list to see the best trials")
    if method and listed:
        raise click.UsageError("--list shows every form; leave out METHOD")
    if output and not listed:
        raise click.UsageError("--output is for --list")


def _check_space(method: str) -> None:
    """Refuse a form without a search space, where the text of its file tells that."""
    from benchmark.run import outlines
    from benchmark.tuning import space

    if found := outlines.find(method):
        space.form_of(method, found.space)


def _check_surrounding(names: list[str], data_dir: Path | None) -> None:
    """Refuse to begin without the sets and without Optuna."""
    from benchmark import datasets
    from benchmark.tuning import asking

    asking.require_optuna()
    for name in names:
        try:
            datasets.check(name, None, data_dir)
        except BenchError as problem:
            if name != sets.COLOUR:
                raise
            raise BenchError(f"{problem}; make it: {sets.MAKE_COLOUR}") from None


def _run(method: str, results: Path, names: list[str], asked: Asked) -> int:
    from benchmark import datasets
    from benchmark.cli.progress import OnScreen
    from benchmark.env import pick_device
    from benchmark.host import levels, reach
    from benchmark.run import registry  # torch is imported from here on
    from benchmark.run.buying import Wish
    from benchmark.tuning import space, tune

    device, entry = pick_device(asked.device), registry.find(method)
    level, _ = levels.picked(levels.usual(), reach.trial(device.type))
    made = tune.tuner(
        entry,
        space.form_of(method, entry.method.space),
        results,
        tune.Protocol(tuple(names), asked.budget or sets.usual_budget(names), asked.seed),
        asked.data_dir or datasets.default_data_dir(),
        device,
        OnScreen(),
        save_every=asked.save_every,
        wish=Wish(reference=False),
        isolation=levels.Isolation(level),
        deadline=None if asked.stop_after is None else time.monotonic() + asked.stop_after,
    )
    return made.run(asked.trials)


def _show(results: Path, output: Path | None) -> None:
    """Print or write the list; name the unsound files that it leaves out."""
    from benchmark.tables import tuning as tables
    from benchmark.tables.render import render

    found, unsound = tables.sheet(results / "tuning")
    if output:
        write(output, render(found, "md"))
    else:
        screen.show_tables(found)
    for problem in unsound:
        screen.show(f"bench: left out: {problem}", err=True)
    if unsound:
        sys.exit(1)
