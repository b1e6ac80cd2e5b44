"""Asking for a stop: Ctrl-C, a terminal that is closed, and the signal of a batch system."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

Handler = Callable[[int, FrameType | None], Any] | int | signal.Handlers | None
NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")  # Windows has no SIGHUP, others no SIGBREAK


class Signals:
    """The signals of ``NAMES`` ask for a stop while the block runs; the old handlers come back.

    SIGHUP that is ignored stays so, as ``nohup`` wants it. Outside the main thread, where Python
    takes no handlers, the block changes nothing.
    """

    def __init__(self, action: Callable[[], None]) -> None:
        self.action = action
        self.old: dict[int, Handler] = {}

    def __enter__(self) -> None:
        if threading.current_thread() is not threading.main_thread():
            return
        for name in filter(lambda name: hasattr(signal, name), NAMES):
            number = getattr(signal, name)
            if name == "SIGHUP" and signal.getsignal(number) is signal.SIG_IGN:
                continue
            self.old[number] = signal.signal(number, lambda *_: self.action())

    def __exit__(self, *_: object) -> None:
        for number, handler in self.old.items():
            signal.signal(number, handler)
