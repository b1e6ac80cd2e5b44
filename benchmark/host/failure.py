"""A method's error, as text that may stand in a row."""

from __future__ import annotations

import re
import traceback
from collections.abc import Sequence
from pathlib import Path

from benchmark import text

FRAMES, MESSAGE = 10, 4000  # frames at either end, letters
LONGEST = 10_000  # letters of a whole text that comes from elsewhere
FRAME = re.compile(r"  (.+?):\d+ in .*")
FOLDERS = re.compile(r"(?:(?:[A-Za-z]:)?[\\/][^\s\\/:'\"]+)+(?=[\\/])[\\/]")


def reason(error: str) -> str:
    """The exception of a ``MethodFailure.text`` in one line: type, first line of the message."""
    lines = [line for line in error.split("\n") if line.strip()] or ["no reason is known"]
    after_frames = next((line for line in lines if not line.startswith("  ")), lines[-1])
    return text.line(after_frames)


def frame_in(error: str, files: Sequence[str]) -> str:
    """The innermost frame in an error's text, in the first of these files that has one; else ""."""
    frames = [frame for frame in map(FRAME.fullmatch, error.splitlines()) if frame]
    inside = [[frame for frame in frames if frame[1] == file] for file in files]
    return next((of[-1][0].strip() for of in inside if of), "")


class MethodFailure(Exception):
    """A method raised; ``text`` is its traceback with file names but without folders.

    Many frames are cut to the first and the last, a long message to its beginning.
    """

    def __init__(self, problem: BaseException) -> None:
        frames = [text.line(frame) for frame in _frames(problem)]
        if len(frames) > 2 * FRAMES:
            left_out = f"... {len(frames) - 2 * FRAMES} more ..."
            frames = [*frames[:FRAMES], left_out, *frames[-FRAMES:]]
        said = FOLDERS.sub("", text.lines(_message(problem), MESSAGE))
        self.text = "\n".join([*(f"  {frame}" for frame in frames), said])
        super().__init__(self.text)

    @classmethod
    def of_text(cls, said: str) -> MethodFailure:
        """A failure whose text comes from the method's own process."""
        failure = cls(RuntimeError(""))
        failure.text = FOLDERS.sub("", text.lines(said, LONGEST))
        failure.args = (failure.text,)
        return failure


def _frames(problem: BaseException) -> list[str]:
    frames = traceback.extract_tb(problem.__traceback__)
    return [
        FOLDERS.sub("", f"{Path(f.filename).name}:{f.lineno} in {f.name}: {f.line}") for f in frames
    ]


def _message(problem: BaseException) -> str:
    """Type and message; an exception of a method's own may fail to give one."""
    try:
        said = str(problem)
    except Exception:
        said = "(its text cannot be had)"
    return f"{type(problem).__name__}: {said}"
