"""Counts of things of one kind, with the first example of each."""

from __future__ import annotations

from collections.abc import Hashable, Iterator


class Tally:
    """How often each kind was seen, and where first by name; iterates over the kinds."""

    def __init__(self) -> None:
        self._seen: dict[Hashable, list] = {}

    def add(self, kind: Hashable, path: str) -> None:
        """One more of ``kind``, at ``path``."""
        seen = self._seen.setdefault(kind, [0, path])
        seen[0] += 1
        seen[1] = min(seen[1], path)

    def count(self, kind: Hashable) -> int:
        """How many of ``kind`` there are."""
        return self._seen[kind][0] if kind in self._seen else 0

    def first(self, kind: Hashable) -> str:
        """The path of one of ``kind``, the same in whatever order they came."""
        return self._seen[kind][1]

    def clear(self) -> None:
        """Forget all."""
        self._seen.clear()

    def __iter__(self) -> Iterator[Hashable]:
        return iter(self._seen)

    def __len__(self) -> int:
        return len(self._seen)


def counted(number: int, noun: str) -> str:
    """``1 image``, ``2 images``, ``60,000 images``."""
    return f"{number:,} {noun}{'s' * (number != 1)}"
