"""The file in which a method keeps its images, where they are many; it lies beside the state.

With less it keeps them in memory, and a state holds them.
"""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Iterator
from io import FileIO
from pathlib import Path
from typing import Any

from benchmark.backing import Backing
from benchmark.files import StoreError, Unpaired, why
from benchmark.oracle.journal.appended import BEGIN
from benchmark.oracle.journal.appended import opened as opened_file
from benchmark.rows.store import Store

MOST = 2**30  # bytes of images that a method keeps in memory


@contextlib.contextmanager
def opened(
    store: Store, run_id: str, images: tuple[int, ...], state: dict[str, Any] | None
) -> Iterator[Filed | None]:
    """The file of a run that may buy N x C x H x W ``images``, None where they are few.

    ``state``: that the run goes on from. Raises ``StoreError``, and ``Unpaired`` where the state's
    images are missing.
    """
    size = math.prod(images)  # at 8 bits
    goes_on = state is not None and state.get("backed", False)
    if size <= MOST and not goes_on:
        yield None
        return
    path = store.backing_path(run_id)
    if goes_on:
        file = _there(path, size, f"delete {store.state_path(run_id)} to start that run over")
    else:
        file = _new(path, size)
    with file:
        yield Filed(path, file)


class Filed(Backing):
    """The suite's end of it.

    ``problem``: the error of a disk without room, which no method can hide.
    """

    def __init__(self, path: Path, file: FileIO) -> None:
        super().__init__(file.fileno(), self._reserve)
        self.path = path
        self.problem: StoreError | None = None

    def sync(self) -> None:
        """Make all that it holds survive a power cut. Raises ``StoreError``."""
        try:
            os.fsync(self.file)
        except OSError as problem:
            raise StoreError(f"cannot write {self.path}: {why(problem)}") from None

    def _reserve(self) -> None:
        try:
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(self.file, 0, self.size)
        except OSError as problem:
            self.problem = _no_room(self.path, self.size, problem)
            raise self.problem from None


def _new(path: Path, size: int) -> FileIO:
    """A new file, which takes no room yet."""
    with contextlib.ExitStack() as stack:
        try:
            path.unlink(missing_ok=True)
            file = stack.enter_context(opened_file(path, BEGIN))
            os.ftruncate(file.fileno(), size)
        except OSError as problem:
            raise _no_room(path, size, problem) from None
        stack.pop_all()
    return file


def _no_room(path: Path, size: int, problem: OSError) -> StoreError:
    return StoreError(
        f"cannot keep the images of this run, {size / 1e9:.1f} GB, in {path}: {why(problem)}"
    )


def _there(path: Path, size: int, cure: str) -> FileIO:
    """The file of a state."""
    try:
        file = opened_file(path)
    except OSError as problem:
        text = f"the images of an unfinished run cannot be read from {path}: {why(problem)}"
        raise Unpaired(f"{text}; put that file back, or {cure}") from None
    if (found := os.fstat(file.fileno()).st_size) != size:
        file.close()
        raise Unpaired(f"{path} has {found:,} bytes, not {size:,}; put it back, or {cure}")
    return file
