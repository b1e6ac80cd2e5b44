"""What a method did wrong, as text that may stand in a row."""

from __future__ import annotations

import re
import traceback
from collections.abc import Sequence
from pathlib import Path

FRAME = re.compile(r"  (.+?):\d+ in .*")
FOLDERS = re.compile(r"(?:(?:[A-Za-z]:)?[\\/][^\s\\/:'\"]+)+(?=[\\/])[\\/]")


def reason(error: str) -> str:
    """The exception of such a text in one line: its type and the first line of its message."""
    lines = [line for line in error.splitlines() if line.strip()]
    return next((line for line in lines if not line.startswith("  ")), lines[-1])  # after frames


def place(error: str, files: Sequence[str]) -> str:
    """The innermost frame of such a text in the first of these files that has one; "" for none."""
    frames = [frame for frame in map(FRAME.fullmatch, error.splitlines()) if frame]
    inside = [[frame for frame in frames if frame[1] == file] for file in files]
    return next((of[-1][0].strip() for of in inside if of), "")


class MethodFailure(Exception):
    """A method raised; ``text`` is its traceback with file names but without folders."""

    def __init__(self, problem: BaseException) -> None:
        frames = traceback.extract_tb(problem.__traceback__)
        lines = [f"  {Path(f.filename).name}:{f.lineno} in {f.name}: {f.line}" for f in frames]
        text = "\n".join([*lines, f"{type(problem).__name__}: {problem}"])
        self.text = FOLDERS.sub("", text)
        super().__init__(self.text)
