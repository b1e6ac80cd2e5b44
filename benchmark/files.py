"""Files that are whole or not there, and JSON that means what it says."""

from __future__ import annotations

import json
import math
import os
import tempfile
from pathlib import Path
from typing import Any

from benchmark.errors import BenchError


class StoreError(BenchError):
    """A file of the suite cannot be read or written."""


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
    temporary = None
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}.")
        with open(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except OSError as problem:
        if temporary:
            Path(temporary).unlink(missing_ok=True)
        raise StoreError(f"cannot write {path}: {problem.strerror}") from None


def make_folder(folder: Path) -> None:
    """Make a folder and prove that it can be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise StoreError(f"cannot make {folder}: {problem.strerror}") from None
    probe = folder / f".probe-{os.getpid()}"
    write_atomically(probe, b"")
    probe.unlink()


def strict_json(content: bytes) -> Any:
    """Parsed JSON; ``ValueError`` for what is torn, too deep, or holds NaN and the like."""
    try:
        return json.loads(content, parse_constant=_refuse, parse_float=_finite)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def _finite(text: str) -> float:
    value = float(text)
    return value if math.isfinite(value) else _refuse(text)


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is not a number")
