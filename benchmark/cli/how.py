"""Options of ``bench run`` and ``bench worker``: where the code of a method runs, how it stops."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from benchmark.cli import screen

if TYPE_CHECKING:
    from benchmark.host.levels import Isolation


@dataclass(frozen=True)
class How:
    """How the cells are run."""

    allow_weak_teacher: bool
    reference: bool
    keep_bought: bool
    stop_after: float | None  # seconds
    save_every: float  # seconds
    isolation: str
    step_limit: float | None  # seconds
    memory_limit: int | None  # bytes

    def begin(self, device: str, prepares: bool) -> str:
        """The level at which code of others is executed; an interpreter for a run starts meanwhile.

        Nothing heavy is imported here: the interpreter imports torch while this process does.
        """
        from benchmark.host import levels, process

        isolated = self.isolated()
        if prepares and not levels.may_be_gpu(device):
            process.prepare(isolated)
        return isolated.level

    def isolated(self, device: str = "cpu") -> Isolation:
        """Where the method's code runs, for a kind of device.

        Raises ``UsageError`` for a limit that has no meaning there.
        """
        from benchmark.host import levels

        level, _ = levels.picked(self.isolation, _trial(device))
        if self.step_limit and level == levels.THREAD:
            raise click.UsageError("--step-limit is for a process: --isolation process, confined")
        if self.memory_limit and level != levels.CONFINED:
            raise click.UsageError("--memory-limit is for --isolation confined")
        return levels.Isolation(level, self.step_limit, self.memory_limit or 0)

    def say(self, device: str) -> None:
        """Say where the method's code runs, where nobody has asked for that."""
        from benchmark.host import levels

        if self.isolation == levels.AUTO:
            screen.show(levels.told(*levels.picked(self.isolation, _trial(device))))


def _trial(device: str) -> Callable[[], str] | None:
    """The trial of a confined process for a kind of device; imports torch for any but a CPU."""
    if device == "cpu":
        return None
    from benchmark.host import reach

    return reach.trial(device)


@dataclass(frozen=True)
class Help:
    """The workers of a command; ``hand`` is for one that another process has started."""

    jobs: int | str
    ray: str | None
    gpus_per_run: float
    hand: str | None
