"""``bench teacher``: train, list, show."""

from __future__ import annotations

import sys

import click

from benchmark.cli import screen
from benchmark.cli.options import PATH, Finite, place_options, places
from benchmark.errors import BenchError
from teachers.names import RECIPES


@click.group()
def teacher() -> None:
    """Train, list and show teachers."""


@teacher.command()
@click.option("--dataset", required=True, help="One data set; see `bench list`.")
@click.option("--architecture", help="Default: the data set's usual teacher.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option("--epochs", type=click.IntRange(min=1), help="Default: from the recipe.")
@click.option(
    "--recipe",
    "asked",
    type=click.Choice(RECIPES),
    default="auto",
    show_default=True,
    help="For which kind of images; auto: the training images decide.",
)
@click.option(
    "--learning-rate",
    type=Finite(min=0, min_open=True),
    help="The peak. Default: from the recipe.",
)
@click.option("--force", is_flag=True, help="Replace the teacher that is there.")
@place_options
def train(dataset, architecture, force, size, data_dir, teacher_dir, device, **options) -> None:
    """Train a teacher by the recipe for its kind of data and save it with its card.

    Rows name their teacher by its SHA-256, and cannot be held without it: --force replaces one.

    Exit codes: 0 trained, 1 trained and saved but weak, so that `bench run` refuses it, 2 wrong
    input.
    """
    from benchmark.cli import spelling
    from benchmark.run import tasks

    architecture = architecture or tasks.task_for(dataset).teacher
    spelling.check_datasets([dataset], size, data_dir)
    spelling.check_networks([architecture], [])

    from benchmark.cli.progress import OnScreen
    from benchmark.env import pick_device
    from benchmark.run import preparing, setting  # torch is imported from here on
    from teachers import cards, shelf

    where, show = places(data_dir, teacher_dir), OnScreen()
    data = preparing.load(dataset, where.data, size, show)
    there = shelf.place(where.teachers, data, architecture)
    if there.exists() and not force:
        raise BenchError(
            f"{there} is there, rows may rest on it: another --teacher-dir, or --force"
        )
    file = preparing.train(data, architecture, where.teachers, pick_device(device), show, **options)
    accuracy = cards.read_card(file)["accuracy"]
    screen.show(f"{accuracy:.2f} % on the test set, saved as {file}")
    if weak := setting.weakness(accuracy, data.facts("test").counts):
        screen.show(f"weak: {weak}; bench run takes it with --allow-weak-teacher only")
        sys.exit(1)


@teacher.command(name="list")
@click.option("--teacher-dir", type=PATH, envvar="BENCH_TEACHERS")
def list_teachers(teacher_dir) -> None:
    """List the teachers there are: trained here, and shipped with the suite."""
    from benchmark.cli import lists

    lists.teachers(teacher_dir)


@teacher.command()
@click.argument("file_or_name")
@click.option("--teacher-dir", type=PATH, envvar="BENCH_TEACHERS")
def show(file_or_name, teacher_dir) -> None:
    """Verify one teacher (a file, or a name from `bench teacher list`) and print its card."""
    from benchmark.cli import lists

    lists.teacher_card(file_or_name, teacher_dir)
