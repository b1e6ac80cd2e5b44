"""``bench run``."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from click.core import ParameterSource

from benchmark.cli.asked import Asked, MakeCells, of_options, of_preset
from benchmark.cli.help import Grouped, example
from benchmark.cli.how import Help, How
from benchmark.cli.options import (
    Computing,
    Where,
    engine_options,
    gathered,
    opened,
    place_options,
    results_option,
    set_option,
    trust_option,
)
from benchmark.cli.types import BUDGETS, DEFENCES, DURATION, JOBS, LIST, SEEDS, SHARE, SIZE

GROUPS = {
    "Which runs": (
        "methods",
        "dataset",
        "budget",
        "seeds",
        "teachers",
        "students",
        "preset",
        "scale",
    ),
    "Changes for all of them": (
        "sets",
        "generator",
        "access",
        "precision",
        "defences",
        "size",
    ),
    "How they are computed": ("jobs", "ray", "gpus_per_run", "device", "amp", "graphs"),
    "Where the method's code runs": ("isolation", "step_limit", "memory_limit"),
    "Stopping and going on": ("dry_run", "stop_after", "save_every", "force"),
    "Files to keep": ("results", "reference", "keep_bought"),
    "Where things lie": ("data_dir", "teacher_dir", "allow_weak_teacher", "trust_code"),
}


@click.command(
    cls=Grouped,
    groups=GROUPS,
    epilog=example(
        "bench run --methods ideal,dfme --dataset svhn --budget 100k",
        "bench run --preset table2 --dataset mnist --seeds 0 --stop-after 50m",
    ),
)
@click.option(
    "--methods", type=LIST, default=[], help="name, name:variant, file.py, all; comma-separated."
)
@click.option("--dataset", "--datasets", help="Data sets, comma-separated; see `bench list`.")
@click.option(
    "--preset",
    help="The cells of table1 ... table8, fig2 ... fig5; budgets, stylegan, "
    "home-turf, parts, best-forms.",
)
@click.option("--scale", type=SHARE, help="Rehearse a preset at this share of its budgets: 0.1.")
@click.option(
    "--budget", type=BUDGETS, default=[], help="Queries: 5000, 25k, 1.5M, or several: 1k,2k,5k."
)
@click.option("--seeds", type=SEEDS, default="0,1,2", show_default=True, help="0,1,2 or 0-4.")
@click.option(
    "--teacher",
    "teachers",
    type=LIST,
    default=[],
    help="Architectures or teacher files, comma-separated.",
)
@click.option(
    "--student", "students", type=LIST, default=[], help="Architectures, or ./net.py:Class."
)
@click.option(
    "--generator", metavar="NAME", help="The same for all methods that have one: stylegan."
)
@set_option
@click.option(
    "--precision",
    type=click.Choice(["uint8", "float32"]),
    default="uint8",
    show_default=True,
    help="uint8 rounds queries to 8 bits, as an image API does.",
)
@click.option(
    "--access",
    type=click.Choice(["hard-label", "score", "white-box", "real-data"]),
    help="Answers of the teacher. Default: the least that a method can work with.",
)
@click.option(
    "--defence",
    "defences",
    type=DEFENCES,
    default=[],
    help="Of the teacher: none, flip:0.1, refuse-near:1.5, rate:100/s, joined by +; or several, "
    "comma-separated.",
)
@engine_options
@trust_option
@place_options
@results_option
@click.option(
    "--isolation",
    type=click.Choice(["thread", "process", "confined", "auto"]),
    default="auto",
    show_default=True,
    envvar="BENCH_ISOLATION",
    help="In this process, for debugging; in one of its own; in one that is confined and reaches "
    "nothing else; auto: the strongest here.",
)
@click.option("--step-limit", type=DURATION, help="Longest step of a method in a process: 90s, 9m.")
@click.option("--memory-limit", type=SIZE, help="Most memory of a confined process: 500MB, 4GB.")
@click.option(
    "--jobs",
    type=JOBS,
    default="1",
    show_default=True,
    help="Runs at once on this machine, which share its threads and GPUs: 8, auto.",
)
@click.option(
    "--ray", metavar="auto|ADDRESS", help="Run them on the nodes of a Ray cluster that is there."
)
@click.option(
    "--gpus-per-run",
    type=click.FloatRange(0),
    default=0.0,
    show_default=True,
    help="With --ray: the share of a GPU that a run gets, 0.25 for four runs on one.",
)
@click.option("--hand", hidden=True)
@click.option("--dry-run", is_flag=True, help="Print the plan and stop.")
@click.option("--force", is_flag=True, help="Run cells that have a row again.")
@click.option("--allow-weak-teacher", is_flag=True, help="Take one that hardly beats chance.")
@click.option(
    "--reference/--no-reference",
    default=True,
    show_default=True,
    help="Train a fresh student on the labels that were bought, beside the method's own.",
)
@click.option("--keep-bought", is_flag=True, help="Keep the file of bought images.")
@click.option("--stop-after", type=DURATION, help="Save and exit with 75 after 90s, 9m, 1.5h.")
@click.option(
    "--save-every", type=DURATION, default="2m", show_default=True, help="Interval of saved states."
)
@click.pass_context
@gathered("asked", Asked)
@gathered("how", How)
@gathered("help_", Help)
@gathered("computing", Computing)
@gathered("where", Where)
def run(
    context: click.Context,
    preset: str | None,
    scale: float | None,
    results: Path,
    dry_run: bool,
    force: bool,
    asked: Asked,
    how: How,
    help_: Help,
    computing: Computing,
    where: Where,
) -> None:
    """Run methods under a query budget.

    Cells that have a row are skipped; a stopped run goes on, with --force too. With --preset, the
    options --dataset, --methods, --teacher and --budget take a part of it.

    Exit codes: 0 all done, 1 a run failed, 2 wrong input, 75 stopped and saved, or another process
    is running a part (the same command goes on later), 130 interrupted.
    """
    make = chosen(context, preset, scale, asked, where)
    alone = help_.hand is not None or (help_.jobs == 1 and not help_.ray)
    level = how.begin(where.device, alone and not dry_run)
    from benchmark.cli import closing, working  # torch is imported from here on
    from benchmark.run.session import EXIT_STOPPED

    device = where.picked()
    planned = computing.cells(make(level), device)
    if help_.hand is None:
        how.say(device.type)
    with opened(results) as store:
        work = working.Work(context, how, where, force)
        if help_.hand is not None:
            code = work.as_hand(store, planned, computing, help_.hand)
        elif dry_run:
            from benchmark.cli import plan

            code = plan.show(work.session(store, computing), planned, help_.jobs)
        else:
            computing.say(planned, device)
            session = work.session(store, computing)
            code = work.by(session, planned, help_)
            closing.show(session.rows, session.store, stopped=code == EXIT_STOPPED)
    sys.exit(code)


def chosen(
    context: click.Context, preset: str | None, scale: float | None, asked: Asked, where: Where
) -> MakeCells:
    """A function that makes the cells that the options choose; raises ``UsageError`` at once."""
    _check_usage(context, preset, scale, asked)
    return of_preset(preset, scale or 1.0, asked) if preset else of_options(asked, where)


def _check_usage(
    context: click.Context, preset: str | None, scale: float | None, asked: Asked
) -> None:
    """Refuse options that contradict a preset, or need one."""
    if not preset:
        for name in ("methods", "dataset"):
            if not getattr(asked, name):
                raise click.UsageError(f"give --{name}, or a --preset that says which")
        if scale:
            raise click.UsageError("--scale is a share of a preset's budgets: give --preset too")
        return
    for name in ("students", "generator", "sets", "precision", "access", "defences", "size"):
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            option = {"sets": "set", "students": "student", "defences": "defence"}.get(name, name)
            raise click.UsageError(f"a preset decides --{option} itself; leave it out")
