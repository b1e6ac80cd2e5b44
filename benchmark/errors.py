"""Errors a person sees: each names the fault, its file or option, and the cure.

The suite raises subclasses of ``BenchError`` alone on purpose; the command catches them.

    BenchError               wrong input or a wrong surrounding
      FrameError             the process of a method sends what it may not
        Ended                it has ended
      NoRows                 no row belongs to the request yet
      NotFinite              a network holds or gives NaN or infinite values
      OracleError            a call that the oracle does not serve; it costs nothing
        QueryRefused         the images are wrong (a ValueError, too)
        BudgetExhausted      the call does not fit into the rest of the budget (a RuntimeError, too)
        Stopped              no further question is asked of an endpoint for now
        NotProcessed         an endpoint did not work on a question; it may be sent again
        Unclear              an endpoint may have worked on a question, and no answer is of use
        Denied               an endpoint refuses the key
      Refused                a request that the suite's own server does not serve; it costs nothing
      StoreError             a file that cannot be read or written
        TooLarge             a file of more bytes than any of its kind has
        Unsound              a file that is torn, foreign or was changed
          Unpaired           a file that a saved state needs and does not find
          WrongJournal       a journal that does not fit its run
      TakenOver              another process runs what this one has begun
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from benchmark import text

LONGEST = 4000  # letters of a message


class BenchError(Exception):
    """Wrong input or a wrong surrounding; the CLI prints the message alone and exits with 2.

    A message may hold names of files and words of a user, so control characters are taken out.
    """

    def __init__(self, message: str) -> None:
        super().__init__(text.lines(message, LONGEST))


class OracleError(BenchError):
    """A call that the oracle does not serve; it costs nothing."""


class NoRows(BenchError):
    """No row belongs to the request yet; the rows that are there may be sound."""


def unknown(kind: str, name: str, known: Iterable[str], hint: str = "") -> BenchError:
    """An error for an unknown name, with the closest known ones.

    ``kind`` is a singular noun ("method"), ``known`` all valid names, ``hint`` one more sentence.
    """
    known = sorted(known)
    close = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    guess = f" Did you mean {' or '.join(close)}?" if close else f" Known: {', '.join(known)}."
    return BenchError(f"unknown {kind} {name!r}.{guess}{' ' + hint if hint else ''}")
