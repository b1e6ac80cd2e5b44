"""The record of a run: all that it has gathered so far; its state and its row are made of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

import torch

from benchmark import env
from benchmark.defences.memory import Memory
from benchmark.host.levels import THREAD, weaker
from benchmark.method.visits import Visits
from benchmark.nets.health import Soundness
from benchmark.oracle import Account
from benchmark.rows.file import point_of
from benchmark.rows.row import Point
from benchmark.run.clock import Clock
from benchmark.run.logged import Logged
from benchmark.run.watch import Seen


@dataclass
class Record:
    """All that one run has gathered.

    ``account`` is the oracle's, which is opened after the record has begun; ``flags`` are the
    run's own, the row adds those that its numbers raise.
    """

    device: torch.device
    started: str  # UTC
    isolation: str  # of the method's code: the weakest level that it ran under
    clock: Clock = field(init=False)
    visits: Visits = field(default_factory=Visits)
    logged: Logged = field(default_factory=Logged)
    soundness: Soundness = field(default_factory=Soundness)
    steps: int = 0
    resumes: int = 0
    curve: list[Point] = field(default_factory=list)  # a point for each mark
    flags: list[str] = field(default_factory=list)
    machines: list[str] = field(default_factory=list)  # devices and torch versions it ran on
    ended: bool = False  # the method has nothing left to do but deliver
    untrained: bool = False
    copied: bool | None = False  # the student has weights or answers of its teacher; None: unknown
    real_images: str = ""  # the data set whose images the method got
    reference: dict[str, Any] = field(default_factory=dict)  # the fields of a row
    peak_memory_mb: float | None = None
    memory: Memory | None = None  # of a defence that knows the images of earlier queries
    defended_accuracy: float | None = None  # in %, of what honest users are told
    account: Account = field(init=False)

    def __post_init__(self) -> None:
        self.clock = Clock(self.device)
        self.machines = [f"{env.device_name(self.device)}, torch {torch.__version__}"]

    def seen(self) -> Seen:
        """How far the run is."""
        judged = (self.curve[-1].accuracy, self.curve[-1].mark) if self.curve else ()
        return Seen(self.account.spent, self.steps, *judged)

    def state_dict(self) -> dict[str, Any]:
        """All of it, as plain data and tensors."""
        return {
            "account": self.account.state_dict(),
            "steps": self.steps,
            "resumes": self.resumes,
            "curve": [asdict(point) for point in self.curve],
            "clock": self.clock.state_dict(),
            "visits": dict(self.visits),
            "started": self.started,
            "logged": self.logged.state_dict(),
            "places": self.machines,
            "isolation": self.isolation,
            **({} if self.memory is None else {"memory": self.memory.state_dict()}),
            **({"ended": self.flags} if self.ended else {}),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a saved record; this machine joins those that it has run on."""
        self.account.load_state_dict(state["account"])
        if self.memory is not None:
            self._load_memory(state)
        self.logged.load_state_dict(state["logged"])
        self.steps, self.started = state["steps"], state["started"]
        self.curve = [point_of(point) for point in state["curve"]]
        self.resumes = state["resumes"] + 1
        self.clock.load_state_dict(state["clock"])
        self.isolation = weaker(self.isolation, state.get("isolation", THREAD))
        self.visits.clear()  # setup has shown its images again; update would add to them
        self.visits.update(state["visits"])
        self.ended, self.flags = "ended" in state, [*state.get("ended", [])]
        self.soundness = Soundness(self.steps)
        self.machines = list(dict.fromkeys([*state["places"], *self.machines]))

    def _load_memory(self, state: dict[str, Any]) -> None:
        """``ValueError`` where the saved memory is not of the account's queries."""
        assert self.memory is not None, "the caller has looked"
        images, shape = state.get("memory", {}).get("images"), self.account.sample.images.shape[2:]
        wanted = (self.account.spent, shape.numel())
        if images is None or tuple(images.shape) != wanted:
            raise ValueError("it has no memory of the images of all its queries")
        self.memory.load_state_dict(state["memory"])
