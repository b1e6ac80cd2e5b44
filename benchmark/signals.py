"""Asking for a stop: Ctrl-C and the signal that a batch system sends."""

from __future__ import annotations

import signal
from collections.abc import Callable


class Signals:
    """SIGINT and SIGTERM ask for a stop while the block runs; the old handlers come back."""

    def __init__(self, action: Callable[[], None]) -> None:
        self.action = action

    def __enter__(self) -> None:
        names = (signal.SIGINT, signal.SIGTERM)
        self.old = {n: signal.signal(n, lambda *_: self.action()) for n in names}

    def __exit__(self, *_) -> None:
        for number, handler in self.old.items():
            signal.signal(number, handler)
