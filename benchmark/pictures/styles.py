"""How a method looks: a colour and a marker that nothing else in its panel has.

There are eight of each. Each method has one colour and one marker that it takes wherever it can, by
its position in ``data/method_order.json``; methods of the folder that the list does not name come
after it by name, so a new file needs no entry; one added at the end moves no other. Where two
labels of a panel want one colour or marker, the plainer and earlier one has it, and the other takes
the next that is free. In one picture a label looks the same in every panel, and no other label has
both its colour and its marker while there are pairs left.
"""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from benchmark.errors import BenchError
from benchmark.reading import strict_json
from benchmark.rows.row import Row
from benchmark.run import registry

ORDER = "data/method_order.json"
# Six of Okabe and Ito's colours, then two as far from these as normal, red-, green- and blue-blind
# eyes allow. All are seen on white and on black pages, so there is no yellow and no black. In grey,
# markers tell them apart.
COLOURS = (
    "#0072b2",
    "#d55e00",
    "#009e73",
    "#cc79a7",
    "#e69f00",
    "#56b4e9",
    "#9440ec",
    "#9a4a2c",
)
MARKERS = "os^DvPX<"
Groups = dict[str, list[Row]]  # label -> its rows


@dataclass(frozen=True)
class Style:
    """Colour and marker of one label."""

    colour: str
    marker: str

    def marked(self, hollow: bool = False) -> dict[str, Any]:
        """Keywords of a line with markers."""
        face = "white" if hollow else self.colour
        return {"color": self.colour, "marker": self.marker, "markerfacecolor": face}


def styles(panels: Iterable[Groups]) -> dict[str, Style]:
    """A style for each label of a picture, from the rows of the labels of each of its panels.

    Labels of one panel differ; where it has more than there are looks, those used least come again.
    """
    panels = list(panels)
    rows = {label: of[0] for groups in panels for label, of in groups.items()}
    taken: dict[str, Style] = {}
    for label in sorted(rows, key=lambda label: order(rows[label], label)):
        near = {other for groups in panels if label in groups for other in groups} & taken.keys()
        taken[label] = _free(_wanted(rows[label]), [taken[other] for other in near], taken.values())
    return taken


def _free(wanted: int, beside: list[Style], all_taken: Collection[Style]) -> Style:
    """The look nearest to the wanted one that differs from those ``beside`` it, and from all."""
    order = [(wanted + step) % len(COLOURS) for step in range(len(COLOURS))]
    colours, markers = [of.colour for of in beside], [of.marker for of in beside]
    colour = min((COLOURS[index] for index in order), key=colours.count)
    order = [(COLOURS.index(colour) + step) % len(MARKERS) for step in range(len(MARKERS))]
    return min(
        (Style(colour, MARKERS[index]) for index in order),
        key=lambda style: (markers.count(style.marker), style in all_taken),
    )


def order(row: Row, label: str) -> tuple:
    """Sorts labels: methods as they come before variants and these before overridden fields, then
    in the order of methods, newest version first.
    """
    changed = (len(row.overrides), bool(row.variant))
    numbers = [int(part) if part.isdecimal() else part for part in re.split(r"(\d+)", label)]
    return *changed, _rank(row.method), _position(row), -row.method_version, numbers


def _wanted(row: Row) -> int:
    """The look that a label takes where it can."""
    return (_rank(row.method) + _position(row)) % len(COLOURS)


def _position(row: Row) -> int:
    """Position of a variant in its method; one that is gone comes after the others."""
    known = _variants(row.method)
    return known.index(row.variant) if row.variant in known else len(known)


def _rank(method: str) -> int:
    """Position of a method; one from outside the folder goes by a digest of its name."""
    known = _order()
    if method in known:
        return known.index(method)
    return len(known) + int(hashlib.sha256(method.encode()).hexdigest(), 16) % len(COLOURS)


@functools.cache
def _order() -> tuple[str, ...]:
    text = files("benchmark").joinpath(ORDER).read_text(encoding="utf-8")
    return tuple(dict.fromkeys([*strict_json(text.encode()), *registry.names()]))


@functools.cache
def _variants(method: str) -> tuple[str, ...]:
    """A method's variants, the default first; a method that is not here has none."""
    try:
        return ("", *registry.named(method).method.variants)
    except BenchError:
        return ("",)
