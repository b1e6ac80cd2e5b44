"""Tar archives of class folders, read without unpacking them to disk."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import tarfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import IO, NamedTuple

from benchmark.datasets import EXPECTED
from benchmark.datasets.headers import Header, look
from benchmark.datasets.images import check_bytes
from benchmark.datasets.listing import Entry, Found, Listing, could_be_image, root_of
from benchmark.datasets.plain_files import open_regular
from benchmark.datasets.tally import Tally, counted
from benchmark.errors import BenchError

HEADER_BYTES = 2**20  # no honest name or note of a member is longer
# The most that a compressed archive unpacks to: images are compressed already and hardly shrink.
RATIO, UNPACKED = 200, 2**30  # times its own size, but always so many bytes
BUFFER = 2**18

_MAGIC = (
    (b"\x1f\x8b", gzip.open),
    (b"BZh", bz2.open),
    (b"\xfd7zXZ\0", lzma.open),
    (b"\x5d\0\0", lzma.open),
)
_OTHERS = {b"PK\3\4": "zip", b"(\xb5/\xfd": "zstd", b"7z\xbc\xaf": "7z", b"Rar!": "rar"}
# Errors that the decompressors raise for damage, and the parser of headers for hostile ones.
_DAMAGE = (
    tarfile.TarError,
    lzma.LZMAError,
    zlib.error,
    EOFError,
    OSError,
    ValueError,
    IndexError,
    OverflowError,
    RecursionError,
)


class Member(NamedTuple):
    """An archived file: the position of its content in the unpacked stream, and its header."""

    offset: int
    size: int
    header: Header


class Archive:
    """A ``.tar``, ``.tar.gz``, ``.tar.xz`` or ``.tar.bz2`` of a set, listed in one pass over it."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._twice: Tally[str] = Tally()
        found = self._found()
        root = root_of((item.parts for item in found if isinstance(item.handle, Member)), path)
        depth = len(root)
        inside = (item for item in found if item.parts[:depth] == root and item.parts[depth:])
        self.listing = Listing(path, (item._replace(parts=item.parts[depth:]) for item in inside))

    def headers(self, entries: Iterable[Entry]) -> Iterator[Header]:
        """The header of each image."""
        return (entry.handle.header for entry in entries)

    def read(self, entries: list[Entry]) -> Iterator[tuple[int, bytes]]:
        """Position in ``entries`` and content of each, in the archive's order, in one pass."""
        # Going back in a compressed stream means decompressing it from its start again.
        order = sorted(range(len(entries)), key=lambda position: entries[position].handle.offset)
        with _opened(self.path) as stream:
            for position in order:
                member = entries[position].handle
                yield position, stream.content(member.offset, member.size, entries[position].path)

    def notes(self) -> Iterator[str]:
        """Notes for a person on the reading of the archive."""
        if self._twice:
            number, name = self._twice.count(""), self._twice.first("")
            yield f"{counted(number, 'name')} more than once: the last file counts ({name})"

    def _found(self) -> list[Found]:
        # Of two members with one name the later one counts, as when tar unpacks them.
        found: dict[tuple[str, ...], Found] = {}
        with (
            _opened(self.path) as stream,
            # The stubs ask for write() even of a file that is read.
            tarfile.open(fileobj=stream, mode="r:") as archive,  # type: ignore[call-overload]
        ):
            before = -1
            while (member := archive.next()) is not None:
                if member.offset <= before or member.size < 0:
                    raise tarfile.ReadError(f"{member.name} ends before it begins")
                before = member.offset
                archive.members.clear()  # it would keep them all
                item = self._item(member, stream)
                if item.parts in found and not member.isdir():
                    self._twice.add("", member.name)
                if item.parts:
                    found[item.parts] = item
            stream.check_end()
        return list(found.values())

    def _item(self, member: tarfile.TarInfo, stream: _Stream) -> Found:
        parts = tuple(part for part in member.name.split("/") if part not in ("", "."))
        where = f"{self.path}: {member.name}"
        if ".." in parts:
            raise BenchError(f"{where} climbs out of the archive: pack it without .. in names")
        if member.isdir():
            return Found(parts, None)
        stream.check_reach(member.offset_data + member.size, where)
        if not could_be_image(parts):
            return Found(parts, ())
        if not member.isreg() or member.issparse():
            raise BenchError(
                f"{where} is {_kind(member)}, not a plain file: "
                "pack with tar --dereference --hard-dereference, or take it out"
            )
        content = stream.content(member.offset_data, member.size, member.name)
        header = look(io.BytesIO(content), where)
        return Found(parts, Member(member.offset_data, member.size, header))


def _kind(member: tarfile.TarInfo) -> str:
    if member.islnk() or member.issym():
        return f"a link to {member.linkname}"
    if member.isdev():
        return "a FIFO" if member.isfifo() else "a device"
    return "a file with holes" if member.issparse() else "of an unknown type"


class _Stream:
    """The unpacked archive, within the sizes that an honest one can have."""

    def __init__(self, path: str, file: IO[bytes], limit: int | None) -> None:
        self.path, self._file, self._limit = path, file, limit
        self._at, self._last = 0, b""

    def tell(self) -> int:
        """The position of the next byte; counted here, as decompressors are slow to tell it."""
        return self._at

    def close(self) -> None:
        """For tarfile; the file belongs to ``_opened``."""

    def read(self, count: int) -> bytes:
        """For tarfile, which reads headers with it, of whatever length they claim."""
        if count > HEADER_BYTES:
            raise BenchError(
                f"{self.path} has a header that claims {count:,} bytes: it is damaged or hostile, "
                "as no name or note of a file is that long; pack the set again"
            )
        self.check_reach(self._at + count, self.path)
        self._last = self._read(count)
        return self._last

    def seek(self, offset: int) -> int:
        """Go to ``offset``, which in a compressed archive unpacks the bytes between."""
        if 0 <= offset - self._at < BUFFER:  # from one member to the next
            self._read(offset - self._at)
        else:
            self.check_reach(offset, self.path)
            self._at = self._file.seek(offset)
        return self._at

    def content(self, offset: int, size: int, name: str) -> bytes:
        """The bytes of a member."""
        check_bytes(size, f"{self.path}: {name}")
        self.seek(offset)
        data = self._read(size)
        if len(data) != size:
            raise EOFError(f"{name} is cut short")
        return data

    def _read(self, count: int) -> bytes:
        data = self._file.read(count)
        self._at += len(data)
        return data

    def check_reach(self, offset: int, where: str) -> None:
        """Refuse to unpack up to ``offset`` bytes, if an archive of images cannot hold as many."""
        if self._limit is not None and offset > self._limit:
            raise BenchError(
                f"{where}: the archive unpacks to {offset:,} bytes and more, too many for its "
                f"size (allowed: {self._limit:,}): keep images only, or pack it as .tar"
            )

    def check_end(self) -> None:
        """Refuse an archive without the zeros at its end: at a broken header tarfile just stops."""
        if len(self._last) != tarfile.BLOCKSIZE or any(self._last):
            raise EOFError("it ends without its closing zeros, so files may be missing")


@contextmanager
def _opened(path: str) -> Iterator[_Stream]:
    try:
        with open_regular(path) as packed:
            magic = packed.read(6)
            packed.seek(0)
            if magic[:4] in _OTHERS:
                raise BenchError(
                    f"{path} is a {_OTHERS[magic[:4]]} archive: unpack it and give the folder"
                )
            unpack = next((opener for start, opener in _MAGIC if magic.startswith(start)), None)
            limit = None
            if unpack:
                limit = max(UNPACKED, RATIO * os.fstat(packed.fileno()).st_size)
            with io.BufferedReader(unpack(packed), BUFFER) if unpack else packed as file:
                yield _Stream(path, file, limit)
    except _DAMAGE as error:
        detail = (str(error).splitlines() or [type(error).__name__])[-1]
        raise BenchError(
            f"cannot read {path} as a tar archive ({detail}): it is "
            f"damaged or of another kind; {EXPECTED} in a .tar, .tar.gz or .tar.xz"
        ) from error
