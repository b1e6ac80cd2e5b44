"""One process a run: a lock of the system, or where there is none a lease that is renewed.

The kernel frees the lock when its holder dies, however that is. Some network file systems have no
such locks, nor has a Python without ``fcntl``; there a file with its owner's name in it stands in,
which counts as left behind when nobody has renewed it for ``LEASE`` seconds. ``filelock`` does
both: it follows no link, empties no file, and a process that a run starts inherits neither.
"""

from __future__ import annotations

import contextlib
import errno
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from benchmark.files import StoreError, why

if TYPE_CHECKING:
    from filelock import BaseFileLock

LEASE = 20.0  # seconds
NO_LOCKS = {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP}


@dataclass(frozen=True)
class Lock:
    """The answer to asking for a lock."""

    mine: bool
    path: Path  # of the file that stands for it
    note: str = ""  # why it is a lease, for a person


@contextlib.contextmanager
def lock(path: Path) -> Iterator[Lock]:
    """Hold the lock of a path while the block runs, if nobody else does. Raises ``StoreError``."""
    kinds = _filelock()
    reason = "this Python has no fcntl, so no locks"
    if kinds.FileLock is not kinds.SoftFileLock:
        with contextlib.ExitStack() as held:
            try:
                mine = _enter(held, kinds.FileLock(path, fallback_to_soft=False), 0)
            except OSError as problem:
                if problem.errno not in NO_LOCKS:
                    raise _refusal(path, problem) from None
                reason = f"the file system of {path.parent} has no locks ({why(problem)})"
            else:
                yield Lock(mine, path)
                return
    with _lease(path.with_suffix(".lease"), reason) as found:
        yield found


@contextlib.contextmanager
def _lease(path: Path, reason: str) -> Iterator[Lock]:
    note = f"{reason}; a file that is renewed stands in for one: {path}"
    with contextlib.ExitStack() as held:
        try:
            # As long as it takes to see that an owner elsewhere does not renew its file any more.
            mine = _enter(held, _filelock().SoftFileLease(path, lease_duration=LEASE), 1.2 * LEASE)
        except OSError as problem:
            raise _refusal(path, problem) from None
        yield Lock(mine, path, note)


def _enter(held: contextlib.ExitStack, one: BaseFileLock, seconds: float) -> bool:
    try:
        held.enter_context(one.acquire(timeout=seconds, poll_interval=0.2))
    except _filelock().Timeout:
        return False
    return True


def _filelock() -> ModuleType:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that there is no fcntl is said by this module
        import filelock
    return filelock


def _refusal(path: Path, problem: OSError) -> StoreError:
    return StoreError(
        f"cannot lock {path}: {why(problem)}; if no other process works in this folder, delete "
        "that file, else choose another --results"
    )
