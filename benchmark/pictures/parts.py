"""Which methods share a picture where a setting has more than one picture can show."""

from __future__ import annotations

from collections import defaultdict

from benchmark.rows.grouping import by_method
from benchmark.rows.row import Row

MOST = 14  # lines that a reader can follow in one picture
LARGE = 5  # lines of one method that are worth a picture of their own
SMALL = "variants"  # of the methods that have few


def split(rows: list[Row]) -> dict[str, list[Row]]:
    """The rows of one setting by the name of their picture; all in ``""`` if one picture will do.

    Otherwise ``""`` has methods without variants and settings of their own, and all floors. Each
    method with many of these has a part with its name, the others are together in ``SMALL``; there
    a method stands beside its variants.
    """
    groups = by_method(rows)
    if len(groups) <= MOST:
        return {"": rows}
    families: dict[str, list[list[Row]]] = defaultdict(list)
    for of in groups.values():
        if not of[0].floor:
            families[of[0].method].append(of)
    parts = {"": [row for row in rows if row.floor or is_plain(row)]}
    for method, labels in families.items():
        if len(labels) > 1:
            name = method if len(labels) >= LARGE else SMALL
            parts.setdefault(name, []).extend(row for of in labels for row in of)
    order = sorted(parts, key=lambda name: name == SMALL)
    return {name: parts[name] for name in order if parts[name]}


def is_plain(row: Row) -> bool:
    """Whether a row is of a method as it comes: neither a variant nor a field overridden."""
    return not row.variant and not row.overrides


def title(setting: str, part: str) -> str:
    """A setting and a part of it, in words."""
    if not part:
        return setting
    return f"{setting}; {SMALL}" if part == SMALL else f"{setting}; {SMALL} of {part}"
