"""Options that several commands share, and their values. Nothing heavy is imported here."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from benchmark.cli import screen
from benchmark.cli.types import OVERRIDE, PATH
from benchmark.trust import TRUST

if TYPE_CHECKING:
    import torch
    from _typeshed import DataclassInstance

    from benchmark.papers.presets import Preset
    from benchmark.rows.store import Store
    from benchmark.run.cells import Cell
    from benchmark.run.setting import Places


T = TypeVar("T", bound="DataclassInstance")
LONG = 10_000  # queries of a command; a probe of the CPU takes a second
Command = TypeVar("Command", bound=Callable[..., Any])


def gathered(name: str, kind: type[T]) -> Callable[[Callable], Callable]:
    """Hand a command one value of a dataclass instead of the options that are its fields.

    The decorator stands below those of the options.
    """
    fields = [field.name for field in dataclasses.fields(kind)]

    def decorate(command: Callable) -> Callable:
        @functools.wraps(command)
        def with_it(*arguments: Any, **given: Any) -> Any:
            values = {field: given.pop(field) for field in fields}
            return command(*arguments, **given, **{name: kind(**values)})

        return with_it

    return decorate


@dataclass(frozen=True)
class Where:
    """Where a command works: folders, device, and the size of folder sets."""

    data_dir: Path | None
    teacher_dir: Path | None
    device: str
    size: int | None

    def places(self) -> Places:
        """The folders of data and of trained teachers."""
        from benchmark import datasets
        from benchmark.run.setting import Places
        from teachers import shelf

        data = self.data_dir or datasets.default_data_dir()
        return Places(data, self.teacher_dir or shelf.default_teacher_dir())

    def picked(self) -> torch.device:
        """The device. Torch is imported here."""
        from benchmark.env import pick_device

        return pick_device(self.device)


@dataclass(frozen=True)
class Computing:
    """How networks are computed: ``--amp`` and ``--graphs``."""

    amp: str | None
    graphs: str

    def cells(self, cells: list[Cell], device: torch.device) -> list[Cell]:
        """The cells in the arithmetic that ``--amp`` chooses on the device."""
        from benchmark.method.engine import arithmetic

        found = arithmetic(self.amp or ("auto" if device.type == "cuda" else "off"), device)
        return [dataclasses.replace(cell, arithmetic=found) for cell in cells]

    def say(self, cells: list[Cell], device: torch.device) -> None:
        """Say where bfloat16 would be faster, before long runs on a CPU without ``--amp``."""
        if self.amp or device.type != "cpu" or sum(cell.budget for cell in cells) < LONG:
            return
        from benchmark.method import engine

        if engine.bfloat16_pays(device):
            screen.show(
                f"this CPU trains networks {engine.bfloat16_gain(device):.1f} times as fast in "
                "bfloat16: --amp on (runs of their own, which tables keep apart)"
            )


def results_option(command: Command) -> Command:
    """``--results``, shared by every command that reads or writes rows."""
    return click.option(
        "--results",
        type=PATH,
        envvar="BENCH_RESULTS",
        default="results",
        show_default=True,
        help="Folder of the results store.",
    )(command)


def set_option(command: Command) -> Command:
    """``--set``, for every command that runs methods."""
    return click.option(
        "--set",
        "sets",
        type=OVERRIDE,
        multiple=True,
        metavar="METHOD.FIELD=VALUE",
        help="Override Config.",
    )(command)


def strict_option(command: Command) -> Command:
    """``--strict``, for commands that make documents from rows."""
    return click.option(
        "--strict", is_flag=True, help="Refuse at the first unsound row; else it is left out."
    )(command)


@contextlib.contextmanager
def opened(results: Path, strict: bool = False) -> Iterator[Store]:
    """The store of a folder; afterwards names the rows left out and, if any, exits with 1."""
    from benchmark.rows.store import Store

    store = Store(results, strict)
    try:
        yield store
    finally:
        for problem in store.unsound.values():
            screen.show(f"bench: left out: {problem}", err=True)
    if store.unsound:
        sys.exit(1)


def place_options(command: Command) -> Command:
    """``--data-dir``, ``--teacher-dir`` and ``--device``."""
    for option in (
        device_option,
        click.option("--teacher-dir", type=PATH, envvar="BENCH_TEACHERS", help="Trained teachers."),
        data_option,
        click.option("--size", type=int, help="Pixels to which a folder set is resized."),
    ):
        command = option(command)
    return command


def trust_option(command: Command) -> Command:
    """``--trust-code``. It is kept in the environment, where the processes of a command find it."""

    def keep(context: click.Context, parameter: click.Parameter, given: bool) -> None:
        if given:
            os.environ[TRUST] = "1"

    return click.option(
        "--trust-code",
        is_flag=True,
        expose_value=False,
        callback=keep,
        help="Run the code of files: TorchScript, torch.export, net.py:Class.",
    )(command)


def device_option(command: Command) -> Command:
    """``--device``."""
    return click.option(
        "--device",
        type=click.Choice(["auto", "cpu", "cuda", "mps"]),
        default="auto",
        show_default=True,
        help="auto: cuda, then mps, then cpu.",
    )(command)


def data_option(command: Command) -> Command:
    """``--data-dir``."""
    return click.option("--data-dir", type=PATH, envvar="BENCH_DATA", help="Data sets.")(command)


def engine_options(command: Command) -> Command:
    """``--amp`` and ``--graphs``."""
    for option in (
        click.option(
            "--graphs",
            type=click.Choice(["auto", "off"]),
            default="auto",
            show_default=True,
            help="auto: hot steps become CUDA graphs on a GPU.",
        ),
        click.option(
            "--amp",
            type=click.Choice(["auto", "on", "off"]),
            help="Networks in bfloat16; auto: where a probe finds it faster. Default: auto on a "
            "GPU, off on a CPU, where rows repeat bit for bit. The choice is in a run's id.",
        ),
    ):
        command = option(command)
    return command


@dataclass(frozen=True)
class Part:
    """A preset, narrowed to some of its data sets, methods, teachers and budgets."""

    preset: str
    datasets: list[str] = dataclasses.field(default_factory=list)
    methods: list[str] = dataclasses.field(default_factory=list)
    teachers: list[str] = dataclasses.field(default_factory=list)
    budgets: list[int] = dataclasses.field(default_factory=list)

    def find(self) -> Preset:
        """The part. Raises ``BenchError`` for a value that the preset has not."""
        from benchmark.papers import presets

        chosen = (self.datasets, self.methods, self.teachers, self.budgets)
        return presets.narrow(presets.find(self.preset), *chosen)


def write(path: Path, text: str) -> None:
    """Write a text file atomically, and say so."""
    from benchmark.files import make_folder, write_atomically

    make_folder(path.parent)
    write_atomically(path, text.encode())
    screen.show(f"wrote {path}")
