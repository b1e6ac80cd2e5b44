"""The layout of a file of purchases; the package's docstring describes the format."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np

LIMIT = 250_000  # images that are kept of a run; of more, a uniform sample of that many
MAGIC = b"bought-1"
HEADER = struct.Struct("<8s5I3Q16sI")
CHECK = 4  # bytes of a CRC-32


@dataclass(frozen=True)
class Form:
    """The header of a file: its run, and where each record lies."""

    run_id: str
    shape: tuple[int, int, int]  # C, H, W
    answers: int  # 0: labels only; K: class probabilities
    bits: int  # of a pixel as it was asked
    budget: int
    seed: int  # from 0 to 2**64 - 1; chooses the images that are kept
    limit: int = LIMIT

    @cached_property
    def receipt(self) -> np.dtype:
        """The type of the first bytes of every record: hash, label, and the answer if any."""
        answer = [("answer", "<f4", (self.answers,))] if self.answers else []
        return np.dtype([("hash", "<i8"), ("label", "<i4"), *answer])

    @cached_property
    def pixels(self) -> int:
        """Bytes of an image."""
        return int(np.prod(self.shape))

    @cached_property
    def kept(self) -> np.ndarray:
        """Numbers of the queries whose images are kept, int64, rising.

        Chosen before the first query, so that a resumed run keeps the same: those with the smallest
        of ``budget`` raw numbers of Philox, which are the same in every NumPy.
        """
        if self.budget <= self.limit:
            return np.arange(self.budget)
        drawn = np.random.Philox(key=self.seed).random_raw(self.budget)
        return np.sort(np.argsort(drawn, kind="stable")[: self.limit])

    def images(self, count: int) -> int:
        """How many images are kept of the first ``count`` queries."""
        return int(np.searchsorted(self.kept, count))

    def offset(self, query: int) -> int:
        """Where a query's record begins, in bytes; for the first query without one, the end."""
        return int(self.offsets(np.asarray(query)))

    def offsets(self, queries: np.ndarray) -> np.ndarray:
        """As ``offset``, for int64 queries."""
        before = np.asarray(np.searchsorted(self.kept, queries))
        return HEADER.size + queries * (self.receipt.itemsize + CHECK) + before * self.pixels

    @property
    def size(self) -> int:
        """Bytes of the file when the whole budget is spent."""
        return self.offset(self.budget)

    def header(self) -> bytes:
        """The first bytes of the file."""
        numbers = (*self.shape, self.answers, self.bits, self.budget, self.limit, self.seed)
        packed = HEADER.pack(MAGIC, *numbers, self.run_id.encode(), 0)[:-CHECK]
        return packed + zlib.crc32(packed).to_bytes(CHECK, "little")


def check(content: bytes, query: int) -> bytes:
    """The last bytes of a query's record: the checksum of those before them."""
    return zlib.crc32(content, query & 0xFFFFFFFF).to_bytes(CHECK, "little")


def is_whole(record: bytes, query: int) -> bool:
    """Whether these bytes are the record of this query."""
    return len(record) > CHECK and record[-CHECK:] == check(record[:-CHECK], query)
