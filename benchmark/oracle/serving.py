"""The teacher's side of an oracle: the one place where a query is checked, counted and answered.

Transports bring questions here, from a thread, from a process, and take the answers back.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from benchmark.oracle.account import Account
from benchmark.oracle.answering import Answerer
from benchmark.oracle.query import BudgetExhausted, QueryRefused, Spec, too_many


class Observer:
    """Looks at the student between calls; this base class does not."""

    def wants(self, spent: int, after: int) -> bool:
        """Whether to look before the oracle serves a call that takes the count to ``after``."""
        return False

    def look(self, spent: int) -> None:
        """Look now. An exception ends the call, which then costs nothing."""


@dataclass
class Serving:
    """A teacher that answers, the count, and who looks on."""

    teacher: Answerer
    spec: Spec
    precision: str  # "uint8": questions come as bytes; "float32": as they were asked
    account: Account
    observer: Observer

    def serve(self, shown: Tensor) -> Tensor:
        """The answers to images N x C x H x W as the teacher sees them: uint8, or float32.

        Labels, int64 N; class probabilities, float32 N x K, under any other access than
        "hard-label". Raises ``QueryRefused`` and ``BudgetExhausted``; either costs nothing.
        """
        self._check(shown)
        after = self.account.spent + len(shown)
        if self.observer.wants(self.account.spent, after):
            self.observer.look(self.account.spent)
        return self._answer(shown)

    def _check(self, shown: Tensor) -> None:
        dtype = torch.uint8 if self.precision == "uint8" else torch.float32
        if shown.dtype != dtype or shown.ndim != 4 or tuple(shown.shape[1:]) != self.spec.shape:
            raise QueryRefused(f"a question of {shown.dtype} {tuple(shown.shape)} is none")
        if dtype == torch.float32 and len(shown):
            low, high = shown.aminmax()
            if not (low >= 0 and high <= 1):  # NaN fails both
                raise QueryRefused("a query must hold finite values in [0, 1]")
        left = self.account.budget - self.account.charged
        if len(shown) > left:
            raise BudgetExhausted(too_many(len(shown), left, self.account.budget))

    def _answer(self, shown: Tensor) -> Tensor:
        hard = self.spec.access == "hard-label"
        if len(shown) == 0:
            return torch.zeros(0, dtype=torch.int64) if hard else torch.zeros(0, self.spec.classes)
        answer = self.teacher.answer(shown, self.account.spent)
        self.account.enter(shown.cpu().contiguous().numpy(), answer)
        return answer.labels if answer.probabilities is None else answer.probabilities
