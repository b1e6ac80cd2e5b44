"""Standard output as it is: a terminal of some width, a pipe, an old encoding, or closed.

On a terminal lines are broken between words, and rich sets tables. In a pipe or a file lines stay
whole and tables are Markdown: programs read them and documents are made from them.
"""

from __future__ import annotations

import codecs
import contextlib
import io
import os
import re
import shutil
import sys
import unicodedata
from typing import IO, TYPE_CHECKING, TextIO

import click

if TYPE_CHECKING:
    from benchmark.tables.table import Sheet

HANDLER, ASCII = "bench", "bench-ascii"
HANG = re.compile(r"\S+\s{2,}")  # a word in a column of its own
# Substitutes for signs of the suite in an encoding that lacks them, of one letter where possible.
SIGNS = {
    "±": "+-",
    "†": "^",
    "‡": "#",
    "°": "*",
    "▼": "v",
    "Δ": "delta",
    "—": "-",
    "–": "-",
    "−": "-",
    "→": "->",
    "×": "x",
    "…": "...",
    "ℓ": "l",
    "“": '"',
    "”": '"',
    "‘": "'",
    "’": "'",
    "˒": ",",
}


def prepare() -> None:
    """Make standard input, output and error usable, even if closed or in an old encoding."""
    for number in range(3):  # else the next file to be opened would be standard output
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    codecs.register_error(HANDLER, substitute)
    codecs.register(_ascii)
    for stream in (sys.stdout, sys.stderr):
        if not isinstance(stream, io.TextIOWrapper):
            continue
        chosen = stream.errors not in ("strict", "surrogateescape")  # with PYTHONIOENCODING
        plain = codecs.lookup(stream.encoding).name in ("ascii", ASCII)
        stream.reconfigure(
            encoding=ASCII if plain else stream.encoding,
            errors=stream.errors if chosen else HANDLER,
        )


def _ascii(name: str) -> codecs.CodecInfo | None:
    """ASCII by another name: click takes the real one for a mistake, and writes UTF-8 instead."""
    if name != ASCII.replace("-", "_"):
        return None
    real = codecs.lookup("ascii")
    return codecs.CodecInfo(
        real.encode,
        real.decode,
        real.streamreader,
        real.streamwriter,
        real.incrementalencoder,
        real.incrementaldecoder,
        ASCII,
    )


def substitute(problem: UnicodeError) -> tuple[str | bytes, int]:
    """Error handler: readable letters for those that an encoding lacks."""
    if not isinstance(problem, UnicodeEncodeError):
        raise problem
    text = problem.object[problem.start : problem.end]
    if all("\udc80" <= letter <= "\udcff" for letter in text):  # bytes of a file's name
        return text.encode("ascii", "surrogateescape"), problem.end
    return "".join(map(_plain, text)), problem.end


def _plain(letter: str) -> str:
    if letter in SIGNS:
        return SIGNS[letter]
    simple = unicodedata.normalize("NFKD", letter).encode("ascii", "ignore").decode()
    return simple or letter.encode("ascii", "backslashreplace").decode()


def let_go(stream: TextIO) -> None:
    """Discard all further output of a stream: the terminal behind it is gone."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def show(text: str, err: bool = False) -> None:
    """Print a text, on a terminal so that it fits; ``err``: to standard error."""
    click.echo(fitted(text, sys.stderr if err else sys.stdout), err=err)


def show_tables(sheet: Sheet) -> None:
    """Print tables with their notes: set for the eye on a terminal, else as Markdown."""
    from benchmark.tables.render import render

    if not is_terminal(sys.stdout):
        click.echo(render(sheet, "md"), nl=False)
        return
    from rich.console import Console

    from benchmark.tables.render import terminal

    console = Console(width=width(), highlight=False, soft_wrap=False)
    for number, part in enumerate(terminal.parts(sheet, console.width)):
        if number:
            console.print()
        console.print(part)


def fitted(text: str, stream: IO[str] | None = None) -> str:
    """A text as it goes to a stream, standard output if none is named."""
    return fit(text, width()) if is_terminal(stream or sys.stdout) else text


def is_terminal(stream: IO[str] | None) -> bool:
    """Whether a stream is a terminal; never an error."""
    try:
        return stream is not None and stream.isatty()
    except ValueError:  # closed
        return False


def width() -> int:
    """Columns of the terminal; COLUMNS decides where it is set."""
    return shutil.get_terminal_size().columns


def fit(text: str, columns: int) -> str:
    """The text in lines of at most so many columns, as far as words and names allow."""
    return "\n".join(part for line in text.split("\n") for part in _wrapped(line, columns))


def _wrapped(line: str, columns: int) -> list[str]:
    """A line broken between words; the rest is set in like the line, or like its second column."""
    if columns_of(line) <= columns:
        return [line]
    indent = line[: len(line) - len(line.lstrip())]
    hang = HANG.match(line.lstrip())
    below = indent + " " * len(hang[0] if hang else "")
    return wrapped(line.strip(), columns, indent, below if len(below) <= columns // 3 else "")


def wrapped(text: str, columns: int, first: str = "", below: str = "") -> list[str]:
    """A text in lines that begin with ``first`` and ``below``; a longer word has its own line."""
    found, current, empty = [], first, True
    for word in re.findall(r"\s*\S+", text.strip()):
        if not empty and columns_of(current + word) > columns:
            found.append(current)
            current = below + word.lstrip()
        else:
            current += word
        empty = False
    return [*found, current]


def columns_of(text: str) -> int:
    """Columns that a text takes on a terminal; letters of East Asia take two, accents none."""
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(letter) in "WF" for letter in text)
    return len(text) + wide - sum(map(bool, map(unicodedata.combining, text)))
