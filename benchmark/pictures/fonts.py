"""Letters that matplotlib's own font has not: from another installed font, else as code points.

Nothing of a name is left blank: where no font has a letter, ``\\u6570`` stands in its place, and a
warning names the missing letters.
"""

from __future__ import annotations

import functools
import unicodedata
import warnings
from collections.abc import Iterable
from pathlib import Path

from benchmark.pictures.door import matplotlib

MAIN = "DejaVu Sans"  # comes with matplotlib
SHOWN = 20  # letters that a warning names
NO_FONTS = ("Last Resort", ".Last Resort")  # a box for every code point


class MissingLetters(UserWarning):
    """Letters that no installed font has."""


def drawable(text: str) -> str:
    """A text on one line in which every letter can be drawn."""
    return "".join(_drawable(sign) for sign in text)


def families(texts: Iterable[str]) -> list[str]:
    """The fonts that texts need, matplotlib's own first; warns of letters that none has."""
    signs = [s for s in dict.fromkeys("".join(texts)) if _is_drawn(s)]
    found = [_family(sign) for sign in signs]
    missing = "".join(sign for sign, family in zip(signs, found, strict=True) if not family)
    if missing:
        shown = missing if len(missing) <= SHOWN else f"{missing[:SHOWN]}…"
        warnings.warn(
            f"no installed font has {shown}: pictures show code points, as "
            f"{_code_point(missing[0])}; a font of that script, such as Noto Sans, helps",
            MissingLetters,
            stacklevel=2,
        )
    return list(dict.fromkeys([MAIN, *filter(None, found)]))


def _drawable(sign: str) -> str:
    if not sign.isprintable():
        return " "
    return sign if not _is_drawn(sign) or _family(sign) else _code_point(sign)


def _is_drawn(sign: str) -> bool:
    """Whether a sign needs a shape of its own; selectors of other shapes do not."""
    return sign.isprintable() and unicodedata.name(sign, "").find("VARIATION SELECTOR") < 0


def _code_point(sign: str) -> str:
    return f"\\u{ord(sign):04x}" if ord(sign) < 0x10000 else f"\\U{ord(sign):08x}"


@functools.cache
def _family(sign: str) -> str:
    """A font that has a sign; "" if there is none."""
    if sign.isascii() or ord(sign) in _signs(_path(MAIN)):
        return MAIN
    return next((name for name, path in _others() if ord(sign) in _signs(path)), "")


def _path(family: str) -> str:
    matplotlib()
    from matplotlib import font_manager

    return font_manager.findfont(family)


@functools.cache
def _others() -> tuple[tuple[str, str], ...]:
    """Name and path of every upright font of usual weight, by name."""
    from matplotlib import font_manager

    entries = {
        entry.name: entry.fname
        for entry in sorted(font_manager.fontManager.ttflist, key=lambda entry: entry.fname)
        if entry.style == "normal" and entry.weight in (400, "normal", "regular", "book")
    }
    return tuple((n, path) for n, path in sorted(entries.items()) if not n.startswith(NO_FONTS))


@functools.cache
def _signs(path: str) -> frozenset[int]:
    """The code points of a font; none of a file that cannot be read, or has no shapes in lines."""
    from matplotlib import font_manager

    if not Path(path).is_file():
        return frozenset()
    try:
        return frozenset(font_manager.get_font(path).get_charmap())
    except (OSError, RuntimeError):
        return frozenset()
