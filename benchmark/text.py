"""Foreign text (of methods, files, folders) made safe to show: without control characters."""

from __future__ import annotations

import re
import unicodedata

LONGEST = 300  # letters of one line; names, notes and reasons are shorter
# Colours, cursor moves, titles of windows: whole, since their rest would be shown otherwise.
SEQUENCES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # with parameters
    r"|(?:\x1b[]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"  # with a text
    r"|\x1b[ -/]*[0-~]?"
)
JOINERS = "\u200c\u200d"  # some scripts cannot be spelt without these two
HIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}  # control, format, half a character, line ends


def is_hidden(character: str) -> bool:
    """True for a character that is not seen but changes how a screen shows others."""
    return unicodedata.category(character) in HIDDEN and character not in JOINERS


def hidden(text: str, allowed: str = "") -> str:
    """The code point of the first hidden character, as ``U+202E``; "" if there is none."""
    if text.isprintable():
        return ""
    found = next((c for c in text if is_hidden(c) and c not in allowed), "")
    return f"U+{ord(found):04X}" if found else ""


def line(text: str, limit: int = LONGEST) -> str:
    """``text`` in one line of visible characters, at most ``limit`` of them."""
    seen = SEQUENCES.sub("", text[: 10 * limit])
    seen = "".join(c if not is_hidden(c) else " " if c.isspace() else "" for c in seen)
    return shortened(seen.strip(), limit)


def lines(text: str, limit: int) -> str:
    """As ``line``, but keeps line breaks and indents."""
    seen = SEQUENCES.sub("", text[: 10 * limit]).replace("\t", "    ").replace("\r\n", "\n")
    return shortened("".join(c for c in seen if c == "\n" or not is_hidden(c)), limit)


def shortened(text: str, limit: int) -> str:
    """``text`` with its end replaced by ``…`` where it is longer than ``limit``."""
    return text if len(text) <= limit else f"{text[: limit - 1].rstrip()}…"
