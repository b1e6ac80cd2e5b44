"""The ``bench`` command. Heavy imports wait until a command needs them."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from benchmark.errors import BenchError
from benchmark.version import __version__

PATH = click.Path(path_type=Path)


def results_option(command):
    """``--results``, shared by every command that reads or writes rows."""
    return click.option(
        "--results", type=PATH, envvar="BENCH_RESULTS", default="results", show_default=True,
        help="Folder of the results store.",
    )(command)  # fmt: skip


def place_options(command):
    """``--data-dir``, ``--teacher-dir`` and ``--device``."""
    for option in (
        click.option(
            "--device",
            type=click.Choice(["auto", "cpu", "cuda", "mps"]),
            default="auto",
            show_default=True,
            help="auto: cuda, then mps, then cpu.",
        ),
        click.option("--teacher-dir", type=PATH, envvar="BENCH_TEACHERS", help="Trained teachers."),
        click.option("--data-dir", type=PATH, envvar="BENCH_DATA", help="Data sets."),
        click.option("--size", type=int, help="Pixels to which a folder set is resized."),
    ):
        command = option(command)
    return command


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="bench")
def cli() -> None:
    """How good a student can Q paid hard-label queries, and no data, train?

    Every method asks its teacher through one metered oracle; every number is the final student's.
    """


@cli.command()
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
@place_options
@results_option
@click.option("--dry-run", is_flag=True, help="Print the plan and stop.")
@click.option("--force", is_flag=True, help="Run again what has a row or a saved state.")
@click.option("--stop-after", help="Save and exit with 75 after 90s, 9m, 1.5h.")
@click.option("--save-every", default="2m", show_default=True, help="Interval of saved states.")
def run(
    methods, dataset, budget, seeds, teacher, student, sets, precision,
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
        size=size,
    )
    session = Session(
        Store(results),
        _places(data_dir, teacher_dir),
        pick_device(device),
        force,
        parse.duration(stop_after) if stop_after else None,
        parse.duration(save_every),
    )
    planned = cells.expand(request)
    if dry_run:
        session.plan(planned)
    else:
        sys.exit(session.run(planned))


@cli.command(name="list")
@click.argument("what", type=click.Choice(["methods", "datasets", "architectures"]), required=False)
@click.argument("name", required=False)
def list_(what, name) -> None:
    """List methods, data sets, architectures.

    `bench list methods NAME` prints the whole page of a method.
    """
    from benchmark import listing

    listing.show(what, name)


@cli.group()
def teacher() -> None:
    """Train, list and show teachers."""


@teacher.command()
@click.option("--dataset", required=True, help="One data set; see `bench list`.")
@click.option("--architecture", help="Default: the data set's usual teacher.")
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--epochs", type=click.IntRange(min=1), help="Default: from the recipe.")
@place_options
def train(dataset, architecture, seed, epochs, size, data_dir, teacher_dir, device) -> None:
    """Train a teacher by the recipe for its kind of data and save it with its card."""
    from benchmark import datasets, session, tasks
    from benchmark.env import pick_device
    from teachers import cards

    places = _places(data_dir, teacher_dir)
    data = datasets.load(dataset, places.data, size)
    architecture = architecture or tasks.task_for(dataset).teacher
    file = session.train(
        data, architecture, places.teachers, pick_device(device), seed=seed, epochs=epochs
    )
    click.echo(f"{cards.read_card(file)['accuracy']:.2f} % on the test set, saved as {file}")


@teacher.command(name="list")
@click.option("--teacher-dir", type=PATH, envvar="BENCH_TEACHERS")
def list_teachers(teacher_dir) -> None:
    """List the teachers there are: trained here, and shipped with the suite."""
    from benchmark import listing

    listing.teachers(teacher_dir)


@teacher.command()
@click.argument("file_or_name")
@click.option("--teacher-dir", type=PATH, envvar="BENCH_TEACHERS")
def show(file_or_name, teacher_dir) -> None:
    """Verify one teacher (a file, or a name from `bench teacher list`) and print its card."""
    from benchmark import listing

    listing.teacher_card(file_or_name, teacher_dir)


@cli.command()
@click.option("--dataset", help="Only these data sets, comma-separated.")
@click.option("-o", "--output", type=PATH, help="Write to a file instead of the screen.")
@click.option("--insert", type=PATH, help="Put it into this document, between its two marks.")
@results_option
def table(dataset, output, insert, results) -> None:
    """Print the rows as Markdown tables.

    A cell is mean ± half a 95 % interval (seeds). The marks of --insert are
    `<!-- bench table -->` and `<!-- end of table -->`.
    """
    from benchmark import table as tables
    from benchmark.store import Store

    text = tables.markdown(tables.select(Store(results), dataset))
    if insert:
        _write(insert, tables.insert(text, insert))
    elif output:
        _write(output, text)
    else:
        click.echo(text)


@cli.command()
@click.option("--dataset", help="Only these data sets, comma-separated.")
@click.option("-o", "--output", type=PATH, default="results/figures/curve.png", show_default=True,
              help="PNG, PDF or SVG.")  # fmt: skip
@results_option
def curve(dataset, output, results) -> None:
    """Draw accuracy against queries."""
    from benchmark import figures
    from benchmark import table as tables
    from benchmark.store import Store

    for path in figures.curves(tables.select(Store(results), dataset), output):
        click.echo(f"wrote {path}")


@cli.command()
@click.option("--update", is_flag=True, help="Measure again and rewrite the committed bands.")
@place_options
def check(update, size, data_dir, teacher_dir, device) -> None:
    """Compare every method with its band.

    Runs all methods on digits at a small budget; exit code 1 when one leaves its committed band.
    """
    from benchmark import check as checks
    from benchmark.env import pick_device

    sys.exit(checks.run(_places(data_dir, teacher_dir), pick_device(device), update))


def _places(data_dir: Path | None, teacher_dir: Path | None):
    from benchmark import datasets
    from benchmark.setting import Places
    from teachers import cards

    return Places(
        data_dir or datasets.default_data_dir(), teacher_dir or cards.default_teacher_dir()
    )


def _write(path: Path, text: str) -> None:
    from benchmark.files import make_folder, write_atomically

    make_folder(path.parent)
    write_atomically(path, text.encode())
    click.echo(f"wrote {path}")


def main() -> None:
    """Entry point: errors a person can act on come without a traceback, with exit code 2."""
    try:
        cli(prog_name="bench", standalone_mode=False)
    except BenchError as problem:
        click.echo(f"bench: {problem}", err=True)
        sys.exit(2)
    except click.ClickException as problem:
        problem.show()
        sys.exit(problem.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("bench: interrupted", err=True)
        sys.exit(130)


if __name__ == "__main__":
    main()
