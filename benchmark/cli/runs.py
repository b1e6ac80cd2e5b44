"""Runs that are named on a command line: by id, its beginning, the row's file, or a preset."""

from __future__ import annotations

import difflib
from pathlib import Path

from benchmark.errors import BenchError
from benchmark.papers.presets import Preset
from benchmark.rows import grouping
from benchmark.rows.file import read_row
from benchmark.rows.row import Row
from benchmark.rows.store import Store
from benchmark.tables import grid

SHOWN = 5  # names in an error


def find_run(store: Store, text: str) -> Row:
    """The row in the file that ``find_file`` finds."""
    return read_row(find_file(store, text))


def find_file(store: Store, text: str) -> Path:
    """The row's file by its id, a unique beginning of the id, or its name.

    The name may lack its folder and ``.json``.
    """
    files = {path.stem: path for path in sorted(store.runs.glob("*.json"))}
    if not files:
        raise BenchError(f"there are no rows in {store.runs}; `bench run` makes them")
    name = Path(text).name.removesuffix(".json")
    found = [name] if name in files else _by_id(list(files), text)
    if not found:
        raise _unknown(store, text, name, list(files))
    if len(found) > 1:
        more = ", ..." if len(found) > SHOWN else ""
        listed = ", ".join(found[:SHOWN])
        raise BenchError(
            f"{len(found)} runs in {store.runs} begin with {text!r} ({listed}{more}); give more of "
            "the id"
        )
    return _not_another(Path(text), files[found[0]])


def _by_id(names: list[str], text: str) -> list[str]:
    """Names whose id (their last part) is ``text``, else those whose id begins with it."""
    ids = {name: name.rpartition("-")[2] for name in names}
    same = [name for name in names if ids[name] == text]
    return same or [name for name in names if text and ids[name].startswith(text)]


def _unknown(store: Store, text: str, name: str, names: list[str]) -> BenchError:
    close = difflib.get_close_matches(name, names, n=3, cutoff=0.7)
    guess = f" Did you mean {' or '.join(close)}?" if close else ""
    return BenchError(
        f"no run {text!r} in {store.runs}.{guess} A run is the id at the end of a row's file name, "
        "the beginning of one, or the file's name; --results says which store"
    )


def _not_another(given: Path, found: Path) -> Path:
    """``found``, unless the path that was given is a file of another store."""
    if given.suffix == ".json" and given.is_file() and given.resolve() != found.resolve():
        store = found.parent.parent
        raise BenchError(
            f"{given} does not lie in the store {store}; name its store with --results"
        )
    return found


def of_preset(store: Store, preset: Preset) -> tuple[list[tuple[str, Row]], list[str]]:
    """Each method of a preset with its run of the lowest seed that has a sample; the others' names.

    As in the preset's table, the newest version of a method stands for it.
    """
    found, missing = [], []
    for line in grid.lines(preset, grouping.select(store)):
        for one, entry in line.entries.items():
            with_sample = [row for row in entry.done if store.has_sample(row)]
            if with_sample:
                found.append((one.name, min(with_sample, key=lambda row: row.seed)))
            else:
                missing.append(one.name)
    if not found:
        raise BenchError(
            f"no run of {preset.name} in {store.runs} has a sample; "
            f"`bench run --preset {preset.name} --force` makes them anew"
        )
    return found, missing
