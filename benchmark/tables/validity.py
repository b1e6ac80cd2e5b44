"""The labels of a method behind its name, in every table.

Not seen working in its own setting; images designed by hand, which are neither learnt from queries
nor a floor; no method of the suite.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from benchmark.rows.row import Row
from benchmark.run import outlines

if TYPE_CHECKING:
    from benchmark.method import Method

LABEL = "not validated"
DESIGNED = "designed prior"
GIVEN, PLUGIN = "by path", "plugin"  # a method of a file that a person named; of another package


@functools.cache
def missing(method: str) -> str:
    """The reason why a method of the suite is not validated; "" for every other."""
    found = _facts(method)
    return found.not_validated if found else ""


@functools.cache
def designed(method: str) -> str:
    """The knowledge of images that was put into a method by hand; "" for every other."""
    found = _facts(method)
    return found.designed if found else ""


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
    """The name of an entry of a table, with the labels of its method."""
    return _labelled(name, {method})


def named(name: str, rows: Iterable[Row]) -> str:
    """The name of an entry, with its labels; ``rows`` are those behind the entry."""
    return _labelled(name, {row.method for row in rows})


def _labelled(name: str, methods: set[str]) -> str:
    labels = [LABEL] if any(map(missing, methods)) else []
    labels += [DESIGNED] if any(map(designed, methods)) else []
    labels += sorted({label for one in methods if (label := origin(one))})
    return f"{name} ({', '.join(labels)})" if labels else name


def notes(rows: Iterable[Row]) -> list[str]:
    """The meaning of the labels for the methods of a table."""
    methods = sorted({row.method for row in rows})
    return [note for name in methods for note in _notes(name)]


def _notes(method: str) -> Iterator[str]:
    if why := missing(method):
        yield f"{method} is {LABEL}: {why}."
    if by := designed(method):
        yield f"{method} is a {DESIGNED}: {by}."
    if given := {GIVEN: "method given by path", PLUGIN: "plugin"}.get(origin(method)):
        yield f"{method}: {given}, not part of the suite."
