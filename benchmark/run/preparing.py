"""Preparations of a run: a data set, and a teacher trained on it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch

from benchmark import datasets
from benchmark.files import make_folder
from benchmark.rows.lease import Lease, hold
from benchmark.run import setting
from benchmark.run.watch import Seen, Show
from teachers import recipe, remote, shelf
from teachers.names import shown

Stop = Callable[[], bool]


def load(dataset: str, data_dir: Path, size: int | None, show: Show) -> datasets.Dataset:
    """The data set of that name; ``show`` is told the notes on its files."""
    data = datasets.load(dataset, data_dir, size)
    for note in data.notes:
        show.say(f"{data.name}: {note}")
    return data


def train(
    data: datasets.Dataset,
    architecture: str,
    folder: Path,
    device: torch.device,
    show: Show,
    seed: int = 0,
    asked: str = "auto",
    name: str = "",
    **changes: Any,
) -> Path:
    """Train a teacher, and say by which recipe; returns its file.

    ``asked``: see ``teachers.kinds.choose``. ``name``: of a teacher beside the usual one.
    ``changes``: fields of the recipe to replace.
    """
    if data.repeated:
        show.say(f"{data.name}: {data.repeated}")
    chosen = recipe.schedule(data, architecture, asked, **changes)
    show.say(f"recipe for {chosen.kind}: {chosen.why}")
    if changed := [f"{field} {value}" for field, value in changes.items() if value is not None]:
        show.say(f"changed in it: {', '.join(changed)}")
    with show.training(f"teacher {data.name} {architecture}") as on_epoch:
        parts = (data, architecture, folder, device, chosen, seed, on_epoch, name)
        return setting.train_teacher(*parts)


def measure(teacher: str, data: datasets.Dataset, folder: Path, show: Show, stop: Stop) -> Path:
    """Ask an endpoint for the labels of the test images, which a plan has priced; its file."""
    total = len(data.test.images)
    show.say(
        f"{teacher} is asked for its labels of the {total:,} test images of {data.name}, once, on "
        "the evaluator's account"
    )
    done = 0

    def on_part(count: int, of: int) -> None:
        nonlocal done
        done = count
        watch.report()

    with show.run(f"{shown(teacher)}  {data.name}", total) as watch:
        watch.begin(lambda: Seen(done, 0))
        return remote.measure(teacher, data, folder, show.say, stop, on_part)


@contextlib.contextmanager
def claim(data: datasets.Dataset, architecture: str, folder: Path) -> Iterator[Lease]:
    """Hold the lease that one process alone may have on the training of a teacher.

    Its lock is removed once the teacher is there: whoever then takes the old file or a new one for
    the lock trains nothing. Without a teacher it stays, since two files would be two locks.
    """
    make_folder(folder)
    path = shelf.path_for(folder, data, shown(architecture))
    lock = path.with_name(f".{path.stem}.lock")
    with hold(lock) as lease:
        yield lease
        if lease.mine and path.exists():
            with contextlib.suppress(OSError):  # Windows keeps a file that is open
                lock.unlink()


def no_teacher(architecture: str, data: datasets.Dataset, folder: Path) -> str:
    """A line that a teacher is missing and is trained, and names one of other data."""
    missing = f"there is no {architecture} teacher of {data.name}"
    others = shelf.namesakes(data, architecture, folder)
    if others:
        missing += f" as it is here ({others[0]} is of other data of that name)"
    return f"{missing}; training one"
