"""The file of a row: JSON with a checksum, read and written through this one door.

Behind it every row is a complete ``Row``: a file of an earlier form is held to its checksum as it
lies there, then upgraded (``older``), then checked like any other.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from benchmark.files import MB, StoreError, Unsound
from benchmark.reading import read_json
from benchmark.rows import older, schema
from benchmark.rows.checksum import OLDER, checksum
from benchmark.rows.kinds import POSITIVE
from benchmark.rows.row import IDENTITY, Point, Row
from benchmark.rows.schema import SCHEMA

LIMIT = 8 * MB  # bytes; the rows of the largest runs are a thousandth of it
APPLE = "._"  # begins the name of a file that macOS writes beside another
AGAIN = "delete it and run its cell again"


_remembered: dict[Path, Row] | None = None  # None: each file is read again


@contextlib.contextmanager
def remembering(rows: dict[Path, Row]) -> Iterator[None]:
    """Read each sound row once, while many documents are made of rows that nobody changes.

    ``rows``: those that have been read already, by absolute path; more are added.
    """
    global _remembered
    outer, _remembered = _remembered, rows
    try:
        yield
    finally:
        _remembered = outer


def read_row(path: Path, check_sum: bool = True) -> Row:
    """A row from its file, after checking schema, form and checksum. Raises ``Unsound``.

    Of a file that is wrong in both, the form is named, as it says more than the checksum.
    """
    if _remembered is None or not check_sum:
        return _read_row(path, check_sum)
    path = path.absolute()
    if path not in _remembered:
        _remembered[path] = _read_row(path, check_sum)
    return _remembered[path]


def _read_row(path: Path, check_sum: bool) -> Row:
    found = _content_of(path)
    is_old = found["schema"] < SCHEMA
    key = OLDER if is_old else "checksum"
    content = older.upgraded(found) if is_old else found
    if problem := schema.problem(content):
        raise Unsound(f"{path} is no sound row: {problem}; {AGAIN}")
    if check_sum and found[key] != checksum(found, key):
        raise Unsound(
            f"{path} was changed after it was written (its checksum does not fit); restore it, or "
            f"{AGAIN}"
        )
    if path.stem.rpartition("-")[2] != content["id"]:
        raise Unsound(f"{path} holds the run {content['id']}, not the one of its name; delete it")
    curve = tuple(_made(Point, point) for point in content["curve"])
    return _made(Row, older.named(content) | {"curve": curve})


def _content_of(path: Path) -> dict[str, Any]:
    """The fields of a row's file, of any schema that can be read here."""
    if path.name.startswith(APPLE):
        raise Unsound(f"{path} is a file that macOS writes beside one it copies; delete it")
    found = read_json(path, LIMIT, AGAIN, "take it out of the folder, or ")
    number = found.get("schema") if isinstance(found, dict) else None
    if number is None or not (POSITIVE.fits(number) and found.keys() & {OLDER, "checksum"}):
        raise Unsound(
            f"{path} is no row of this suite (no checksum or no schema); take it out of the folder"
        )
    if number > SCHEMA:
        raise Unsound(f"{path} has schema {number}, this suite reads {SCHEMA}; update it")
    if (OLDER if number < SCHEMA else "checksum") not in found:
        raise Unsound(f"{path} is no sound row: its checksum is missing; {AGAIN}")
    return found


def read_rows(paths: Iterable[Path]) -> tuple[list[Row], dict[Path, Unsound]]:
    """The sound rows of files, each run once, and the faults of the other files.

    Of two files with the same run that counts which has the name that such a row is given.
    """
    unsound: dict[Path, Unsound] = {}
    found: dict[str, list[tuple[Path, Row]]] = {}
    for path in paths:
        try:
            row = read_row(path)
        except Unsound as problem:
            if os.path.lexists(path):  # else another command has just put a new one there
                unsound[path] = problem
        else:
            found.setdefault(row.id, []).append((path, row))
    rows = []
    for of in found.values():
        counts = [path for path, row in of if len(of) == 1 or path.stem == row.file_stem]
        for path, row in of:
            if path in counts:
                rows.append(row)
            else:
                other = next(one for one in [*counts, *(path for path, _ in of)] if one != path)
                unsound[path] = Unsound(f"{path} and {other} hold the same run; delete one")
    return rows, unsound


def text_of(row: Row) -> tuple[str, Row]:
    """The text of a row's file, and the row with the checksum that stands in it.

    ``ValueError`` for NaN, ``StoreError`` for a row that could not be read again.
    """
    content = {"schema": SCHEMA} | _content(row)
    content["curve"] = [_content(point) for point in row.curve]
    content["checksum"] = checksum(content)
    text = json.dumps(content, indent=1, allow_nan=False) + "\n"
    problem = schema.problem(json.loads(text))
    if len(text) > LIMIT:  # in bytes, as JSON is written in ASCII here
        problem = (
            f"it has {len(text) / MB:.1f} MB, more than the {LIMIT / MB:g} that are read again"
        )
    if problem:
        raise StoreError(f"the row of run {row.id} is not written: {problem}")
    return text, dataclasses.replace(row, checksum=content["checksum"])


def point_of(content: dict[str, Any]) -> Point:
    """A point of a curve from what ``dataclasses.asdict`` made of it, now or in an earlier form."""
    return _made(Point, older.point(content))


def _content(of: Row | Point) -> dict[str, Any]:
    """The fields for the file: the identity in full, of the rest those that have a value."""
    in_full = {one.name for one in IDENTITY}
    values = {one.name: (getattr(of, one.name), one.default) for one in dataclasses.fields(of)}
    return {
        name: value
        for name, (value, absent) in values.items()
        if name in in_full or value != absent
    }


def _made(kind: type, content: dict[str, Any]) -> Any:
    """A ``Row`` or a ``Point``; fields that a later suite added are dropped."""
    names = {one.name for one in dataclasses.fields(kind)}
    return kind(
        **{
            name: tuple(value) if isinstance(value, list) else value
            for name, value in content.items()
            if name in names
        }
    )
