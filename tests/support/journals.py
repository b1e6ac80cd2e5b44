"""Journals of tests: a form, random queries of it, and what is left in a file."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmark.oracle.journal import Form, Journal
from benchmark.oracle.journal.form import HEADER

FORM = Form("abcdef012345", "ab" * 32, (3, 4, 5), 0, 8, 40, seed=7)
BATCH = 10


class Queries:
    """Random queries of a form and their answers."""

    def __init__(self, form: Form = FORM) -> None:
        drawn = np.random.default_rng(1)
        shape = (form.budget, *form.shape)
        self.images = drawn.integers(0, 256, shape, dtype=np.uint8)
        if form.bits == 32:
            self.images = drawn.random(shape, dtype=np.float32)
        self.hashes = drawn.integers(-(2**62), 2**62, form.budget)
        self.labels = drawn.integers(0, 10, form.budget).astype(np.int32)
        self.answers = drawn.random((form.budget, form.answers), dtype=np.float32)

    def enter(self, journal: Journal, first: int, last: int, batch: int = BATCH) -> None:
        for at in range(first, last, batch):
            part = slice(at, min(at + batch, last))
            told = self.answers[part] if journal.form.answers else None
            journal.enter(at, self.images[part], self.hashes[part], self.labels[part], told)


def records_in(path: Path, form: Form = FORM) -> np.ndarray:
    """The records in a file, whether they are sound or not."""
    return np.frombuffer(path.read_bytes()[HEADER.size :], form.record)


def hashes_in(path: Path, form: Form = FORM) -> list[int]:
    return records_in(path, form)["hash"].tolist()


def record_at(number: int, form: Form = FORM) -> int:
    """Where a record begins, in bytes."""
    return HEADER.size + number * form.record.itemsize
