"""The server's own count: images and calls of each client, its quota and its rate."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from benchmark.files import StoreError
from benchmark.serve.refused import Refused
from benchmark.serve.tally import Tally


@dataclass
class Count:
    """Of one client. Times by the meter's clock, in seconds."""

    images: int = 0  # answered, or being answered
    calls: int = 0
    refused: int = 0  # requests since the start
    free: float = -math.inf  # when the rate allows the next call


class Meter:
    """Counts whole requests: one that does not fit costs nothing."""

    def __init__(
        self,
        clients: Sequence[str],
        quota: int | None = None,
        rate: float | None = None,
        clock: Callable[[], float] = time.monotonic,
        tally: Tally | None = None,
        say: Callable[[str], None] = lambda text: None,
    ) -> None:
        """``quota``: images of each client; ``rate``: images a second of each client.

        ``tally``: keeps the count over a restart; ``say`` is told, once, why it cannot.
        """
        self.quota, self.rate = quota, rate
        self._clock, self._begin = clock, clock()
        self._tally, self._say, self._said = tally, say, ""
        before = tally.counts if tally else {}
        self._counts = {client: Count() for client in clients}
        for client in self._counts.keys() & before.keys():
            was = before[client]
            self._counts[client] = Count(was.images, was.calls)
        self._lock = threading.Lock()

    def take(self, client: str, images: int) -> None:
        """Count a request of so many images, which is answered next.

        A call may be larger than what the rate allows in a second: the next one waits the longer.
        Raises ``Refused``: 403 over the quota, 429 before the rate allows it, 503 where the count
        cannot be kept.
        """
        with self._lock:
            count, now = self._counts[client], self._clock()
            if self.quota is not None and count.images + images > self.quota:
                left = self._left(count)
                raise Refused(
                    403, f"{images:,} images are asked, {left:,} of {self.quota:,} are left"
                )
            if now < count.free:
                raise self._too_fast(count.free - now)
            self._keep(client, images)
            if self.rate:
                count.free = max(now, count.free) + images / self.rate
            count.images += images
            count.calls += 1

    def give_back(self, client: str, images: int) -> None:
        """Take back the count of a request that the server failed to answer.

        It stays counted where that cannot be kept.
        """
        with self._lock, suppress(StoreError):
            if self._tally:
                self._tally.add(client, -images, -1)
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
                    "left": self._left(count),
                    "calls": count.calls,
                    "refused": count.refused,
                }
                for client, count in self._counts.items()
            }

    def _left(self, count: Count) -> int | None:
        """Images of the quota, which may be smaller than at an earlier start."""
        return None if self.quota is None else max(0, self.quota - count.images)

    def seconds(self) -> float:
        """Since it began to count."""
        return self._clock() - self._begin

    def _keep(self, client: str, images: int) -> None:
        """Write the count down before anything is answered."""
        if self._tally is None:
            return
        try:
            self._tally.add(client, images, 1)
        except StoreError as problem:
            if self._said != str(problem):
                self._said = str(problem)
                self._say(f"{problem}; nothing is answered until the count can be kept")
            raise Refused(
                503,
                "the server cannot keep its count, so it answers nothing; its log has the reason",
                {"Retry-After": "60"},
            ) from None
        self._said = ""

    def _too_fast(self, wait: float) -> Refused:
        return Refused(
            429,
            f"the rate is {self.rate:g} images a second: ask again in {wait:.2f} s",
            {"Retry-After": str(max(1, math.ceil(wait)))},
        )
