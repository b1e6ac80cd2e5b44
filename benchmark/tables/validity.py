"""Methods that nobody has seen working in their own setting: every table labels them."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import TYPE_CHECKING

from benchmark.rows.row import Row
from benchmark.run import outlines

if TYPE_CHECKING:
    from benchmark.method import Method

LABEL = "not validated"


@functools.cache
def missing(method: str) -> str:
    """The reason why a method of the suite is not validated; "" for every other."""
    found = _facts(method)
    return found.not_validated if found else ""


def current(rows: Iterable[Row]) -> list[Row]:
    """The rows of methods as they are now: of the folder's, and of their present version.

    A row of an older version does not say how a form of the method was built.
    """
    return [row for row in rows if row.method_version == _version(row.method)]


def _version(method: str) -> int | None:
    found = _facts(method)
    return found.version if found else None


@functools.cache
def _facts(method: str) -> outlines.Outline | type[Method] | None:
    """A method of the folder by its text, without torch; by its class where that does not tell."""
    if method not in outlines.names():
        return None
    if found := outlines.find(method):
        return found
    from benchmark.run import registry

    return registry.find(method).method


def called(name: str, method: str) -> str:
    """The name of an entry of a table, with the label of its method."""
    return f"{name} ({LABEL})" if missing(method) else name


def named(name: str, rows: Iterable[Row]) -> str:
    """The name of an entry, with its label; ``rows`` are those behind the entry."""
    return f"{name} ({LABEL})" if any(missing(row.method) for row in rows) else name


def notes(rows: Iterable[Row]) -> list[str]:
    """The meaning of the label for the methods of a table."""
    found = {row.method: missing(row.method) for row in rows}
    return [f"{name} is {LABEL}: {why}." for name, why in sorted(found.items()) if why]
