"""The file of a row: sealed JSON, read through one door that checks all of it."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from benchmark import filenames
from benchmark.files import MB, Unsound, read_json
from benchmark.rows import schema

SCHEMA = 1
LIMIT = 8 * MB  # bytes; the rows of the largest runs are a thousandth of it
APPLE = "._"  # what macOS puts before the name of what it writes beside a file
Row = dict[str, Any]

# Identity fields that came later, and the value that stands for rows without them. Rows of a set of
# files without ``train_digest`` are older: which training images it had, they do not say.
USUAL = {
    "access": "hard-label", "scale": 1.0, "train_digest": "", "images_digest": "",
    "arithmetic": schema.FLOAT32,
}  # fmt: skip


def arithmetic_of(row: Row) -> str:
    """What the networks of a run computed in.

    Rows from before it was a part of the id say so in ``amp`` alone, the first ones not at all.
    """
    older = schema.BFLOAT16 if row.get("amp") == schema.BFLOAT16 else USUAL["arithmetic"]
    return row.get("arithmetic", older)


def seal(row: Row) -> str:
    """SHA-256 of a row's canonical JSON, without the seal itself."""
    content = {key: value for key, value in row.items() if key != "seal"}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def read_row(path: Path, check_seal: bool = True) -> Row:
    """A row from its file, after checking form, schema and seal. Raises ``Unsound``."""
    if path.name.startswith(APPLE):
        raise Unsound(f"{path} is what macOS writes beside a file it copies; delete it")
    again = "delete it and run its cell again"
    row = read_json(path, LIMIT, again, "take it out of the folder, or ")
    of_suite = isinstance(row, dict) and "seal" in row
    if not (of_suite and schema.WHOLE.fits(row.get("schema"))):
        raise Unsound(
            f"{path} is no row of this suite (no seal or no schema); take it out of the folder"
        )
    if row["schema"] > SCHEMA:
        raise Unsound(f"{path} has schema {row['schema']}, this suite reads {SCHEMA}; update it")
    if problem := schema.problem(row):
        raise Unsound(f"{path} is no sound row: {problem}; {again}")
    if check_seal and row["seal"] != seal(row):
        raise Unsound(
            f"{path} was changed after it was written (its seal does not fit); restore it, or "
            f"{again}"
        )
    if path.stem.rpartition("-")[2] != row["id"]:
        raise Unsound(f"{path} holds the run {row['id']}, not the one of its name; delete it")
    return row


def read_rows(paths: Iterable[Path]) -> tuple[list[Row], dict[Path, Unsound]]:
    """The sound rows of files, each run once, and what is wrong with the other files.

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
            found.setdefault(row["id"], []).append((path, row))
    rows = []
    for of in found.values():
        counts = [path for path, row in of if len(of) == 1 or path.stem == stem(row)]
        for path, row in of:
            if path in counts:
                rows.append(row)
            else:
                other = next(one for one in [*counts, *(path for path, _ in of)] if one != path)
                unsound[path] = Unsound(f"{path} and {other} hold the same run; delete one")
    return rows, unsound


def stem(row: Row) -> str:
    """The name of a row's files without folder and ending: what was run, then the id.

    It is the id that makes it unique, so whatever else is long may be cut.
    """
    label = f"{row['method']}.{row['variant']}" if row["variant"] else row["method"]
    parts = [row["dataset"], row["teacher"], row["student"], label, row["budget"], row["seed"]]
    return f"{filenames.joined([filenames.folded(str(part), '_') for part in parts])}-{row['id']}"
