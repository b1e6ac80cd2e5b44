"""The classes of a row's data set by name, and a few of its test images where the data are here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from benchmark import datasets
from benchmark.datasets import FOLDER, Dataset
from benchmark.errors import BenchError
from benchmark.rows.row import Row

OF_EACH = 2  # images of a class


@dataclass(frozen=True)
class Real:
    """``names``: one a label, or none. ``images``: as a sample holds them; None: not here."""

    names: tuple[str, ...]
    images: dict[str, Tensor] | None = None


def of(row: Row, data_dir: Path | None) -> Real:
    """What is known of the data set of a row. Without ``data_dir`` no file is looked for.

    Other data under the same name, or damaged ones, do not count as the row's.
    """
    known = datasets.class_names(row.dataset)
    names = known if len(known) == row.classes else ()
    if not data_dir or not _is_here(row.dataset, data_dir):
        return Real(names)
    try:
        data = datasets.load(row.dataset, data_dir)
        if data.test_digest != row.data_digest:
            return Real(names)
        return Real(data.classes, _some(data))
    except (BenchError, OSError):
        return Real(names)


def _is_here(name: str, data_dir: Path) -> bool:
    """Whether the data of a set lie there; a row of an archive names it without the ending."""
    if name.startswith(FOLDER):
        return datasets.place_of(name, data_dir) is not None
    return datasets.is_here(name, data_dir)


def _some(data: Dataset) -> dict[str, Tensor]:
    """The first test images of each class."""
    labels = data.test.labels
    chosen = [(labels == label).nonzero().flatten()[:OF_EACH] for label in range(len(data.classes))]
    index = torch.cat(chosen)
    return {"images": data.test.images[index], "labels": labels[index]}
