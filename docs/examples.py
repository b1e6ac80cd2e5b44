"""A Griffe extension: examples in docstrings (from ``>>>`` on) become blocks of code."""

from __future__ import annotations

import re

from griffe import Extension, Object

EXAMPLE = re.compile(r"^>>> (?:.+\n?)+", re.MULTILINE)


class Examples(Extension):
    """Fences every example, up to the next empty line, before Markdown reads it."""

    def on_object(self, *, obj: Object, **_) -> None:
        """Called once for each object that has been loaded."""
        if obj.docstring:
            value = obj.docstring.value
            obj.docstring.value = EXAMPLE.sub(
                lambda found: f"```pycon\n{found[0].rstrip()}\n```\n", value
            )
