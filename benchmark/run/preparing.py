"""What a run needs first, with words on the screen: a data set, and a teacher trained on it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from benchmark import datasets
from benchmark.cli.progress import console, training_bar
from benchmark.run import setting
from teachers import recipe, shelf


def load(dataset: str, data_dir: Path, size: int | None) -> datasets.Dataset:
    """The data set of that name; what a person should know of its files goes to the screen."""
    data = datasets.load(dataset, data_dir, size)
    for note in data.notes:
        console.print(f"{data.name}: {note}")
    return data


def train(
    data: datasets.Dataset,
    architecture: str,
    folder: Path,
    device: torch.device,
    seed: int = 0,
    asked: str = "auto",
    **changes: Any,
) -> Path:
    """Train a teacher with a progress bar, and say by which recipe; returns its file.

    ``asked``: see ``teachers.kinds.choose``. ``changes``: fields of the recipe with other values
    than its own.
    """
    if data.repeated:
        console.print(f"{data.name}: {data.repeated}")
    plan = recipe.plan(data, architecture, asked, **changes)
    console.print(f"recipe for {plan.kind}: {plan.why}")
    with training_bar(f"teacher {data.name} {architecture}") as on_epoch:
        return setting.train_teacher(data, architecture, folder, device, plan, seed, on_epoch)


def no_teacher(architecture: str, data: datasets.Dataset, folder: Path) -> str:
    """That a teacher is missing and is trained, and whose of that name are there instead."""
    missing = f"there is no {architecture} teacher of {data.name}"
    others = shelf.namesakes(data, architecture, folder)
    if others:
        missing += f" as it is here ({others[0]} is of other data of that name)"
    return f"{missing}; training one"
