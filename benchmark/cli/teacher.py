"""``bench teacher``: train, import, list, show."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from benchmark.cli import screen
from benchmark.cli.help import InOrder, example
from benchmark.cli.options import Where, gathered, place_options, trust_option
from benchmark.cli.types import NUMBERS, PATH, Finite
from benchmark.errors import BenchError
from benchmark.nets.names import AUGMENTATIONS
from teachers.names import RECIPES


@dataclass(frozen=True)
class Training:
    """What is trained, and what is changed in its recipe."""

    architecture: str | None
    name: str
    seed: int
    asked: str
    epochs: int | None
    learning_rate: float | None
    augmentation: str | None
    weight_decay: float | None

    def changes(self) -> dict[str, Any]:
        """The fields of the recipe to replace; None for one that stays."""
        changed = ("epochs", "learning_rate", "augmentation", "weight_decay")
        return {name: getattr(self, name) for name in changed}


@dataclass(frozen=True)
class Import:
    """How a model takes the images of a data set."""

    architecture: str
    name: str
    mean: list[float]
    std: list[float]
    input_size: int
    channels: int
    output: str

    def settings(self) -> dict[str, Any]:
        """The fields of ``teachers.imported.Given``."""
        sizes = {"size": self.input_size, "channels": self.channels, "output": self.output}
        return {"mean": tuple(self.mean), "std": tuple(self.std), **sizes}


@click.group(cls=InOrder)
def teacher() -> None:
    """Train, import, list and show teachers."""


@teacher.command(
    epilog=example("bench teacher train --dataset folder:photos --architecture resnet18")
)
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
    help="The kind of images; auto: the training images decide.",
)
@click.option(
    "--learning-rate",
    type=Finite(min=0, min_open=True),
    help="The peak. Default: from the recipe.",
)
@click.option(
    "--augmentation",
    type=click.Choice(AUGMENTATIONS),
    help="crop: shifts by up to 4 pixels; flip: mirroring. Default: from the recipe.",
)
@click.option("--weight-decay", type=Finite(min=0), help="Default: from the recipe.")
@click.option(
    "--name",
    default="",
    help="Train it beside the usual teacher; its file, which ends in this, names it to --teacher.",
)
@click.option("--force", is_flag=True, help="Replace the teacher that is there.")
@place_options
@gathered("where", Where)
@gathered("training", Training)
def train(dataset: str, training: Training, force: bool, where: Where) -> None:
    """Train a teacher by the recipe for its kind of data and save it with its card.

    Rows refer to their teacher by SHA-256; replacing it (--force) makes them impossible to audit.

    Exit codes: 0 trained, 1 trained and saved but weak, so that `bench run` refuses it, 2 wrong
    input.
    """
    from benchmark.cli import spelling
    from benchmark.run import tasks

    architecture = training.architecture or tasks.task_for(dataset).teacher
    spelling.check_datasets([dataset], where.size, where.data_dir)
    spelling.check_networks([architecture], [])

    from benchmark.cli.progress import OnScreen
    from benchmark.run import preparing, setting  # torch is imported from here on
    from teachers import cards, shelf

    places, show = where.places(), OnScreen()
    data = preparing.load(dataset, places.data, where.size, show)
    there = shelf.path_for(places.teachers, data, architecture, training.name)
    if there.exists() and not force:
        raise BenchError(
            f"{there} already exists and rows may depend on it; use another --name or "
            "--teacher-dir, or --force"
        )
    how = (where.picked(), show, training.seed, training.asked, training.name)
    file = preparing.train(data, architecture, places.teachers, *how, **training.changes())
    accuracy = cards.read_card(file)["accuracy"]
    screen.show(f"{accuracy:.2f} % on the test set, saved as {file}")
    if weak := setting.weakness(accuracy, data.facts("test").counts):
        screen.show(f"weak: {weak}; bench run takes it with --allow-weak-teacher only")
        sys.exit(1)


@teacher.command(
    name="import", epilog=example("bench teacher import my_net.onnx --dataset mnist --name mine")
)
@click.argument("file", type=PATH)
@click.option("--dataset", required=True, help="The data set whose classes it tells.")
@click.option(
    "--architecture",
    default="",
    help="Of a state dict: timm:NAME, one of the suite's, ./net.py:Class.",
)
@click.option("--name", default="", help="Then --teacher own:NAME finds it. Default: the file's.")
@click.option("--mean", type=NUMBERS, default=[], help="Of each channel, in [0, 1]: 0.5,0.5,0.5.")
@click.option("--std", type=NUMBERS, default=[], help="Of each channel.")
@click.option("--input-size", type=click.IntRange(0, 1024), default=0, help="Its side in pixels.")
@click.option("--channels", type=click.IntRange(0, 3), default=0, help="1 or 3, if not the data's.")
@click.option("--output", default="", help="Of an ONNX file with several outputs.")
@trust_option
@place_options
@gathered("where", Where)
@gathered("given", Import)
def import_(file: Path, dataset: str, given: Import, where: Where) -> None:
    """Make a teacher of a model that was trained elsewhere.

    A state dict (.safetensors, .pt), TorchScript, torch.export (.pt2) or ONNX (scikit-learn by
    skl2onnx). It is measured on the test set and copied beside a card that says "imported".
    Queries stay images of the data set in [0, 1]; size, channels and normalisation are the model's.

    Exit codes: 0 imported, 1 imported but weak, 2 wrong input.
    """
    from benchmark.cli import spelling

    spelling.check_datasets([dataset], where.size, where.data_dir)
    from benchmark.cli.progress import OnScreen
    from benchmark.run import preparing, setting  # torch is imported from here on
    from teachers import cards, imported

    places = where.places()
    data = preparing.load(dataset, places.data, where.size, OnScreen())
    named = (given.architecture, given.name)
    path = imported.import_model(file, data, places.teachers, *named, **given.settings())
    card = cards.read_card(path)
    screen.show(f"{card['accuracy']:.2f} % on the test set, saved as {path}")
    screen.show(f"now: bench run --dataset {dataset} --teacher {card['architecture']} ...")
    if weak := setting.weakness(card["accuracy"], data.facts("test").counts):
        screen.show(f"weak: {weak}; bench run takes it with --allow-weak-teacher only")
        sys.exit(1)


@teacher.command(name="list", epilog=example("bench teacher list"))
@click.option("--teacher-dir", type=PATH, envvar="BENCH_TEACHERS")
def list_teachers(teacher_dir: Path | None) -> None:
    """List the teachers trained here and those shipped with the suite."""
    from benchmark.cli import lists

    lists.teachers(teacher_dir)


@teacher.command(epilog=example("bench teacher show mnist-lenet"))
@click.argument("file_or_name")
@trust_option
@click.option("--teacher-dir", type=PATH, envvar="BENCH_TEACHERS")
def show(file_or_name: str, teacher_dir: Path | None) -> None:
    """Verify one teacher (a file, or a name from `bench teacher list`) and print its card."""
    from benchmark.cli import lists

    lists.teacher_card(file_or_name, teacher_dir)
