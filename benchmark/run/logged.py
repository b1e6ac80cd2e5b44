"""The numbers that a method logs each round, thinned to the points that a picture can show."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from benchmark.method.base import check_names

LIMIT = 1000  # points; when full, drop every second one and halve the rate


class Logged:
    """The logged numbers after each round; evenly thinned where rounds are many."""

    def __init__(self) -> None:
        self.every = 1
        self.points: list[tuple[int, dict[str, float]]] = []
        self._names: set[str] = set()  # of all rounds

    def wants(self, step: int) -> bool:
        """False where the numbers after this round would not be kept and need not be read."""
        return step % self.every == 0

    def enter(self, step: int, scalars: dict[str, float]) -> None:
        """Note the numbers after round ``step``; their names may differ from round to round.

        Raises ``ValueError`` for more names in all than a method may log.
        """
        if scalars.keys() - self._names:
            check_names({*self._names, *scalars})
            self._names |= scalars.keys()
        self.points.append((step, scalars))
        if len(self.points) >= LIMIT:
            self.every *= 2
            self.points = [point for point in self.points if self.wants(point[0])]

    def kept(self) -> dict[str, Tensor]:
        """``rounds`` int64 T, and for each name ``log/NAME`` float32 T, NaN where not logged."""
        names = sorted({name for _, scalars in self.points for name in scalars})
        columns = {
            f"log/{name}": torch.tensor([s.get(name, float("nan")) for _, s in self.points])
            for name in names
        }
        rounds = torch.tensor([step for step, _ in self.points], dtype=torch.int64)
        return {"rounds": rounds, **columns}

    def state_dict(self) -> dict[str, Any]:
        """Everything it holds, as plain data."""
        return {"every": self.every, "points": [list(point) for point in self.points]}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from saved numbers."""
        self.every = state["every"]
        self.points = [(step, scalars) for step, scalars in state["points"]]
        self._names = {name for _, scalars in self.points for name in scalars}
