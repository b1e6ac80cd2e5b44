"""Tables in Markdown, as narrow as their content."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

# What would be a link, an image, emphasis, code, HTML, an entity, mathematics or a table's line.
SIGNS = re.compile(
    r"[\\`*\[\]<>|$]|~~|(?<![^\W_])_|_(?![^\W_])|&(?=#?\w+;)|(?<=\w):(?=//)|(?<=www)\."
)
# The ends of an interval: no link, as neither ( nor : nor [ follows, so that it stays readable raw.
ENDS = re.compile(r"\[[+-]?\d+\.\d+, [+-]?\d+\.\d+\](?=\s|$)")
# A heading, a quotation, a list, a rule.
BLOCK = re.compile(r"(?m)^(\s*)([#>=+-]|\d+(?=[.)](?:\s|$)))")


def escape(text: str) -> str:
    """A text that Markdown shows as it is, in a line or in a cell."""
    found, at = [], 0
    for ends in ENDS.finditer(text):
        found += [SIGNS.sub(r"\\\g<0>", text[at : ends.start()]), ends[0]]
        at = ends.end()
    return "".join([*found, SIGNS.sub(r"\\\g<0>", text[at:])])


def prose(text: str, begins: bool = True) -> str:
    """A paragraph that begins no list and holds no link; words in backticks are code.

    ``begins``: it stands at the beginning of a line.
    """
    parts = re.split(r"`([^`]+)`", text)
    shown = [f"`{part}`" if number % 2 else escape(part) for number, part in enumerate(parts)]
    return BLOCK.sub(_quoted, "".join(shown)) if begins else "".join(shown)


def _quoted(found: re.Match) -> str:
    space, sign = found.groups()
    return f"{space}{sign}\\" if sign.isdigit() else f"{space}\\{sign}"


def pipes(header: Sequence[str], lines: Iterable[Sequence[str]], left: int = 1) -> str:
    """Rows of text; the first ``left`` columns are set to the left, the others to the right."""
    import tabulate

    tabulate.MIN_PADDING = 0  # else each header is two characters wider: too wide for 80 columns
    align = ["left"] * left + ["right"] * (len(header) - left)
    return tabulate.tabulate(
        [list(line) for line in lines], list(header), "pipe", disable_numparse=True, colalign=align
    )
