"""A set in a folder: its files listed and read, safe from links, devices and the like."""

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
        """The header of each image, mostly from its first bytes."""
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
        """No notes beside those of its listing."""
        return iter(())


def walk(root: str, only: tuple[str, ...] = ()) -> Iterator[Found]:
    """Files and folders below ``root``, each folder before its content.

    ``only``: the folders of ``root`` to enter, () for all. Follows links to folders; raises
    ``BenchError`` for a link that leads back.
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
    """As ``open_regular``; refuses a file that is larger than an image may be."""
    file = open_regular(path)
    try:
        check_bytes(os.fstat(file.fileno()).st_size, path)
    except BenchError:
        file.close()
        raise
    return file


def _rest(file: IO[bytes]) -> bytes:
    """The rest of a file, at most its present size and a byte: it may grow meanwhile."""
    return file.read(os.fstat(file.fileno()).st_size + 1)


def is_folder(item: os.DirEntry) -> bool:
    """Whether an item of a folder is a folder, or a link to one."""
    try:
        return item.is_dir()
    except OSError:  # a link that leads to itself; reading it is refused by name
        return False


def listed(path: str) -> list[os.DirEntry]:
    """The items of a folder, sorted by name."""
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
