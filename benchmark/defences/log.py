"""The query log of a run that has ended: the images that it kept, with the labels it was told."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from benchmark.errors import BenchError
from benchmark.files import Unsound
from benchmark.oracle.journal import ANSWERED, Form
from benchmark.oracle.journal.form import HEADER, IMAGES_HEADER, checks, lines
from benchmark.rows.row import Row
from benchmark.rows.store import Store


def read(store: Store, row: Row) -> tuple[np.ndarray, np.ndarray]:
    """All images of a run in the order of its queries, uint8 N x C x H x W, and labels, int64 N.

    Raises ``BenchError`` where the run did not keep its images or kept a part of them, ``Unsound``
    where they are not those of the row.
    """
    images, records = store.bought_path(row.id), store.journal_path(row.id, row.method_sha)
    for path in (images, records):
        if not path.is_file():
            raise BenchError(
                f"run {row.id} has no {path.name}: run it again with --keep-bought --force"
            )
    head = _head(images, IMAGES_HEADER.size)
    whole = len(head) == IMAGES_HEADER.size
    form = Form.read(_head(records, HEADER.size), head) if whole else None
    if form is None:
        raise Unsound(f"{images} is not of {records}, or damaged at its head")
    if form.budget > form.limit:
        raise BenchError(f"run {row.id} kept {form.limit:,} of its {form.budget:,} images only")
    slots = np.fromfile(images, form.slot, offset=IMAGES_HEADER.size)
    labels = _labels(slots, np.fromfile(records, form.record, offset=HEADER.size))
    if len(labels) != row.queries or _digest(labels) != row.labels_digest:
        raise Unsound(f"{images} and {records} do not hold the {row.queries:,} queries of the row")
    return slots["image"], labels


def _labels(slots: np.ndarray, records: np.ndarray) -> np.ndarray:
    """The label of each image, -1 where no record fits; the last one that fits is the run's."""
    fits = (records["state"] == ANSWERED) & (records["position"] < len(slots))
    of = records[fits]
    at = of["position"]
    right = slots["check"][at] == checks(lines(slots[at]), of["hash"] & 0xFFFFFFFF)
    labels = np.full(len(slots), -1)
    labels[at[right]] = of["label"][right]
    return labels


def _digest(labels: np.ndarray) -> str:
    return hashlib.sha256(labels.astype("<i4").tobytes()).hexdigest()


def _head(path: Path, size: int) -> bytes:
    with path.open("rb") as file:
        return file.read(size)
