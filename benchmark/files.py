"""Atomic writes, reads of plain files only, and strict JSON.

Where a system has no ``O_NOFOLLOW`` (Windows) a link is looked for first.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
import shutil
import stat
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from benchmark.errors import BenchError

MB = 2**20
ROOM = 2 * MB  # bytes to leave free on a disk
# Not O_NONBLOCK alone: a FIFO opens at once and is then refused by its kind.
READ = os.O_RDONLY
for _name in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY", "O_NOCTTY"):
    READ |= getattr(os, _name, 0)
KINDS = {
    stat.S_ISLNK: "a symbolic link",
    stat.S_ISDIR: "a folder",
    stat.S_ISFIFO: "a FIFO",
    stat.S_ISSOCK: "a socket",
    stat.S_ISCHR: "a device",
    stat.S_ISBLK: "a device",
}


class StoreError(BenchError):
    """A file of the suite cannot be read or written."""


class Unsound(StoreError):
    """A file of one run is not as the suite wrote it; files of other runs are not affected."""


def read_file(path: Path, limit: int, links: bool = False) -> bytes:
    """The content of a regular file of at most ``limit`` bytes, checked before it is read.

    Raises ``StoreError``, or ``FileNotFoundError`` for a missing file. ``links``: follow a link.
    """
    try:
        if problem := _unfit(os.stat(path) if links else os.lstat(path), limit):
            raise StoreError(f"{path} {problem}")
        flags = READ & ~getattr(os, "O_NOFOLLOW", 0) if links else READ
        with open(os.open(path, flags), "rb") as file:
            found = os.fstat(file.fileno())
            if problem := _unfit(found, limit):  # exchanged since
                raise StoreError(f"{path} {problem}")
            content = file.read(found.st_size + 1)
    except FileNotFoundError:
        raise
    except (OSError, ValueError) as problem:  # ValueError: a name that no system takes
        raise StoreError(f"cannot read {path}: {why(problem)}") from None
    if len(content) > found.st_size:
        raise StoreError(f"{path} grows while it is read")
    return content


def check_file(path: Path) -> None:
    """Raise ``StoreError`` unless a path, or the end of its link, is a regular file.

    ``FileNotFoundError`` for a missing file.
    """
    try:
        problem = _unfit(os.stat(path), sys.maxsize)
    except FileNotFoundError:
        raise
    except (OSError, ValueError) as error:
        problem = f"cannot be looked at: {why(error)}"
    if problem:
        raise StoreError(f"{path} {problem}")


def _unfit(found: os.stat_result, limit: int) -> str:
    """Why a thing on a disk may not be read as a file; empty if it may."""
    if not stat.S_ISREG(found.st_mode):
        kind = next((name for test, name in KINDS.items() if test(found.st_mode)), "no file")
        return f"is {kind}, not a file"
    if found.st_size > limit:
        return f"has {found.st_size / MB:,.1f} MB, more than the {limit / MB:g} allowed"
    return ""


def user_folder(name: str, variable: str) -> Path:
    """The folder that a variable names, else ``bench/<name>`` in the user's cache folder."""
    try:
        if chosen := os.environ.get(variable):
            return Path(chosen).expanduser()
        cache = os.environ.get("XDG_CACHE_HOME")
        return (Path(cache).expanduser() if cache else Path.home() / ".cache") / "bench" / name
    except RuntimeError:
        raise BenchError(
            f"this user has no home folder, where {name} would lie: set {variable}, or give "
            f"--{'data' if name == 'data' else 'teacher'}-dir"
        ) from None


def write_atomically(path: Path, content: bytes) -> None:
    """Temporary file, fsync, rename: the file is old or new, never half-written."""
    write_together({path: content})


def write_together(contents: dict[Path, bytes]) -> None:
    """As ``write_atomically``; no file changes before the content of all is on the disk.

    The last file is renamed last: if it is new, all are. Raises ``StoreError``.
    """
    written: dict[Path, str] = {}
    path = next(iter(contents))
    try:
        for path, content in contents.items():
            written[path] = _temporary(path, content)
        for path in contents:
            os.replace(written[path], path)
            del written[path]
        for folder in {path.parent for path in contents}:
            _sync(folder)
    except OSError as problem:
        raise StoreError(f"cannot write {path}: {why(problem)}") from None
    finally:
        for temporary in written.values():
            Path(temporary).unlink(missing_ok=True)


def _temporary(path: Path, content: bytes) -> str:
    """A new file beside ``path`` with this content, safe on the disk."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=_prefix(path))
    try:
        with open(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return temporary


def _prefix(path: Path) -> str:
    """The beginning of the names of a file's temporary files; no other file's begin so."""
    digest = hashlib.sha256(path.name.encode("utf-8", "surrogateescape")).hexdigest()
    return f".{path.name[:40]}.{digest[:12]}."


def drop_leftovers(path: Path) -> None:
    """Remove temporary files of killed writers of ``path``; no writer may be at work on it."""
    with contextlib.suppress(OSError):  # no folder, or one that is another user's
        for name in os.listdir(path.parent):
            if name.startswith(_prefix(path)):
                path.with_name(name).unlink()


def _sync(folder: Path) -> None:
    """Make the names in a folder survive a power cut, where the system can."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def why(problem: Exception) -> str:
    """The words of an ``OSError`` without the path, which the caller names."""
    return getattr(problem, "strerror", None) or str(problem)


def make_folder(folder: Path) -> None:
    """Make a folder and prove that it can be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise StoreError(f"cannot make {folder}: {why(problem)}") from None
    probe = folder / f".probe-{os.getpid()}"
    write_atomically(probe, b"")
    probe.unlink(missing_ok=True)


def check_room(folder: Path, needed: int, work: str) -> None:
    """Raise ``StoreError`` where a disk has no room for ``needed`` bytes of ``work``."""
    try:
        free = shutil.disk_usage(folder).free
    except OSError:  # a file system that does not say
        return
    if free < needed + ROOM:
        raise StoreError(
            f"{folder} has {free / MB:,.1f} MB free, {work} needs {(needed + ROOM) / MB:,.1f} MB: "
            "make room, or choose a folder on another disk"
        )


def strict_json(content: bytes) -> Any:
    """Parsed JSON; ``ValueError`` where it is torn, too deep, ambiguous, or holds NaN."""
    try:
        return json.loads(
            content, parse_constant=_refuse, parse_float=_finite, object_pairs_hook=_once
        )
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


def _finite(text: str) -> float:
    value = float(text)
    return value if math.isfinite(value) else _refuse(text)


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant[:40]} is not a number")
