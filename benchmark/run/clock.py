"""The time of a run's method, without evaluation and saving."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch

from benchmark import env


@dataclass
class Clock:
    """Time of a method: synchronised, evaluation and saving excluded.

    ``cpu_seconds`` adds up over the threads of the process. On a shared CPU it is the cost of a
    run; wall time also counts the waiting. ``now``: what all other seconds are read from.
    """

    device: torch.device
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    eval_seconds: float = 0.0
    now: Callable[[], float] = field(default_factory=lambda: time.perf_counter)
    _since: tuple[float, float] | None = None  # seconds, CPU seconds

    def start(self) -> None:
        """Let the method's time run."""
        env.synchronise(self.device)
        self._since = self.now(), time.process_time()

    def stop(self) -> None:
        """Halt it."""
        if self._since is not None:
            env.synchronise(self.device)
            self.seconds += self.now() - self._since[0]
            self.cpu_seconds += time.process_time() - self._since[1]
            self._since = None

    def state_dict(self) -> dict[str, float]:
        """The times so far."""
        names = ("seconds", "cpu_seconds", "eval_seconds")
        return {name: getattr(self, name) for name in names}

    def load_state_dict(self, state: dict[str, float]) -> None:
        """Go on from saved times."""
        for name, value in state.items():
            setattr(self, name, value)

    def outside(self, work: Callable[[], Any]) -> Any:
        """Run ``work`` on the clock of the evaluation instead."""
        running = self._since is not None
        self.stop()
        began = self.now()
        try:
            return work()
        finally:
            self.eval_seconds += self.now() - began
            if running:
                self.start()
