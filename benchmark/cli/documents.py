"""Makes every document that a list names: ``python -m benchmark.cli.documents LIST.json``.

An entry of the list is a ``bench`` command and the document that it writes. Where no row belongs to
a document, it is left out and named; every other error ends the work.
"""

from __future__ import annotations

import contextlib
import io
import os
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from benchmark.cli import screen
from benchmark.errors import BenchError, NoRows

WAYS = ("output", "insert", "print")  # with -o, between two comments, from standard output
KEYS = {"document", "by", "command"}


@dataclass(frozen=True)
class Generated:
    """One document and the command that makes it."""

    path: str  # relative to the folder where the command runs
    by: str  # one of WAYS
    command: tuple[str, ...]  # without ``bench`` and without the document

    def make(self, path: Path) -> None:
        """Write the document to a path; ``NoRows`` where no row belongs to it."""
        if self.by == "print":
            from benchmark.files import write_atomically

            write_atomically(path, self._printed().encode())
        else:
            _bench(*self.command, "-o" if self.by == "output" else "--insert", str(path))

    def _printed(self) -> str:
        with contextlib.redirect_stdout(io.StringIO()) as caught:
            _bench(*self.command)
        return caught.getvalue()


def _bench(*words: str) -> None:
    """One ``bench`` command in this process."""
    from benchmark.cli.main import cli

    cli.main(list(words), prog_name="bench", standalone_mode=False)


def read(file: Path) -> list[Generated]:
    """The documents of a list, checked; an error names the file and the entry."""
    from benchmark.files import MB
    from benchmark.reading import read_file, strict_json

    try:
        entries = strict_json(read_file(file, MB, links=True))
    except (OSError, ValueError) as problem:
        raise BenchError(f"cannot read {file}: {problem}") from None
    if type(entries) is not list:
        raise BenchError(f"{file} holds no list of documents")
    return [_entry(entry, f"{file}, entry {n}") for n, entry in enumerate(entries, start=1)]


def _entry(entry: Any, where: str) -> Generated:
    if type(entry) is not dict or entry.keys() != KEYS:
        raise BenchError(f"{where} must have {', '.join(sorted(KEYS))} and nothing else")
    if not all(type(value) is str for value in entry.values()):
        raise BenchError(f"{where} has values that are no texts")
    if entry["by"] not in WAYS:
        raise BenchError(f"{where}: by must be one of {', '.join(WAYS)}, not {entry['by']!r}")
    try:
        words = tuple(shlex.split(entry["command"]))
    except ValueError as problem:
        raise BenchError(f"{where}: its command is no command ({problem})") from None
    return Generated(entry["document"], entry["by"], words)


@click.command()
@click.argument("file", metavar="LIST", type=click.Path(path_type=Path, exists=True))
def make_all(file: Path) -> None:
    """Make all documents of LIST, a JSON file, in this folder."""
    from benchmark.rows.file import remembering

    screen.prepare()
    os.environ["MPLBACKEND"] = "agg"  # as ``bench`` does
    try:
        with remembering({}):
            for document in read(file):
                try:
                    document.make(Path(document.path))
                except NoRows as problem:
                    screen.show(f"left out: {document.path}: {problem}", err=True)
    except BenchError as problem:
        raise click.ClickException(str(problem)) from None


if __name__ == "__main__":
    make_all()
