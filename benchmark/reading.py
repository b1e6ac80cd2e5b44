"""The one door for files that somebody else may have written: opened, read and parsed here.

Rows, cards, states, teachers, methods, images, lists: any of them may be a FIFO, a device without
an end, a link, or of any size. A file is looked at before it is opened, its size is checked before
it is read, and its JSON has one meaning or none.
"""

from __future__ import annotations

import json
import math
import os
import stat
import sys
from collections import Counter
from pathlib import Path
from typing import IO, Any

from benchmark.files import MB, READ, StoreError, Unsound, why

SOURCE = 256 * 1024  # bytes of a method's file; the longest of the suite has a fourteenth of them
KINDS = {
    stat.S_ISLNK: "a symbolic link",
    stat.S_ISDIR: "a folder",
    stat.S_ISFIFO: "a FIFO",
    stat.S_ISSOCK: "a socket",
    stat.S_ISCHR: "a device",
    stat.S_ISBLK: "a device",
}


class TooLarge(StoreError):
    """A file has more bytes than any of its kind."""


def open_file(path: Path | str, limit: int = sys.maxsize, links: bool = False) -> IO[bytes]:
    """A regular file of at most ``limit`` bytes, open for reading. ``links``: follow a link.

    Raises ``StoreError`` for anything else, ``OSError`` where the system refuses, ``ValueError``
    for a name that no system takes.
    """
    # Looked at first, as opening a device may have effects; and again, as it may be exchanged.
    _check(path, os.stat(path) if links else os.lstat(path), limit)
    handle = os.open(path, READ & ~getattr(os, "O_NOFOLLOW", 0) if links else READ)
    try:
        _check(path, os.fstat(handle), limit)
    except StoreError:
        os.close(handle)
        raise
    return os.fdopen(handle, "rb")


def read_file(path: Path, limit: int, links: bool = False) -> bytes:
    """The content of a regular file of at most ``limit`` bytes, checked before it is read.

    Raises ``StoreError``, or ``FileNotFoundError`` for a missing file. ``links``: follow a link.
    """
    try:
        with open_file(path, limit, links) as file:
            size = os.fstat(file.fileno()).st_size
            content = file.read(size + 1)
    except FileNotFoundError:
        raise
    except (OSError, ValueError) as problem:
        raise StoreError(f"cannot read {path}: {why(problem)}") from None
    except MemoryError:
        raise TooLarge(f"{path} has {size / MB:,.1f} MB, more than the memory holds") from None
    if len(content) > size:
        raise StoreError(f"{path} grows while it is read")
    return content


def read_source(path: Path) -> bytes:
    """The content of a method's file, or of one that it imports.

    Raises ``StoreError``, for a file too long to be an algorithm too, or ``FileNotFoundError``.
    """
    try:
        return read_file(path, SOURCE, links=True)
    except TooLarge as problem:
        raise TooLarge(
            f"{problem} for a method's file: it holds an algorithm, and nobody has paid for "
            "images, labels or weights that it brings along; take them out"
        ) from None


def check_file(path: Path) -> None:
    """Raise ``StoreError`` unless a path, or the end of its link, is a regular file.

    ``FileNotFoundError`` for a missing file.
    """
    try:
        _check(path, os.stat(path), sys.maxsize)
    except FileNotFoundError:
        raise
    except (OSError, ValueError) as problem:
        raise StoreError(f"{path} cannot be looked at: {why(problem)}") from None


def _check(path: Path | str, found: os.stat_result, limit: int) -> None:
    """Raise ``StoreError`` where a thing on a disk may not be read as a file."""
    if not stat.S_ISREG(found.st_mode):
        kind = next((name for test, name in KINDS.items() if test(found.st_mode)), "no file")
        raise StoreError(f"{path} is {kind}, not a file")
    if found.st_size > limit:
        raise TooLarge(
            f"{path} has {found.st_size / MB:,.1f} MB, more than the {limit / MB:g} allowed"
        )


def strict_json(content: bytes, numbers: bool = True) -> Any:
    """Parsed JSON; ``ValueError`` where it is torn, too deep, ambiguous, or holds NaN.

    ``numbers=False``: a number too large is infinite, which the caller has to refuse; images as
    lists are read several times as fast.
    """
    looked_at: dict[str, Any] = {"parse_float": _finite, "parse_int": _whole} if numbers else {}
    try:
        return json.loads(content, parse_constant=_refuse, object_pairs_hook=_once, **looked_at)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def read_json(path: Path, limit: int, again: str, strange: str = "") -> Any:
    """The content of a JSON file that the suite wrote; ``Unsound`` names the fault and the cure.

    ``again`` is the cure; ``strange`` comes before it for anything but a regular file.
    """
    try:
        return strict_json(read_file(path, limit))
    except FileNotFoundError:
        raise Unsound(f"{path} is not here") from None
    except StoreError as problem:
        raise Unsound(f"{problem}; {strange}{again}") from None
    except ValueError as problem:
        # A parser's own message tells a position, which helps nobody.
        reason = f" ({problem})" if type(problem) is ValueError else ""
        raise Unsound(f"{path} is torn or no JSON{reason}; {again}") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose keys are all different; of two equal keys neither is the right one."""
    found = dict(pairs)
    if len(found) < len(pairs):
        counts = Counter(key for key, _ in pairs)
        twice = next(key for key, count in counts.items() if count > 1)
        raise ValueError(f"the key {twice[:40]!r} is there twice")
    return found


def _whole(text: str) -> int:
    """A whole number that can be a float too; reading one of a million digits takes minutes."""
    if len(text) > 300:
        raise ValueError(f"a number has {len(text):,} digits")
    return int(text)


def _finite(text: str) -> float:
    value = float(text)
    return value if math.isfinite(value) else _refuse(text)


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant[:40]} is not a number")
