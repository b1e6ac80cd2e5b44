"""A set in a folder: its files listed and read, whatever else than plain files may lie there."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import IO

from benchmark.datasets.headers import Header, look
from benchmark.datasets.images import check_bytes
from benchmark.datasets.listing import SPLITS, Entry, Found, Listing
from benchmark.datasets.plain_files import open_regular
from benchmark.errors import BenchError


class Folder:
    """``train/<class>/*`` and the like below ``root``; links to plain files are followed."""

    def __init__(self, root: str) -> None:
        self.listing = Listing(root, walk(root, SPLITS))

    def headers(self, entries: Iterable[Entry]) -> Iterator[Header]:
        """The header of each image, of most from its first bytes."""
        for entry in entries:
            with open_image(entry.handle) as file:
                found = look(file, entry.handle)
            yield found

    def read(self, entries: list[Entry]) -> Iterator[tuple[int, bytes]]:
        """Position in ``entries`` and content of each."""
        for position, entry in enumerate(entries):
            with open_image(entry.handle) as file:
                data = _rest(file)
            yield position, data

    def notes(self) -> Iterator[str]:
        """What a person should know of how the folder was read: nothing but its listing."""
        return iter(())


def walk(root: str, only: tuple[str, ...] = ()) -> Iterator[Found]:
    """What lies below ``root``, folders before what is in them; of its own folders ``only`` those.

    Links to folders are followed, but not back to where they come from.
    """
    open_folders: list[tuple[tuple[str, ...], str, tuple[tuple[int, int], ...]]] = [((), root, ())]
    while open_folders:
        parts, path, above = open_folders.pop()
        above = (*above, _identity(path, above))
        for item in listed(path):
            here = (*parts, item.name)
            if is_folder(item):
                yield Found(here, None)
                if parts or not only or item.name in only:
                    open_folders.append((here, item.path, above))
            else:
                yield Found(here, item.path, item.is_symlink())


def open_image(path: str) -> IO[bytes]:
    """As ``open_regular``, for a file that is no larger than an image may be."""
    file = open_regular(path)
    try:
        check_bytes(os.fstat(file.fileno()).st_size, path)
    except BenchError:
        file.close()
        raise
    return file


def _rest(file: IO[bytes]) -> bytes:
    """What is left to read, with an end even where the file grows meanwhile."""
    return file.read(os.fstat(file.fileno()).st_size + 1)


def is_folder(item: os.DirEntry) -> bool:
    """Whether an item of a folder is a folder, or a link to one."""
    try:
        return item.is_dir()
    except OSError:  # a link that leads to itself; to read it is refused, by its name
        return False


def listed(path: str) -> list[os.DirEntry]:
    """What lies in a folder, by name."""
    try:
        with os.scandir(path) as items:
            return sorted(items, key=lambda item: item.name)
    except OSError as error:
        raise BenchError(f"cannot list {path}: {error.strerror}") from error


def _identity(path: str, above: tuple) -> tuple[int, int]:
    try:
        found = os.stat(path)
    except OSError as error:
        raise BenchError(f"cannot list {path}: {error.strerror}") from error
    identity = (found.st_dev, found.st_ino)
    if identity in above:
        raise BenchError(f"{path} is a link that leads back to a folder it lies in: take it out")
    return identity
