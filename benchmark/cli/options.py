"""Options that several commands share, and what they stand for. Nothing heavy is imported here."""

from __future__ import annotations

import contextlib
import math
import sys
from pathlib import Path

import click

from benchmark.cli import screen


class UserPath(click.Path):
    """A path whose ``~`` is the home folder, also where no shell has put it in: in a variable."""

    def convert(self, value, parameter, context):
        """The path; a home folder that nobody has is wrong usage."""
        path = super().convert(value, parameter, context)
        try:
            return path.expanduser()
        except RuntimeError:
            self.fail(f"there is no home folder for {str(path)!r}; write the path out.", parameter)


PATH = UserPath(path_type=Path)


class Finite(click.FloatRange):
    """A number in a range; ``nan`` and ``inf`` are none, though ``FloatRange`` lets them pass."""

    def convert(self, value, parameter, context):
        """The number."""
        number = super().convert(value, parameter, context)
        if not math.isfinite(number):
            self.fail(f"{value!r} is not a finite number.", parameter, context)
        return number


def results_option(command):
    """``--results``, shared by every command that reads or writes rows."""
    return click.option(
        "--results", type=PATH, envvar="BENCH_RESULTS", default="results", show_default=True,
        help="Folder of the results store.",
    )(command)  # fmt: skip


def strict_option(command):
    """``--strict``, for what is made from rows."""
    return click.option(
        "--strict", is_flag=True, help="Refuse at the first unsound row; else it is left out."
    )(command)


@contextlib.contextmanager
def opened(results: Path, strict: bool = False):
    """The store of a folder; in the end what was left out is named, and the exit code is 1."""
    from benchmark.rows.store import Store

    store = Store(results, strict)
    try:
        yield store
    finally:
        for problem in store.unsound.values():
            screen.show(f"bench: left out: {problem}", err=True)
    if store.unsound:
        sys.exit(1)


def place_options(command):
    """``--data-dir``, ``--teacher-dir`` and ``--device``."""
    for option in (
        device_option,
        click.option("--teacher-dir", type=PATH, envvar="BENCH_TEACHERS", help="Trained teachers."),
        data_option,
        click.option("--size", type=int, help="Pixels to which a folder set is resized."),
    ):
        command = option(command)
    return command


def device_option(command):
    """``--device``."""
    return click.option(
        "--device", type=click.Choice(["auto", "cpu", "cuda", "mps"]), default="auto",
        show_default=True, help="auto: cuda, then mps, then cpu.",
    )(command)  # fmt: skip


def data_option(command):
    """``--data-dir``."""
    return click.option("--data-dir", type=PATH, envvar="BENCH_DATA", help="Data sets.")(command)


def engine_options(command):
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
            "GPU, off on a CPU, where rows repeat bit for bit. What it comes to is in a run's id.",
        ),
    ):
        command = option(command)
    return command


def computed(cells: list, amp: str | None, device) -> list:
    """The cells in the arithmetic that ``--amp`` comes to on the device."""
    from dataclasses import replace

    from benchmark.method.engine import arithmetic

    found = arithmetic(amp or ("auto" if device.type == "cuda" else "off"), device)
    return [replace(cell, arithmetic=found) for cell in cells]


def places(data_dir: Path | None, teacher_dir: Path | None):
    """Where data and trained teachers lie."""
    from benchmark import datasets
    from benchmark.run.setting import Places
    from teachers import shelf

    return Places(
        data_dir or datasets.default_data_dir(), teacher_dir or shelf.default_teacher_dir()
    )


def preset_part(given: dict):
    """The preset that was named, narrowed to the data sets, methods, teachers and budgets."""
    from benchmark import parse
    from benchmark.papers import presets

    names = ("dataset", "methods", "teacher", "budget")
    chosen = [parse.items(given[key]) if given.get(key) else () for key in names]
    chosen[-1] = [parse.budget(text) for text in chosen[-1]]
    return presets.narrow(presets.find(given["preset"]), *chosen)


def write(path: Path, text: str) -> None:
    """Write a text file whole, and say so."""
    from benchmark.files import make_folder, write_atomically

    make_folder(path.parent)
    write_atomically(path, text.encode())
    screen.show(f"wrote {path}")
