"""One process of a machine after the other: a lock that the system frees when its holder dies."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator
from pathlib import Path

from benchmark.files import StoreError, why

POLL = 0.005  # seconds between two looks at a lock that another process has


@contextlib.contextmanager
def turn(path: Path) -> Iterator[None]:
    """Wait for the lock ``path``, and hold it while the block runs. Raises ``StoreError``."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a Python without fcntl has a file in place of a lock
        import filelock
    lock = filelock.FileLock(path)
    try:
        lock.acquire(poll_interval=POLL)
    except OSError as problem:
        raise StoreError(f"cannot lock {path}: {why(problem)}") from None
    try:
        yield
    finally:
        lock.release()
