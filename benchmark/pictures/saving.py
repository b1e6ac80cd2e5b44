"""Pictures as files: which endings there are, and the same bytes for the same figure."""

from __future__ import annotations

import io
from pathlib import Path
from typing import IO

from benchmark.errors import BenchError
from benchmark.files import make_folder, write_atomically

SUFFIXES = (".png", ".pdf", ".svg")
NO_DATE = {".png": {}, ".pdf": {"CreationDate": None}, ".svg": {"Date": None}}


def suffix_of(output: Path) -> str:
    """The ending of a picture's file, in lower case; ``BenchError`` for what cannot be drawn."""
    suffix = output.suffix.lower()
    if suffix not in SUFFIXES:
        raise BenchError(f"{output}: the picture must end in {', '.join(SUFFIXES)}")
    return suffix


def prepare(output: Path) -> None:
    """Refuse a file that cannot be written, before anything is drawn."""
    suffix_of(output)
    make_folder(output.parent)


def write(figure, output: Path) -> None:
    """Write a figure whole or not at all."""
    stream = io.BytesIO()
    save(figure, stream, suffix_of(output))
    write_atomically(output, stream.getvalue())


def save(figure, stream: IO[bytes], suffix: str, options: dict | None = None) -> None:
    """Save without date and chance; ``options`` are more of matplotlib's."""
    import matplotlib.style

    styles = ["default", {"svg.hashsalt": "bench", **(options or {})}]
    with matplotlib.style.context(styles):
        figure.savefig(stream, format=suffix[1:], metadata=NO_DATE[suffix])
