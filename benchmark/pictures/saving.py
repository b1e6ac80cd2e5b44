"""Pictures as files: which endings there are, and the same bytes for the same figure.

A picture names the rows that it was drawn from, so that a stale one can be told from a fresh one.
"""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Iterable
from pathlib import Path
from typing import IO, TYPE_CHECKING

from benchmark import filenames
from benchmark.errors import BenchError
from benchmark.files import make_folder, write_atomically
from benchmark.rows.row import Row

if TYPE_CHECKING:  # matplotlib is imported where something is drawn
    from matplotlib.figure import Figure

SUFFIXES = (".png", ".pdf", ".svg")
NO_DATE = {".png": {}, ".pdf": {"CreationDate": None}, ".svg": {"Date": None}}
KEY = {".png": "Source", ".pdf": "Keywords", ".svg": "Source"}


def suffix_of(output: Path) -> str:
    """The ending of a picture's file, in lower case; ``BenchError`` for any other."""
    suffix = output.suffix.lower()
    if suffix not in SUFFIXES:
        raise BenchError(f"{output}: the picture must end in {', '.join(SUFFIXES)}")
    return suffix


def prepare(output: Path) -> None:
    """Refuse a file that cannot be written, before anything is drawn."""
    suffix_of(output)
    make_folder(output.parent)


def sibling(output: Path, words: list[str]) -> Path:
    """The path of a picture beside ``output`` with ``words`` in its name; ``output`` without."""
    if not words:
        return output
    is_long = len(os.fsencode(output.stem)) > filenames.LIMIT
    stem = filenames.unique([output.stem]) if is_long else output.stem
    return output.with_name(f"{stem}-{filenames.unique(words)}{output.suffix}")


def drawn_from(rows: Iterable[Row]) -> str:
    """The origin of a picture: a SHA-256 over the checksums of its rows."""
    sums = sorted(row.checksum or row.id for row in rows)
    return f"rows {hashlib.sha256(' '.join(sums).encode()).hexdigest()}"


def write(figure: Figure, output: Path, rows: Iterable[Row]) -> None:
    """Write a figure whole or not at all, with the digest of the rows that it shows."""
    stream = io.BytesIO()
    save(figure, stream, suffix_of(output), drawn_from(rows))
    write_atomically(output, stream.getvalue())


def save(figure: Figure, stream: IO[bytes], suffix: str, origin: str = "") -> None:
    """Save without date and chance, in the style that the figure was made in."""
    import matplotlib

    metadata = NO_DATE[suffix] | ({KEY[suffix]: origin} if origin else {})
    with matplotlib.rc_context({"svg.hashsalt": "bench"}):
        figure.savefig(stream, format=suffix[1:], metadata=metadata)
