"""The server's own count: images and calls of each client, its quota and its rate."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmark.serve.refused import Refused


@dataclass
class Count:
    """Of one client. Times by the meter's clock, in seconds."""

    images: int = 0  # answered, or being answered
    calls: int = 0
    refused: int = 0  # requests
    free: float = -math.inf  # when the rate allows the next call


class Meter:
    """Counts whole requests: one that does not fit costs nothing."""

    def __init__(
        self,
        clients: Sequence[str],
        quota: int | None = None,
        rate: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``quota``: images of each client; ``rate``: images a second of each client."""
        self.quota, self.rate = quota, rate
        self._clock, self._begin = clock, clock()
        self._counts = {client: Count() for client in clients}
        self._lock = threading.Lock()

    def take(self, client: str, images: int) -> None:
        """Count a request of so many images, which is answered next.

        A call may be larger than what the rate allows in a second: the next one waits the longer.
        Raises ``Refused``: 403 over the quota, 429 before the rate allows it.
        """
        with self._lock:
            count, now = self._counts[client], self._clock()
            if self.quota is not None and count.images + images > self.quota:
                left = self.quota - count.images
                raise Refused(
                    403, f"{images:,} images are asked, {left:,} of {self.quota:,} are left"
                )
            if now < count.free:
                raise self._too_fast(count.free - now)
            if self.rate:
                count.free = max(now, count.free) + images / self.rate
            count.images += images
            count.calls += 1

    def give_back(self, client: str, images: int) -> None:
        """Take back the count of a request that the server failed to answer."""
        with self._lock:
            self._counts[client].images -= images
            self._counts[client].calls -= 1

    def refuse(self, client: str) -> None:
        """Count a request that was refused."""
        with self._lock:
            self._counts[client].refused += 1

    def told(self) -> dict[str, dict[str, int | None]]:
        """For each client ``images``, ``left`` (None without a quota), ``calls``, ``refused``."""
        with self._lock:
            return {
                client: {
                    "images": count.images,
                    "left": None if self.quota is None else self.quota - count.images,
                    "calls": count.calls,
                    "refused": count.refused,
                }
                for client, count in self._counts.items()
            }

    def seconds(self) -> float:
        """Since it began to count."""
        return self._clock() - self._begin

    def _too_fast(self, wait: float) -> Refused:
        return Refused(
            429,
            f"the rate is {self.rate:g} images a second: ask again in {wait:.2f} s",
            {"Retry-After": str(max(1, math.ceil(wait)))},
        )
