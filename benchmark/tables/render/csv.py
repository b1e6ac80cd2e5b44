"""Tables in CSV, long form: a line for each cell, a column for each value."""

from __future__ import annotations

import csv
import io

from benchmark.tables.records import REFERENCE
from benchmark.tables.table import Document


def render(document: Document) -> str:
    """All records of all tables under one header; six places, and no value is an empty cell."""
    records = [one for table in document.tables for one in table.records]
    text = io.StringIO()
    idle = {key for key in REFERENCE if all(one.get(key) is None for one in records)}
    header = [key for key in records[0] if key not in idle]
    writer = csv.DictWriter(text, header, lineterminator="\n")
    writer.writeheader()
    writer.writerows({key: _short(one[key]) for key in header} for one in records)
    return text.getvalue()


def _short(value: object) -> object:
    """Without the last digits of binary fractions, which say nothing."""
    return round(value, 6) if isinstance(value, float) else value
