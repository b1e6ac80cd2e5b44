"""``bench run``."""

from __future__ import annotations

import sys
from collections.abc import Callable

import click
from click.core import ParameterSource

from benchmark.cli.options import (
    computed,
    engine_options,
    opened,
    place_options,
    places,
    results_option,
)


@click.command()
@click.option("--methods", help="name, name:variant, file.py, all; comma-separated.")
@click.option("--dataset", "--datasets", help="Data sets, comma-separated; see `bench list`.")
@click.option("--preset", help="The cells of table1 ... table8, fig2 ... fig5; budgets, stylegan, "
              "home-turf, parts.")  # fmt: skip
@click.option("--scale", help="Rehearse a preset at this share of its budgets: 0.1.")
@click.option("--budget", help="Queries: 5000, 25k, 1.5M, or several: 1k,2k,5k.")
@click.option("--seeds", default="0,1,2", show_default=True, help="0,1,2 or 0-4.")
@click.option("--teacher", "teachers", help="Architectures or teacher files, comma-separated.")
@click.option("--student", "students", help="Architectures, comma-separated.")
@click.option(
    "--generator", metavar="NAME", help="The same for all methods that have one: stylegan."
)
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
@click.option("--force", is_flag=True, help="Run again what has a row; stopped, it goes on.")
@click.option("--allow-weak-teacher", is_flag=True, help="Take one that hardly beats chance.")
@click.option(
    "--reference/--no-reference", default=True, show_default=True,
    help="Train a fresh student on the labels that were bought, beside the method's own.",
)  # fmt: skip
@click.option("--keep-bought", is_flag=True, help="Leave the file of images and labels bought.")
@click.option("--stop-after", help="Save and exit with 75 after 90s, 9m, 1.5h.")
@click.option("--save-every", default="2m", show_default=True, help="Interval of saved states.")
@click.pass_context
def run(context, preset, dry_run, **given) -> None:
    """Run methods under a query budget.

    What has a row is skipped; what was stopped goes on, with --force too. With --preset, the
    options --dataset, --methods, --teacher and --budget take a part of it.

    Exit codes: 0 all done, 1 a run failed, 2 wrong input, 75 stopped and saved, or another process
    is running a part (the same command goes on later), 130 interrupted.
    """
    from benchmark import parse

    _check_usage(context, preset, given)
    stop_after = parse.duration(given["stop_after"]) if given["stop_after"] else None
    save_every = parse.duration(given["save_every"])
    make = _preset_cells(preset, given) if preset else _asked_cells(given)

    from benchmark.cli import closing, plan  # torch is imported from here on
    from benchmark.cli.progress import OnScreen
    from benchmark.env import pick_device
    from benchmark.run.buying import Wish
    from benchmark.run.session import EXIT_STOPPED, Session

    chosen = pick_device(given["device"])
    planned = computed(make(), given["amp"], chosen)
    with opened(given["results"]) as store:
        session = Session(
            store,
            places(given["data_dir"], given["teacher_dir"]),
            chosen,
            given["force"],
            stop_after,
            save_every,
            given["graphs"] == "auto",
            given["allow_weak_teacher"],
            Wish(given["reference"], given["keep_bought"]),
            OnScreen(),
        )
        code = plan.show(session, planned) if dry_run else session.run(planned)
        if not dry_run:
            closing.show(session.rows, session.store, stopped=code == EXIT_STOPPED)
    sys.exit(code)


def _check_usage(context, preset, given) -> None:
    """Refuse options that have no meaning with a preset, or need one."""
    if not preset:
        for name in ("methods", "dataset"):
            if not given[name]:
                raise click.UsageError(f"give --{name}, or a --preset that says which")
        if given["scale"]:
            raise click.UsageError("--scale is a share of a preset's budgets: give --preset too")
        return
    for name in ("students", "generator", "sets", "precision", "access", "size"):
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            option = {"sets": "set", "students": "student"}.get(name, name)
            raise click.UsageError(f"a preset decides --{option} itself; leave it out")


def _preset_cells(name: str, given: dict) -> Callable[[], list]:
    """What makes the cells of a preset, after all that can be wrong about it has been looked at."""
    from benchmark import parse
    from benchmark.cli import spelling
    from benchmark.papers import presets

    wanted = (spelling.listed(given[key]) for key in ("dataset", "methods", "teachers"))
    part = presets.narrow(presets.find(name), *wanted, spelling.budgets(given["budget"]))
    scale = parse.scale(given["scale"]) if given["scale"] else 1.0
    seeds = parse.seeds(given["seeds"])

    def make() -> list:
        from benchmark.run import preset_cells

        return preset_cells.cells_of(part, seeds, scale)

    return make


def _asked_cells(given: dict) -> Callable[[], list]:
    """What makes the cells of the options, after every name and value has been looked at."""
    from benchmark import datasets, parse
    from benchmark.cli import spelling

    methods = parse.items(given["methods"], parse.is_file)
    sets = parse.overrides(given["sets"])
    networks = {name: spelling.listed(given[name]) for name in ("students", "teachers")}
    data_dir = given["data_dir"] or datasets.default_data_dir()
    asked = {
        "datasets": datasets.split_names(given["dataset"], data_dir),
        "seeds": parse.seeds(given["seeds"]),
        "budgets": spelling.budgets(given["budget"]),
        **networks,
        "overrides": sets,
        "precision": given["precision"],
        "access": given["access"] or "",
        "generator": given["generator"] or "",
        "size": given["size"],
    }
    spelling.check_methods(methods, sets)
    spelling.check_datasets(asked["datasets"], given["size"], data_dir)
    spelling.check_networks(**networks)

    def make() -> list:
        from benchmark.run import cells
        from benchmark.run.registry import find_all

        request = cells.Request(entries=find_all(methods), **asked)
        found = cells.expand(request)
        _say_without(request)
        return found

    return make


def _say_without(request) -> None:
    """Name the methods that a generator for all leaves as they are."""
    from benchmark.cli.progress import console

    without = [entry.label for entry in request.entries if not entry.has("generator")]
    if request.generator and without:
        text = f"no generator, so as without --generator: {', '.join(without)}"
        console.print(text)
