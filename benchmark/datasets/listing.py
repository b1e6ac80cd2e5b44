"""From the names of files to a labelled set: splits, classes, and the files left out."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from benchmark.datasets import EXPECTED
from benchmark.datasets.images import SUFFIXES, UNREAD, ending
from benchmark.datasets.tally import Tally, counted
from benchmark.errors import BenchError

SPLITS = ("train", "test", "val")

_DESKTOP = {"thumbs.db", "ehthumbs.db", "desktop.ini", "__macosx"}
_SHOWN = 5  # endings in a note
_HIDDEN, _LOOSE = "hidden or of the desktop", "in no class folder"


class Found(NamedTuple):
    """A file by the parts of its path; for a folder ``handle`` is None."""

    parts: tuple[str, ...]
    handle: Any
    is_link: bool = False


class Entry(NamedTuple):
    """An image file: its path inside the set, and a handle from which its source reads it."""

    path: str
    handle: Any


Tree = dict[str, dict[str, list[Entry]]]  # split -> class -> images


class Listing:
    """The images of a set by split and class, and counts of other files."""

    def __init__(self, where: str, found: Iterable[Found]) -> None:
        self.where = where
        self.tree: Tree = {}
        self.left_out: Tally[str] = Tally()
        self.deeper: Tally[str] = Tally()
        self.links: Tally[str] = Tally()
        self.beside: Tally[str] = Tally()
        self._unread: Tally[str] = Tally()
        self._spelt: dict[tuple[str, str], str] = {}
        for item in found:
            self._sort_in(item)
        self._refuse_unread()

    def notes(self) -> Iterator[str]:
        """Notes for a person on files left out, and on files taken from odd folders or links."""
        if self.left_out:
            kinds = sorted(self.left_out, key=lambda kind: (-self.left_out.count(kind), kind))
            few = [f"{self.left_out.count(kind):,} {kind}" for kind in kinds[:_SHOWN]]
            number = sum(map(self.left_out.count, kinds))
            more = " and others" if kinds[_SHOWN:] else ""
            example = self.left_out.first(kinds[0])
            yield f"{counted(number, 'file')} left out: {', '.join(few)}{more} ({example})"
        for tally, text in (
            (self.deeper, "in a folder inside a class folder, read as of that class"),
            (self.links, "read through a link"),
        ):
            if tally:
                yield f"{counted(tally.count(''), 'image')} {text} ({tally.first('')})"
        if self.beside:
            yield f"not read: {_names(self.beside)}"

    def _sort_in(self, item: Found) -> None:
        parts = item.parts
        if parts[0] not in SPLITS:
            if len(parts) > 1 or item.handle is None:
                self.beside.add(parts[0], parts[0])
        elif item.handle is None:
            self._folder(parts)
        elif _is_hidden(parts):
            self.left_out.add(_HIDDEN, "/".join(parts))
        else:
            self._file(item)

    def _folder(self, parts: tuple[str, ...]) -> None:
        if _is_hidden(parts):
            return
        if len(parts) == 1:
            self.tree.setdefault(parts[0], {})
        elif len(parts) == 2:
            self._class(parts)
        elif ending(parts[-1]) in SUFFIXES:
            raise BenchError(
                f"{self.where}: {'/'.join(parts)} is a folder with the name of an image: "
                "rename it or take it out"
            )

    def _file(self, item: Found) -> None:
        path, suffix = "/".join(item.parts), ending(item.parts[-1])
        if len(item.parts) > 2 and suffix in UNREAD:
            self._unread.add(suffix, path)
        elif suffix not in SUFFIXES:
            self.left_out.add(f"ending in {suffix}" if suffix else "without an ending", path)
        elif len(item.parts) == 2:
            self.left_out.add(_LOOSE, path)
        else:
            self._class(item.parts).append(Entry(path, item.handle))
            if len(item.parts) > 3:
                self.deeper.add("", path)
            if item.is_link:
                self.links.add("", path)

    def _class(self, parts: tuple[str, ...]) -> list[Entry]:
        """The images of a class, whose name may be written with letters composed or not."""
        name = unicodedata.normalize("NFC", parts[1])
        if self._spelt.setdefault((parts[0], name), parts[1]) != parts[1]:
            raise BenchError(
                f"{self.where} has two folders {parts[0]}/{name}, which differ only in how their "
                "letters are encoded: make them one"
            )
        return self.tree.setdefault(parts[0], {}).setdefault(name, [])

    def _refuse_unread(self) -> None:
        if self._unread:
            kinds = ", ".join(f"{self._unread.count(kind):,} {kind}" for kind in self._unread)
            example = self._unread.first(next(iter(self._unread)))
            raise BenchError(
                f"{self.where} has images that cannot be read here ({kinds}, as {example}): "
                "convert them to PNG or JPEG, or take them out"
            )


def finish(listing: Listing) -> Tree:
    """The splits ``train`` and ``test`` (or ``val``). Raises ``BenchError`` for a faulty set."""
    tree, where = listing.tree, listing.where
    if "val" in tree:
        if tree.get("test"):
            listing.beside.add("val", "val")
            del tree["val"]
        else:
            tree["test"] = tree.pop("val")
    for split in ("train", "test"):
        if not tree.get(split):
            there = f" (there is {_names(listing.beside)})" if listing.beside else ""
            raise BenchError(f"{where} has no class folders in {split}/{there}: {EXPECTED}")
        for name, entries in sorted(tree[split].items()):
            if not entries:
                raise BenchError(
                    f"{where} has no images in {split}/ for the class {name!r}: {EXPECTED}; images "
                    f"are files ending in {', '.join(sorted(SUFFIXES))}"
                )
    _check_classes(tree, where)
    return {split: tree[split] for split in ("train", "test")}


def could_be_image(parts: tuple[str, ...]) -> bool:
    """Whether a file may be an image of a set, at whatever depth ``train`` is in its path."""
    if ending(parts[-1]) not in SUFFIXES or _is_hidden(parts):
        return False
    return not set(SPLITS).isdisjoint(parts[:-2])


def root_of(paths: Iterable[tuple[str, ...]], where: str) -> tuple[str, ...]:
    """The folders above ``train`` and ``test`` in an archive: those that hold both.

    A folder above may itself be called ``test``, and so may a class.
    """
    splits: dict[tuple[str, ...], set[str]] = {}
    for parts in paths:
        for depth, part in enumerate(parts[:-2]):
            if part in SPLITS:
                splits.setdefault(parts[:depth], set()).add(part)
    whole = [root for root, have in splits.items() if "train" in have and len(have) > 1]
    tops = sorted(whole or splits, key=lambda root: (len(root), root)) or [()]
    outside = [root for root in splits if root[: len(tops[0])] != tops[0]]
    if whole and (len(whole) > 1 or any(root != tops[0][: len(root)] for root in outside)):
        pair = sorted(whole[:2] if len(whole) > 1 else [tops[0], outside[0]])
        first, second = ("/".join(root) or "." for root in pair)
        raise BenchError(f"{where} holds several sets ({first} and {second}): {EXPECTED}, once")
    return tops[0]


def _check_classes(tree: Tree, where: str) -> None:
    if extra := sorted(set(tree["test"]) - set(tree["train"])):
        raise BenchError(
            f"{where} has classes in test/ that train/ does not have: {', '.join(extra[:5])}"
            f"{' ...' if extra[5:] else ''}; rename those folders or add training images"
        )
    if len(tree["train"]) < 2:
        raise BenchError(f"{where} has one class only ({min(tree['train'])}): {EXPECTED}")


def _names(folders: Tally[str]) -> str:
    few = [f"{folders.first(name)}/" for name in sorted(folders)[:_SHOWN]]
    return ", ".join(few) + (" and others" if len(folders) > _SHOWN else "")


def _is_hidden(parts: tuple[str, ...]) -> bool:
    return any(name[0] == "." or name.lower() in _DESKTOP for name in parts)
