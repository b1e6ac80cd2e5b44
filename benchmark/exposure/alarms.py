"""The query at which PRADA's detector would have rung, of the images that a run asked."""

from __future__ import annotations

from dataclasses import dataclass

from benchmark.defences import prada
from benchmark.exposure import log
from benchmark.files import StoreError
from benchmark.rows.row import Row
from benchmark.rows.store import Store


@dataclass(frozen=True)
class Alarm:
    """One run's alarm. ``at`` is None where it never rang, or was not computed."""

    at: int | None  # queries that had been asked
    queries: int  # of the run
    not_computed: str = ""  # the reason


def of(row: Row, store: Store) -> Alarm:
    """The alarm of a run whose images were kept."""
    if not row.queries:
        return Alarm(None, 0, "nothing was asked")
    try:
        images, labels = log.of(row, store)
    except StoreError:
        return Alarm(None, row.queries, "its images were not kept")
    return Alarm(prada.alarm(images, labels), row.queries)
