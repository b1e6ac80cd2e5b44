"""Atomic writes, folders, room on a disk; ``benchmark.reading`` reads."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import tempfile
from pathlib import Path

from benchmark.errors import BenchError

MB = 2**20
ROOM = 2 * MB  # bytes to leave free on a disk
KINDS = {"cache": ".cache", "state": ".local/state"}  # folders of a user, below the home folder
OPTIONS = {"data": "data", "serve": "state"}
# Not O_NONBLOCK alone: a FIFO opens at once and is then refused by its kind.
READ = os.O_RDONLY
for _name in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY", "O_NOCTTY"):
    READ |= getattr(os, _name, 0)


class StoreError(BenchError):
    """A file of the suite cannot be read or written."""


class Unsound(StoreError):
    """A file of one run is not as the suite wrote it; files of other runs are not affected."""

    helped_by_force = True  # --force runs that cell anew


class Unpaired(Unsound):
    """A file that a saved state needs is not there, or is not the one."""

    helped_by_force = False  # it goes on from the state


def user_folder(name: str, variable: str, kind: str = "cache") -> Path:
    """The folder that a variable names, else ``bench/<name>`` in a folder of the user.

    ``kind``: cache, which can be had again, or state, which cannot.
    """
    try:
        if chosen := os.environ.get(variable):
            return Path(chosen).expanduser()
        base = os.environ.get(f"XDG_{kind.upper()}_HOME")
        return (Path(base).expanduser() if base else Path.home() / KINDS[kind]) / "bench" / name
    except RuntimeError:
        raise BenchError(
            f"this user has no home folder, where {name} would lie: set {variable}, or give "
            f"--{OPTIONS.get(name, 'teacher')}-dir"
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
