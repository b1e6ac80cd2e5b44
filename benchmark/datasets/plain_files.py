"""Opening plain files, and nothing else that has a file's name."""

from __future__ import annotations

import os
import stat
from typing import IO

from benchmark.errors import BenchError

_KINDS = {
    stat.S_IFIFO: "a FIFO",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFDIR: "a folder",
}
# A FIFO that takes a file's place after it was looked at must not hang the open.
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def open_regular(path: str) -> IO[bytes]:
    """Open a plain file, or a link to one. Raises ``BenchError`` for anything else.

    Its kind is looked up first: opening a device may have effects, and it may have no end.
    """
    try:
        kind = stat.S_IFMT(os.stat(path).st_mode)
        if kind != stat.S_IFREG:
            raise BenchError(
                f"{path} is {_KINDS.get(kind, 'something else')}, not a file: take it out"
            )
        return open(os.open(path, _FLAGS), "rb")
    except OSError as error:
        dangling = os.path.islink(path) and not os.path.exists(path)
        detail = "a link that leads nowhere" if dangling else error.strerror
        raise BenchError(f"cannot read {path}: {detail}") from error
