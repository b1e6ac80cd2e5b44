"""Why a request gets no answer: a status of HTTP, a reason in words, and headers."""

from __future__ import annotations

from collections.abc import Mapping

from benchmark.errors import BenchError


class Refused(BenchError):
    """A request that is not served, and not counted."""

    def __init__(self, status: int, reason: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(reason)
        self.status, self.headers = status, dict(headers or {})
