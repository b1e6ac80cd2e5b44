"""The layout of both parts of a journal; the package's docstring describes the format."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np

LIMIT = 250_000  # images that are kept of a run; of more, a uniform sample of that many
ANSWERED, RESERVED, RELEASED, UNKNOWN = STATES = range(1, 5)  # 0 would be what a hole holds
NAMES = {ANSWERED: "answered", RESERVED: "reserved", RELEASED: "released", UNKNOWN: "unknown"}
HEADER = struct.Struct("<8s16s32s5II")
IMAGES_HEADER = struct.Struct("<8sI3QI")
MAGIC, IMAGES_MAGIC = b"queries1", b"images-1"
CHECK = 4  # bytes of a CRC-32


@dataclass(frozen=True)
class Form:
    """The headers of a journal: its run, and the layout that follows from it."""

    run_id: str
    source: str  # SHA-256 of the method's code, in hex
    shape: tuple[int, int, int]  # C, H, W
    answers: int  # 0: labels only; K: class probabilities
    bits: int  # of a pixel as it was asked
    budget: int = 0
    limit: int = LIMIT
    seed: int = 0  # from 0 to 2**64 - 1; chooses the images that are kept

    @classmethod
    def read(cls, header: bytes, images_header: bytes = b"") -> Form | None:
        """The form that headers tell; None where they are none, or not of one journal.

        Without that of the images it lacks what chooses these.
        """
        if len(header) != HEADER.size or header != _closed(header[:-CHECK]):
            return None
        magic, run_id, source, *shape, answers, bits, _ = HEADER.unpack(header)
        kept = IMAGES_HEADER.unpack(images_header)[2:5] if images_header else (0, LIMIT, 0)
        name = run_id.rstrip(b"\0").decode(errors="replace")
        form = cls(name, source.hex(), tuple(shape), answers, bits, *kept)
        fits = magic == MAGIC and images_header in (b"", form.images_header())
        return form if fits else None

    @cached_property
    def record(self) -> np.dtype:
        """The type of a record."""
        answer = [("answer", "<f4", (self.answers,))] if self.answers else []
        return np.dtype(
            [
                ("hash", "<i8"),
                ("position", "<u4"),  # 2**32 queries are more than an account can hold
                ("call", "<u4"),
                ("label", "<i4"),
                ("state", "<u2"),
                ("attempt", "<u2"),
                *answer,
                ("check", "<u4"),
            ]
        )

    @cached_property
    def slot(self) -> np.dtype:
        """The type of a kept image."""
        return np.dtype([("image", "u1", self.shape), ("check", "<u4")])

    @cached_property
    def pixels(self) -> int:
        """Bytes of an image."""
        return int(np.prod(self.shape))

    @cached_property
    def kept(self) -> np.ndarray:
        """Positions of the queries whose images are kept, int64, rising.

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

    def header(self) -> bytes:
        """The first bytes of the records."""
        source, name = bytes.fromhex(self.source), self.run_id.encode()
        fields = (MAGIC, name, source, *self.shape, self.answers, self.bits)
        return _closed(HEADER.pack(*fields, 0)[:-CHECK])

    def images_header(self) -> bytes:
        """The first bytes of the images."""
        of = int.from_bytes(self.header()[-CHECK:], "little")
        fields = (IMAGES_MAGIC, of, self.budget, self.limit, self.seed)
        return _closed(IMAGES_HEADER.pack(*fields, 0)[:-CHECK])


def _closed(fields: bytes) -> bytes:
    return fields + zlib.crc32(fields).to_bytes(CHECK, "little")


def checks(content: np.ndarray, begun_with: np.ndarray) -> np.ndarray:
    """The CRC-32 of each line of bytes without its last four, begun with a number of its own."""
    size, raw = content.shape[1], memoryview(content.tobytes())
    ends = range(size - CHECK, len(raw), size)
    pairs = zip(ends, begun_with.tolist(), strict=True)
    return np.array([zlib.crc32(raw[end - size + CHECK : end], of) for end, of in pairs], "<u4")


def lines(of: np.ndarray) -> np.ndarray:
    """Records or images as lines of bytes, N x size."""
    return of.view(np.uint8).reshape(len(of), of.itemsize)
