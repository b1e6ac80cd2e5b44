"""A file on a disk that becomes full."""

from __future__ import annotations

import errno


class Full:
    """A file on a disk that gets full."""

    def __init__(self, file, room: int) -> None:
        self.file, self.room = file, room

    def __getattr__(self, name: str):
        return getattr(self.file, name)

    def write(self, content) -> int:
        if not self.room:
            raise OSError(errno.ENOSPC, "No space left on device")
        written = self.file.write(content[: self.room])
        self.room -= written
        return written
