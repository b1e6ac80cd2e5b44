"""Tables in CSV, long form: a line for each result, a column for each of its numbers."""

from __future__ import annotations

import csv
import io

from benchmark.tables.table import Record, Sheet
from benchmark.tables.values import Plain, columns


def render(sheet: Sheet) -> str:
    """All records of all tables under one header; six decimals, a missing value is empty."""
    lines = [_flat(record) for table in sheet.tables for record in table.records]
    text = io.StringIO()
    writer = csv.DictWriter(text, lines[0] if lines else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows(lines)
    return text.getvalue()


def _flat(record: Record) -> dict[str, Plain]:
    """A value in one column or several, without the last digits of binary fractions."""
    found: dict[str, Plain] = {}
    for name, value in record.items():
        found |= columns(name, value)
    return {k: round(v, 6) if isinstance(v, float) else v for k, v in found.items()}
