"""The report's pictures of samples: for each setting, the last queries of its methods."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from torch import Tensor

from benchmark.pictures.curves import complete
from benchmark.pictures.mosaic import COLUMNS, counts, mosaic, shown
from benchmark.report import real_images
from benchmark.report.real_images import Real
from benchmark.rows.grouping import by_method, by_setting
from benchmark.rows.row import Row
from benchmark.rows.store import Store

LIMIT = 3 * 2**20  # bytes of all pixels of a page; more runs have fewer columns
SIDE = 32  # about as many pixels of a screen has the side of an image


@dataclass(frozen=True)
class Grid:
    """One run: its name, its images as a picture inside the page."""

    name: str
    facts: str
    source: str  # data URI
    alt: str
    size: tuple[int, int]  # width and height on a screen
    labels: list[str]  # of the lines, from above


@dataclass(frozen=True)
class Samples:
    """The samples of a setting."""

    heading: str
    notes: str
    grids: list[Grid]


Chosen = list[tuple[str, Row, dict[str, Tensor]]]


def samples(store: Store, rows: list[Row], data_dir: Path | None) -> dict[tuple, Samples]:
    """The samples of each setting, by its key; settings without any are left out.

    ``data_dir``: where real test images are looked for, which then stand before the samples.
    """
    groups = by_setting(complete(rows), budget=False)
    chosen = {key: _chosen(store, group) for key, group in groups.items()}
    sizes = [_column(row, kept) for of in chosen.values() for _, row, kept in of]
    columns = max(1, min(COLUMNS, LIMIT // max(1, sum(sizes))))
    found, left = {}, LIMIT
    for key, of in chosen.items():
        fitting = []
        for one in of:
            left -= columns * _column(*one[1:])
            fitting += [one] if left >= 0 else []
        if fitting:
            found[key] = _samples(fitting, len(of) - len(fitting), columns, data_dir)
    return found


def _chosen(store: Store, rows: list[Row]) -> Chosen:
    """Of the largest budget that has samples, each method's run with the lowest seed."""
    rows = [row for row in rows if store.has_sample(row)]
    budget = max((row.budget for row in rows), default=0)
    methods = by_method(row for row in rows if row.budget == budget)
    sound = [(name, of[0]) for name, of in methods.items() if store.holds(of[0], "sample")]
    return [(name, row, store.sample(row)) for name, row in sound]


def _column(row: Row, kept: dict[str, Tensor]) -> int:
    """Bytes of one image of each label, as a picture may need them."""
    height, width, _ = mosaic(kept, row.classes, columns=1).shape
    return height * width * (3 if kept["images"].shape[1] == 3 else 1)


def _samples(chosen: Chosen, left_out: int, columns: int, data_dir: Path | None) -> Samples:
    row = chosen[0][1]
    rest, real = row.classes - shown(row.classes), real_images.of(row, data_dir)
    notes = [f"The newest {columns} of each label of the oracle, the last at the right."]
    notes += [f"The other {rest} labels are not shown."] if rest else []
    notes += [f"{left_out} more methods are left out for the page's size."] if left_out else []
    grids = [_real(row, real)] if real.images else []
    grids += [_of_run(*one, columns, real) for one in chosen]
    return Samples(f"Samples of {row.budget:,} queries", " ".join(notes), grids)


def _of_run(name: str, row: Row, kept: dict[str, Tensor], columns: int, real: Real) -> Grid:
    facts = f"accuracy {row.accuracy:.2f} %, seed {row.seed}"
    return _grid(name, facts, f"Images that {name} asked", row, kept, columns, real)


def _real(row: Row, real: Real) -> Grid:
    facts = f"the first of each class of {row.dataset}; no method saw them"
    columns = real_images.OF_EACH
    return _grid(
        "real test images", facts, "Real test images", row, real.images or {}, columns, real
    )


def _grid(
    name: str,
    facts: str,
    words: str,
    row: Row,
    kept: dict[str, Tensor],
    columns: int,
    real: Real,
) -> Grid:
    page, there = mosaic(kept, row.classes, columns), counts(kept, row.classes)
    called = [real.names[label] if real.names else f"{label}" for label in range(len(there))]
    empty = [name for name, count in zip(called, there, strict=True) if count == 0]
    alt = f"{words}, a line for each label from {called[0]} to {called[-1]}"
    alt += f"; none of label {', '.join(empty)}" if empty else ""
    zoom = max(1, round(SIDE / (page.shape[1] / columns)))
    labels = [f"{one}" if count else f"{one} –" for one, count in zip(called, there, strict=True)]
    size = (page.shape[1] * zoom, page.shape[0] * zoom)
    return Grid(name, facts, _data_uri(page), alt, size, labels)


def _data_uri(page: np.ndarray) -> str:
    from PIL import Image

    grey = bool((page[..., :3] == page[..., :1]).all())
    stream = io.BytesIO()
    Image.fromarray(page[..., [0, 3]] if grey else page).save(stream, format="PNG")
    return f"data:image/png;base64,{base64.b64encode(stream.getvalue()).decode()}"
