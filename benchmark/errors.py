"""Errors a person sees: each says what is wrong, where, and what to do about it.

``BenchError`` is the root of all that the suite raises on purpose; the command catches it.

    BenchError               wrong input or a wrong surrounding
      NoRows                 nothing was run yet of what was asked for
      NotFinite              a network holds or gives NaN or infinite values
      OracleError            a call that the oracle does not serve; it costs nothing
        QueryRefused         the images are wrong (a ValueError, too)
        BudgetExhausted      the call does not fit into what is left (a RuntimeError, too)
      StoreError             a file that cannot be read or written
        Unsound              a file that is torn, foreign or was changed
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from benchmark import text

LONGEST = 4000  # letters of a message


class BenchError(Exception):
    """Wrong input or a wrong surrounding; the CLI prints the message alone and exits with 2.

    Names of files and words of a user stand in messages, so nothing in one reaches a screen that
    the screen would obey.
    """

    def __init__(self, message: str) -> None:
        super().__init__(text.lines(message, LONGEST))


class OracleError(BenchError):
    """A call that the oracle does not serve; nothing was served and nothing was counted."""


class NoRows(BenchError):
    """Nothing was run yet of what was asked for; the rows that are there may be sound."""


def unknown(kind: str, name: str, known: Iterable[str], hint: str = "") -> BenchError:
    """An error for a name nobody knows, with the closest names there are.

    ``kind`` is a singular noun ("method"), ``known`` all valid names, ``hint`` one more sentence.
    """
    known = sorted(known)
    close = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    guess = f" Did you mean {' or '.join(close)}?" if close else f" Known: {', '.join(known)}."
    return BenchError(f"unknown {kind} {name!r}.{guess}{' ' + hint if hint else ''}")
