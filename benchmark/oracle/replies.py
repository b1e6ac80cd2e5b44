"""What came back of a question that was sent to somebody elsewhere."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from benchmark.errors import OracleError


class NotProcessed(OracleError):
    """Nobody worked on the question; ``retry_after`` seconds from now it may be sent again."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Unclear(OracleError):
    """The question may have been answered and billed, but no answer can be used."""


class Denied(OracleError):
    """The key is wrong or may not ask; no further question will be answered."""


@dataclass(frozen=True)
class Reply:
    """The answer to N images."""

    labels: Tensor  # int64 N
    probabilities: Tensor | None = None  # float32 N x K, where the endpoint tells them
