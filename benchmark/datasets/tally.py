"""Counts of things of one kind, with the first example of each."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

Kind = TypeVar("Kind", bound=Hashable)


@dataclass
class _Seen:
    count: int
    first: str


class Tally(Generic[Kind]):
    """The count of each kind, and its first path by name; iterates over the kinds."""

    def __init__(self) -> None:
        self._seen: dict[Kind, _Seen] = {}

    def add(self, kind: Kind, path: str) -> None:
        """One more of ``kind``, at ``path``."""
        seen = self._seen.setdefault(kind, _Seen(0, path))
        seen.count += 1
        seen.first = min(seen.first, path)

    def count(self, kind: Kind) -> int:
        """The number of ``kind``."""
        return self._seen[kind].count if kind in self._seen else 0

    def first(self, kind: Kind) -> str:
        """The first path of ``kind`` by name, independent of the order of ``add``."""
        return self._seen[kind].first

    def clear(self) -> None:
        """Forget all."""
        self._seen.clear()

    def __iter__(self) -> Iterator[Kind]:
        return iter(self._seen)

    def __len__(self) -> int:
        return len(self._seen)


def counted(number: int, noun: str) -> str:
    """``1 image``, ``2 images``, ``60,000 images``."""
    return f"{number:,} {noun}{'s' * (number != 1)}"
