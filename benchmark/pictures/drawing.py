"""One style for every picture, matplotlib's own.

The same rows give the same bytes everywhere, so nothing of a user's own style is taken. Text is
text: a name such as ``$x^2$`` is no formula.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from typing import Any

from benchmark.pictures import fonts
from benchmark.pictures.door import matplotlib


@contextlib.contextmanager
def style(texts: Iterable[str] = (), **options: Any) -> Iterator[None]:
    """Make and save figures inside. ``texts``: what may stand in them beside plain English, so that
    their letters are found in other fonts; ``options`` are more of matplotlib's settings, with
    ``_`` for ``.``.
    """
    matplotlib()
    import matplotlib.style as styles

    more = {name.replace("_", ".", 1): value for name, value in options.items()}
    own = {"text.parse_math": False, "font.family": fonts.families(texts)}
    with styles.context(["default", {**own, **more}]):
        yield
