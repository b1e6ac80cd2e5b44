"""Tables in Markdown, as narrow as their content."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

# Signs that begin a link, an image, emphasis, code, HTML, an entity, mathematics or a table's line.
SIGNS = re.compile(
    r"[\\`*\[\]<>|$]|~~|(?<![^\W_])_|_(?![^\W_])|&(?=#?\w+;)|(?<=\w):(?=//)|(?<=www)\."
)
# A heading, a quotation, a list, a rule.
BLOCK = re.compile(r"(?m)^(\s*)([#>=+-]|\d+(?=[.)](?:\s|$)))")


def escape(text: str) -> str:
    """A text that Markdown shows as it is, in a line or in an entry."""
    return SIGNS.sub(r"\\\g<0>", text)


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


def pipes(header: Sequence[str], lines: Iterable[Sequence[str]], names: Sequence[bool]) -> str:
    """A table of texts that are Markdown already; columns of names are set to the left."""
    import tabulate

    tabulate.MIN_PADDING = 0  # else each header is two characters wider: too wide for 80 columns
    align = ["left" if is_name else "right" for is_name in names]
    return tabulate.tabulate(
        [list(line) for line in lines], list(header), "pipe", disable_numparse=True, colalign=align
    )
