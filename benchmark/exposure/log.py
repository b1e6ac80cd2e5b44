"""A finished run's queries, read back from its journal for those who look at them afterwards."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from benchmark.files import Unsound
from benchmark.oracle.journal.appended import Appended
from benchmark.oracle.journal.form import ANSWERED, HEADER, IMAGES_HEADER, Form
from benchmark.oracle.journal.images import Images
from benchmark.oracle.journal.records import Records


def asked(
    records_path: Path, images_path: Path, count: int, labels_digest: str
) -> tuple[np.ndarray, np.ndarray]:
    """The images of a run, uint8 N x C x H x W in the order it asked them, and labels int64 N.

    ``count``, ``labels_digest``: the queries of its row. Raises ``Unsound`` where the files are
    missing, damaged, of other queries, or hold a sample of the images alone.
    """
    form = _form(records_path, images_path)
    if form.budget > form.limit:
        raise Unsound(f"{images_path} holds a sample of {form.limit:,} images, not all")
    records = Records(records_path, form, begin=False)
    try:
        hashes, labels = _answers(records, count)
    finally:
        records.file.close()
    if hashlib.sha256(labels.astype("<i4").tobytes()).hexdigest() != labels_digest:
        raise Unsound(f"{records_path} holds other answers than those of the row")
    images = Images.resume(images_path, form, hashes)
    try:
        content = images.file.read(images.offset(0), images.offset(count))
    finally:
        images.file.close()
    return np.frombuffer(content, form.slot)["image"].copy(), labels


def _form(records_path: Path, images_path: Path) -> Form:
    headers = []
    for path, size in ((records_path, HEADER.size), (images_path, IMAGES_HEADER.size)):
        try:
            file = Appended(path)
        except FileNotFoundError:
            raise Unsound(f"{path} is not here") from None
        except OSError as problem:
            raise Unsound(f"cannot read {path}: {problem}") from None
        headers.append(file.read(0, size))
        file.close()
    form = Form.read(*headers)
    if form is None:
        raise Unsound(f"{images_path} holds no images of the journal {records_path}")
    return form


def _answers(records: Records, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Hashes and labels of the first ``count`` queries; of two answers to one, the last."""
    hashes, labels = np.zeros(count, np.int64), np.full(count, -1, np.int64)
    for _, block in records.blocks():
        of = block[(block["state"] == ANSWERED) & (block["position"] < count)]
        hashes[of["position"]], labels[of["position"]] = of["hash"], of["label"]
    if (labels < 0).any():
        raise Unsound(f"{records.path} has no answer of query {int(np.argmax(labels < 0)):,}")
    return hashes, labels
