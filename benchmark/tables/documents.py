"""Generated parts of a document, between two comments that stay."""

from __future__ import annotations

from pathlib import Path

from benchmark.errors import BenchError

ROWS = ("<!-- bench table -->", "<!-- end of table -->")
PROFILES = ("<!-- bench profile -->", "<!-- end of profile -->")


def insert(text: str, document: Path, comments: tuple[str, str]) -> str:
    """The document with ``text`` between its two comments; the text that stood there goes."""
    first, last = comments
    try:
        old = document.read_text(encoding="utf-8")
    except OSError as problem:
        raise BenchError(f"cannot read {document}: {problem.strerror}") from None
    except UnicodeDecodeError:
        raise BenchError(f"cannot read {document}: it is no text in UTF-8") from None
    if old.count(first) != 1 or old.count(last) != 1 or old.index(first) > old.index(last):
        raise BenchError(f"{document} must contain {first} and, after it, {last} once each")
    before, rest = old.split(first)
    return f"{before}{first}\n{text}{last}{rest.split(last)[1]}"
