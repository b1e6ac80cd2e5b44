"""The one door to matplotlib: its own style for every picture, and no window to draw into.

The same rows give the same bytes everywhere, so nothing of a user's own style is taken. Text is
text: a name such as ``$x^2$`` is no formula.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterable, Iterator
from types import ModuleType


def matplotlib() -> ModuleType:
    """The module, whatever MPLBACKEND says: pictures go into files. With a name that it does not
    know there its import fails, and fails again at a second try.
    """
    if "matplotlib" in sys.modules or "MPLBACKEND" not in os.environ:
        import matplotlib

        return matplotlib
    backend = os.environ.pop("MPLBACKEND")
    try:
        import matplotlib
    finally:
        os.environ["MPLBACKEND"] = backend
    with contextlib.suppress(ValueError):  # what else draws in this process keeps its backend
        matplotlib.rcParams["backend"] = backend
    return matplotlib


@contextlib.contextmanager
def style(texts: Iterable[str] = (), **options) -> Iterator[None]:
    """Make and save figures inside. ``texts``: what may stand in them beside plain English, so that
    their letters are found in other fonts; ``options`` are more of matplotlib's settings, with
    ``_`` for ``.``.
    """
    matplotlib()
    import matplotlib.style as styles

    from benchmark.pictures import fonts  # which needs this module

    more = {name.replace("_", ".", 1): value for name, value in options.items()}
    own = {"text.parse_math": False, "font.family": fonts.families(texts)}
    with styles.context(["default", {**own, **more}]):
        yield
