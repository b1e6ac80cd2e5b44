"""The query at which PRADA's detector would have rung, of the images that a run asked.

The detector is a module of the suite's defences; ``detector`` is the one place that looks for it.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from benchmark.exposure import log
from benchmark.files import StoreError
from benchmark.rows.row import Row
from benchmark.rows.store import Store

MODULE = "benchmark.defences.prada"
Detector = Callable[[np.ndarray, np.ndarray], "int | None"]


@dataclass(frozen=True)
class Alarm:
    """One run's alarm. ``at`` is None where it never rang, or was not computed."""

    at: int | None  # queries that had been asked
    queries: int  # of the run
    not_computed: str = ""  # the reason


def detector() -> Detector | None:
    """``alarm(images uint8 N x C x H x W, labels int N)``: the queries at the alarm, or None.

    None in place of the function where this suite has no detector.
    """
    try:
        module = importlib.import_module(MODULE)
    except ModuleNotFoundError:
        return None
    return module.alarm


def of(row: Row, store: Store) -> Alarm:
    """The alarm of a run whose images were kept."""
    alarm = detector()
    if alarm is None:
        return Alarm(None, row.queries, "this suite has no detector")
    if not row.queries:
        return Alarm(None, 0, "nothing was asked")
    records = store.journal_path(row.id, row.method_sha)
    try:
        images, labels = log.asked(
            records, store.bought_path(row.id), row.queries, row.labels_digest
        )
    except StoreError:
        return Alarm(None, row.queries, "its images were not kept")
    return Alarm(alarm(images, labels), row.queries)
