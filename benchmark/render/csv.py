"""Tables in CSV, long form: a line for each cell, a column for each value."""

from __future__ import annotations

import csv
import io

from benchmark.table import Document


def render(document: Document) -> str:
    """All records of all tables under one header. Numbers are not rounded; no value is empty."""
    records = [one for table in document.tables for one in table.records]
    text = io.StringIO()
    writer = csv.DictWriter(text, list(records[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(records)
    return text.getvalue()
