"""What the programs of attempts share: the targets, the list of attempts, and how each ends."""

from __future__ import annotations

import ctypes
import errno
import platform
from collections.abc import Callable
from types import SimpleNamespace

HERE = SimpleNamespace()  # the targets, once they are known
ATTEMPTS: dict[str, Callable[[], object]] = {}
REFUSED = {errno.EPERM, errno.EACCES, errno.ENOSYS}
ALSO: dict[str, set[int]] = {}  # other ways to say no, by attempt
COLUMN = 0 if platform.machine() == "x86_64" else 1
LIBRARY = ctypes.CDLL(None, use_errno=True)


def attempt(name: str, *also: int):
    def kept(function: Callable[[], object]) -> Callable[[], object]:
        ATTEMPTS[name] = function
        ALSO[name] = {*also}
        return function

    return kept


def raw(numbers: tuple[int, int], *arguments: object) -> int:
    """A system call by its number on x86_64 and on aarch64."""
    words = [ctypes.c_long(one) if isinstance(one, int) else one for one in arguments]
    result = LIBRARY.syscall(ctypes.c_long(numbers[COLUMN]), *words)
    if result == -1:
        raise OSError(ctypes.get_errno(), "")
    return result


def look_into(path: str) -> None:
    """Open a file and read from it."""
    with open(path, "rb") as file:
        file.read(1)


def tried(name: str) -> str:
    try:
        ATTEMPTS[name]()
    except OSError as problem:
        refused = problem.errno in REFUSED | ALSO[name]
        return "refused" if refused else f"got as far as {problem!r}"
    return "went through"
