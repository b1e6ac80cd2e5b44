"""Standard output for lines and bars, which outlives its terminal."""

from __future__ import annotations

import errno
from collections.abc import Callable
from typing import IO, Any

from rich.console import Console

from benchmark.cli import screen


class Screen(Console):
    """Standard output for lines and bars: lines break between words; no error once it is gone."""

    @property
    def file(self) -> Any:
        """The stream it writes to."""
        return Lasting(super().file)

    @file.setter
    def file(self, stream: IO[str]) -> None:
        self._file = stream

    @property
    def is_terminal(self) -> bool:
        """Whether it is a terminal; a pipe is none, though build servers set FORCE_COLOR."""
        return screen.is_terminal(super().file)

    @property
    def is_interactive(self) -> bool:
        """Whether a line can be drawn over again."""
        return self.is_terminal and not self.is_dumb_terminal

    @is_interactive.setter
    def is_interactive(self, _: bool) -> None:
        """Ignored: ``Console`` looks once, when made; standard output may be another by now."""

    def print(self, *objects: Any, **options: Any) -> None:
        """As ``Console.print``; fits a text to a terminal."""
        here = super().file
        fits = (screen.fitted(one, here) if isinstance(one, str) else one for one in objects)
        super().print(*fits, **options)


class Lasting:
    """A stream that accepts text after its terminal is closed or its pipe is read no more.

    A run that ended for that would lose the labels it has paid for.
    """

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write, or discard once the reader is gone."""
        return self._lasting(lambda: self._stream.write(text)) or len(text)

    def flush(self) -> None:
        """Flush, or do nothing once the reader is gone."""
        self._lasting(self._stream.flush)

    def _lasting(self, action: Callable[[], Any]) -> Any:
        try:
            return action()
        except OSError as problem:
            if problem.errno not in (errno.EIO, errno.EPIPE):
                raise
            screen.let_go(self._stream)
            return None


console = Screen(highlight=False, soft_wrap=True, markup=False, emoji=False)
