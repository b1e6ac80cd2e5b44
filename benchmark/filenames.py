"""Names of files, made of the names of sets, settings and labels.

A file's name is readable, NFC, at most ``LIMIT`` bytes of UTF-8, and different for different
things: a digest, or the id of a row, stands for the parts that are left out or cut. Letters of all
scripts stay, since a folder of files called ``folder-1f0c...`` helps nobody; signs, blanks and
emoji go. The suite finds no file by the readable part, because file systems and archives change it
(composed letters, large and small ones); where a machine cannot write it, it is ASCII.
"""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from collections.abc import Sequence

# Bytes of a name without its ending. Most file systems allow 255, folders with encrypted names
# 143, and a temporary or sibling file needs some more than its own.
LIMIT = 100
DIGEST = 8  # hex digits
RESERVED = {"con", "prn", "aux", "nul", *(f"{d}{n}" for d in ("com", "lpt") for n in range(10))}


def digest(*texts: str) -> str:
    """A few hex digits over some texts."""
    content = "\0".join(texts).encode("utf-8", "backslashreplace")
    return hashlib.sha256(content).hexdigest()[:DIGEST]


def folded(text: str, fill: str) -> str:
    """Letters, digits, ``_`` and ``.``, with ``fill`` for each run of anything else."""
    text = unicodedata.normalize("NFC", text)
    name = re.sub("\0+", fill, "".join(c if _stays(c) else "\0" for c in text))
    try:
        os.fsencode(name)
    except UnicodeEncodeError:
        return re.sub(r"[^A-Za-z0-9_.]+", fill, text)
    return name


def joined(parts: Sequence[str], limit: int = LIMIT) -> str:
    """Folded ``parts`` with a dash between them, the longest cut until all fit into ``limit``."""
    encoded = [part.encode() for part in parts]
    longest = max(map(len, encoded), default=0)
    while sum(min(len(part), longest) + 1 for part in encoded) > limit + 1 and longest > 1:
        longest -= 1
    return "-".join(part[:longest].decode(errors="ignore") for part in encoded)


def readable(words: Sequence[str], limit: int = LIMIT) -> str:
    """Words as one name. Other words may give the same name: add a digest, or use ``unique``."""
    kept = [folded(word, "-").strip("-.") for word in words]
    name = joined([word for word in kept if word], limit)
    return f"_{name}" if name.partition(".")[0].casefold() in RESERVED else name


def unique(words: Sequence[str]) -> str:
    """Words as one name that no other words give, even where case does not count.

    It ends with a digest unless it shows the words unchanged.
    """
    words = [unicodedata.normalize("NFC", word) for word in words if word]
    name = readable(words, LIMIT - DIGEST - 1)
    if name == "-".join(words) == name.casefold():
        return name
    return "-".join(filter(None, (name, digest(*words))))


def _stays(character: str) -> bool:
    combining = unicodedata.category(character)[0] == "M"  # vowels of Indic scripts, accents
    return combining or character.isalnum() or character in "_."
