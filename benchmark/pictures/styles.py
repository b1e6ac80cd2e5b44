"""How a method looks in every picture: its colour, and the marker of each of its variants.

Colours go by place in ``data/method_order.json``. Methods of the folder that it does not name come
after it by name, so a new file needs no entry; one that is added at the list's end moves no other.
The second eight methods have the colours of the first, with open markers.
"""

from __future__ import annotations

import functools
import hashlib
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from benchmark import registry
from benchmark.errors import BenchError
from benchmark.files import strict_json
from benchmark.store import Row

ORDER = "data/method_order.json"
# Six of Okabe and Ito's colours, then two as far from these as normal, red-, green- and blue-blind
# eyes allow. All are seen on white and on black pages, so there is no yellow and no black.
COLOURS = (
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#9440ec", "#9a4a2c",
)  # fmt: skip
MARKERS = "osD^vP*X<>ph"
# Fill of the markers of the first and of the second eight methods, then where the markers repeat.
FILLS = (("full", "none"), ("left", "right"))


@dataclass(frozen=True)
class Style:
    """Colour and marker of one line."""

    colour: str
    marker: str
    fill: str  # matplotlib's name of a fill style

    @property
    def marked(self) -> dict[str, Any]:
        """As keywords of a line with markers."""
        face = "white" if self.fill == "none" else self.colour
        half = self.fill if self.fill in FILLS[1] else "full"
        return {
            "color": self.colour, "marker": self.marker, "fillstyle": half,
            "markerfacecolor": face, "markerfacecoloralt": "white",
        }  # fmt: skip


def styles(groups: dict[str, list[Row]]) -> dict[str, Style]:
    """A style for each label of a picture, from the rows of that label.

    A variant has the same marker everywhere. What a picture has beside the newest version of a
    variant (older versions, overridden fields) takes the markers after those of the variants.
    """
    found, taken = {}, {}
    for label in sorted(groups, key=lambda label: _plainness(groups[label][0], label)):
        row = groups[label][0]
        used = taken.setdefault(row["method"], set())
        known = _variants(row["method"])
        place = known.index(row["variant"]) if row["variant"] in known else len(known)
        if place in used:
            place = max([len(known) - 1, *used]) + 1
        used.add(place)
        rank = _rank(row["method"])
        fill = FILLS[place // len(MARKERS) % 2][rank // len(COLOURS) % 2]
        found[label] = Style(COLOURS[rank % len(COLOURS)], MARKERS[place % len(MARKERS)], fill)
    return found


def _plainness(row: Row, label: str) -> tuple:
    """Sorts what has a right to its variant's marker first: no overrides, newest version."""
    return len(row["overrides"]), -row["method_version"], label


def _rank(method: str) -> int:
    """Place of a method; one from outside the folder goes by a digest of its name."""
    order = _order()
    if method in order:
        return order.index(method)
    return len(COLOURS) + int(hashlib.sha256(method.encode()).hexdigest(), 16) % len(COLOURS)


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
