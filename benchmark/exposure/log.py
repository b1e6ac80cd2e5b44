"""A finished run's queries, read back from its journal for those who look at them afterwards."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from benchmark.files import StoreError, Unsound, why
from benchmark.oracle.journal import ANSWERED, Form, Ledger
from benchmark.oracle.journal.appended import Appended
from benchmark.oracle.journal.form import IMAGES_HEADER
from benchmark.oracle.journal.images import Images
from benchmark.rows.row import Row
from benchmark.rows.store import Store


def of(row: Row, store: Store) -> tuple[np.ndarray, np.ndarray]:
    """As ``asked``, of the files of a row; ``StoreError`` says how a run keeps them."""
    try:
        paths = store.journal_path(row.id, row.method_sha), store.bought_path(row.id)
        return asked(*paths, row.queries, row.labels_digest)
    except StoreError as problem:
        raise StoreError(
            f"{problem}; bench run --keep-bought keeps the images of a run, with --force anew"
        ) from None


def asked(
    records_path: Path, images_path: Path, count: int, labels_digest: str
) -> tuple[np.ndarray, np.ndarray]:
    """The images of a run, uint8 N x C x H x W in the order it asked them, and labels int64 N.

    ``count``, ``labels_digest``: the queries of its row. Raises ``StoreError`` where the files are
    missing, damaged, of other queries, or hold a sample of the images alone.
    """
    ledger = Ledger.read(records_path)
    form = _form(ledger, images_path)
    if form.budget > form.limit:
        raise Unsound(f"{images_path} holds a sample of {form.limit:,} images, not all")
    hashes, labels = _answers(ledger, count)
    if hashlib.sha256(labels.astype("<i4").tobytes()).hexdigest() != labels_digest:
        raise Unsound(f"{records_path} holds other answers than those of the row")
    images = Images.resume(images_path, form, hashes)
    try:
        content = images.file.read(images.offset(0), images.offset(count))
    finally:
        images.file.close()
    return np.frombuffer(content, form.slot)["image"].copy(), labels


def _form(ledger: Ledger, images_path: Path) -> Form:
    """The form of a journal with what its images say of themselves."""
    try:
        file = Appended(images_path)
    except OSError as problem:
        raise Unsound(f"cannot read {images_path}: {why(problem)}") from None
    try:
        form = Form.read(ledger.form.header(), file.read(0, IMAGES_HEADER.size))
    finally:
        file.close()
    if form is None:
        raise Unsound(f"{images_path} holds no images of the journal {ledger.path}")
    return form


def _answers(ledger: Ledger, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Hashes and labels of the first ``count`` queries; of two answers to one, the last."""
    hashes, labels = np.zeros(count, np.int64), np.full(count, -1, np.int64)
    records = ledger.records
    of = records[(records["state"] == ANSWERED) & (records["position"] < count)]
    hashes[of["position"]], labels[of["position"]] = of["hash"], of["label"]
    if (labels < 0).any():
        raise Unsound(f"{ledger.path} has no answer of query {int(np.argmax(labels < 0)):,}")
    return hashes, labels
