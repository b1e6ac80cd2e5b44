"""Waiting, so that a client stays below the rate that an endpoint allows."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

SHARE = 0.95  # of the allowed rate; the two clocks differ


class Limiter:
    """A token bucket of one call: each call is paid for in time before the next is sent."""

    def __init__(
        self,
        rate: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """``rate``: units a second, 0 for no limit."""
        self._rate, self._clock, self._sleep = rate * SHARE, clock, sleep
        self._free = clock()  # when the next call may be sent
        self._lock = threading.Lock()

    def wait(self, units: int) -> None:
        """Return once a call of so many units may be sent."""
        if not self._rate:
            return
        with self._lock:
            begin = max(self._clock(), self._free)
            self._free = begin + units / self._rate
        while (left := begin - self._clock()) > 0:
            self._sleep(left)
