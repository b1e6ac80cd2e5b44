"""Tar archives of class folders, read in place: nothing is ever unpacked to disk."""

from __future__ import annotations

import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from lzma import LZMAError
from pathlib import Path

from benchmark.datasets.images import EXPECTED, SPLITS, Entry, Tree, check_bytes, is_image
from benchmark.errors import BenchError

_DAMAGE = (tarfile.TarError, LZMAError, zlib.error, EOFError, OSError)

Place = tuple[tuple[str, ...], str, str]  # folders above the split, split, class


def list_archive(path: Path) -> Tree:
    """The images of a ``.tar``, ``.tar.gz``, ``.tar.xz`` or ``.tar.bz2``, in one pass over it."""
    files: dict[Place, dict[str, tarfile.TarInfo]] = {}
    folders: list[Place] = []
    with _opened(path) as archive:
        for member in archive:
            parts = tuple(part for part in member.name.split("/") if part not in ("", "."))
            if member.isdir() and len(parts) >= 2 and parts[-2] in SPLITS:
                folders.append((parts[:-2], parts[-2], parts[-1]))
            elif len(parts) >= 3 and parts[-3] in SPLITS and is_image(parts[-1]):
                _refuse_link(path, member)
                # Of two members with one name the later one counts, as when tar unpacks them.
                files.setdefault((parts[:-3], *parts[-3:-1]), {})[parts[-1]] = member
    return _as_tree(path, files, folders)


def read_members(path: Path, entries: list[Entry]) -> Iterator[tuple[int, bytes]]:
    """Position in ``entries`` and content of each, in the archive's order, in one pass over it."""
    # Going back in a compressed stream means decompressing it from its start again.
    order = sorted(range(len(entries)), key=lambda position: entries[position].handle.offset)
    with _opened(path) as archive:
        for position in order:
            member = entries[position].handle
            check_bytes(member.size, f"{path}: {member.name}")
            data = archive.extractfile(member).read()
            if len(data) != member.size:
                raise EOFError(f"{member.name} is cut short")
            yield position, data


def _as_tree(
    path: Path, files: dict[Place, dict[str, tarfile.TarInfo]], folders: list[Place]
) -> Tree:
    above = {place[0] for place in files}
    if len(above) > 1:
        first, second = ("/".join(prefix) or "." for prefix in sorted(above)[:2])
        raise BenchError(f"{path} holds several sets ({first} and {second}): {EXPECTED}, once")
    tree: Tree = {}
    for prefix, split, label in [*files, *folders]:
        if prefix in above and not label.startswith("."):
            members = files.get((prefix, split, label), {})
            tree.setdefault(split, {})[label] = [
                Entry(f"{split}/{label}/{name}", member) for name, member in members.items()
            ]
    return tree


def _refuse_link(path: Path, member: tarfile.TarInfo) -> None:
    if not member.isfile():
        raise BenchError(
            f"{path}: {member.name} is a link, not a file: "
            "pack with tar --dereference --hard-dereference"
        )


@contextmanager
def _opened(path: Path) -> Iterator[tarfile.TarFile]:
    try:
        with tarfile.open(path) as archive:
            yield archive
    except _DAMAGE as error:
        detail = (str(error).splitlines() or [type(error).__name__])[-1]
        raise BenchError(
            f"cannot read {path} as a tar archive ({detail}): it is "
            f"damaged or of another kind; {EXPECTED} in a .tar, .tar.gz or .tar.xz"
        ) from error
