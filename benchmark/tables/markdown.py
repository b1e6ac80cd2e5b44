"""Tables in Markdown, as narrow as their content."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def pipes(header: Sequence[str], lines: Iterable[Sequence[str]], left: int = 1) -> str:
    """Rows of text; the first ``left`` columns are set to the left, the others to the right."""
    import tabulate

    tabulate.MIN_PADDING = 0  # else each header is two characters wider: too wide for 80 columns
    align = ["left"] * left + ["right"] * (len(header) - left)
    return tabulate.tabulate(
        [list(line) for line in lines], list(header), "pipe", disable_numparse=True, colalign=align
    )
