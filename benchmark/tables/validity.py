"""Methods that nobody has seen working in their own setting, or that are none of the suite.

Every table labels them.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import TYPE_CHECKING

from benchmark.rows.row import Row
from benchmark.run import outlines

if TYPE_CHECKING:
    from benchmark.method import Method

LABEL = "not validated"
GIVEN, PLUGIN = "by path", "plugin"  # a method of a file that a person named; of another package


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


@functools.cache
def origin(method: str) -> str:
    """``GIVEN`` or ``PLUGIN`` for a method that is none of the suite; "" for one of its folder.

    No row says so: anybody could write there that a method is the suite's.
    """
    if method in outlines.names():
        return ""
    return PLUGIN if method in outlines.plugins() else GIVEN


def called(name: str, method: str) -> str:
    """The name of an entry of a table, with the label of its method."""
    return _labelled(name, [method])


def named(name: str, rows: Iterable[Row]) -> str:
    """The name of an entry, with its label; ``rows`` are those behind the entry."""
    return _labelled(name, [row.method for row in rows])


def _labelled(name: str, methods: list[str]) -> str:
    labels = [LABEL if missing(one) else origin(one) for one in methods]
    return next((f"{name} ({label})" for label in labels if label), name)


def notes(rows: Iterable[Row]) -> list[str]:
    """The meaning of the labels for the methods of a table."""
    found = {row.method: _note(row.method) for row in rows}
    return [note for _, note in sorted(found.items()) if note]


def _note(method: str) -> str:
    if why := missing(method):
        return f"{method} is {LABEL}: {why}."
    given = {GIVEN: "method given by path", PLUGIN: "plugin"}.get(origin(method))
    return f"{method}: {given}, not part of the suite." if given else ""
