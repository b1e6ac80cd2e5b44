"""The lock of the system on a run: free when its holder is dead, where there are locks."""

from __future__ import annotations

import contextlib
import errno
import warnings
from pathlib import Path
from types import ModuleType

from benchmark.files import StoreError, why

NO_LOCKS = {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP}


def taken(held: contextlib.ExitStack, path: Path) -> tuple[bool, str]:
    """Take the system's lock: whether nobody else has it, and why there is none, if so."""
    kinds = filelock_()
    if kinds.FileLock is kinds.SoftFileLock:
        return True, _note("this Python has no fcntl, so no locks", path)
    try:
        held.enter_context(kinds.FileLock(path, fallback_to_soft=False).acquire(timeout=0))
    except kinds.Timeout:
        return False, ""
    except OSError as problem:
        if problem.errno not in NO_LOCKS:
            raise refusal(path, problem) from None
        reason = f"the file system of {path.parent} has no locks ({why(problem)})"
        return True, _note(reason, path)
    return True, ""


def _note(reason: str, path: Path) -> str:
    lease = path.with_suffix(".lease")
    return f"{reason}; a file that is renewed stands in for one: {lease}"


def filelock_() -> ModuleType:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that there is no fcntl is said by this module
        import filelock
    return filelock


def refusal(path: Path, problem: OSError) -> StoreError:
    """The error of a lock or lease that cannot be made."""
    return StoreError(
        f"cannot lock {path}: {why(problem)}; if no other process works in this folder, delete "
        "that file, else choose another folder"
    )
