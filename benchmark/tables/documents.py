"""Generated parts of a document, between two comments that stay."""

from __future__ import annotations

from pathlib import Path

from benchmark.errors import BenchError
from benchmark.files import MB
from benchmark.reading import read_file

ROWS = ("<!-- bench table -->", "<!-- end of table -->")
LIMIT = 64 * MB  # bytes of a document
PROFILES = ("<!-- bench profile -->", "<!-- end of profile -->")


def insert(text: str, document: Path, comments: tuple[str, str]) -> str:
    """The document with ``text`` between its two comments; the text that stood there goes."""
    first, last = comments
    try:
        old = read_file(document, LIMIT, links=True).decode("utf-8").replace("\r\n", "\n")
    except FileNotFoundError as problem:
        raise BenchError(f"cannot read {document}: {problem.strerror}") from None
    except UnicodeDecodeError:
        raise BenchError(f"cannot read {document}: it is no text in UTF-8") from None
    if old.count(first) != 1 or old.count(last) != 1 or old.index(first) > old.index(last):
        raise BenchError(f"{document} must contain {first} and, after it, {last} once each")
    before, rest = old.split(first)
    return f"{before}{first}\n{text}{last}{rest.split(last)[1]}"
