"""The engine of a run: the arithmetic of its networks, and graphs of its hot steps."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from benchmark import compiler, env
from benchmark.method.graphs import CudaRecorder, Graphed, Outputs
from benchmark.method.visits import Visits
from benchmark.rows.kinds import BFLOAT16, FLOAT32

WORTH = 1.1  # bfloat16 is taken when the probe runs this many times faster with it


@dataclass
class Engine:
    """Does the hot steps of one run; the runner gives it to the method."""

    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    amp: bool = False  # networks in bfloat16; weights, losses and optimisers stay float32
    recorder: CudaRecorder | None = None  # None: no graphs
    visits: Visits = field(default_factory=Visits)
    _graphed: dict[str, Graphed] = field(default_factory=dict)

    def autocast(self) -> AbstractContextManager:
        """The context a method's code runs in.

        Without autocast's cache, which would hold weights from before an optimiser step.
        """
        return torch.autocast(
            self.device.type, torch.bfloat16, enabled=self.amp, cache_enabled=False
        )

    def call(self, part: str, function: Callable[..., Outputs], inputs: tuple) -> Outputs:
        """Do a hot step of a ``part`` ("generator", "student"); see ``benchmark.method.hot``."""
        if self.recorder is None:
            return function(*inputs)
        name = function.__qualname__
        if name not in self._graphed:
            self._graphed[name] = Graphed(function, self.recorder, self.visits)
        return self._graphed[name](*inputs)

    def described(self) -> dict[str, str | bool]:
        """The fields of a row."""
        return {"amp": BFLOAT16 if self.amp else "off", "graphs": self.recorder is not None}


def arithmetic(choice: str, device: torch.device) -> str:
    """The arithmetic of networks under "on", "off" or "auto", which takes the faster one.

    It is a part of a run's id, so it is settled before there is one.
    """
    return BFLOAT16 if choice == "on" or (choice == "auto" and bfloat16_pays(device)) else FLOAT32


def start(arithmetic: str, graphs: bool, device: torch.device, visits: Visits) -> Engine:
    """The engine of a run; ``graphs``: hot steps become graphs, where the device has them."""
    warm()
    recorder = CudaRecorder() if graphs and device.type == "cuda" else None
    return Engine(device, arithmetic == BFLOAT16, recorder, visits)


def warm() -> None:
    """Make a first optimiser: what it imports is no method's time."""
    compiler.on_demand()
    torch.optim.SGD([torch.zeros(1)])


def float32_logits(module: nn.Module, inputs: tuple, logits: Tensor) -> Tensor:
    """A forward hook of the student, so that every loss is computed in float32."""
    return logits.float()


def bfloat16_pays(device: torch.device) -> bool:
    """Whether bfloat16 is worth its rounding here."""
    return bfloat16_gain(device) > WORTH


@functools.cache
def bfloat16_gain(device: torch.device) -> float:
    """How many times as fast a small convolutional net trains under autocast; takes a second."""
    return _probe(device, amp=False) / _probe(device, amp=True)


def _probe(device: torch.device, amp: bool) -> float:
    """Seconds of the fastest of six training steps of a net like the generators and students."""
    with torch.random.fork_rng([device] if device.type == "cuda" else []):
        layers = nn.Conv2d(64, 64, 3, padding=1), nn.BatchNorm2d(64), nn.LeakyReLU(0.2)
        net = nn.Sequential(*layers).to(device).to(memory_format=torch.channels_last)
        images = torch.randn(64, 64, 16, 16, device=device)
    images = images.contiguous(memory_format=torch.channels_last)
    fastest = float("inf")
    for _ in range(6):
        began = time.perf_counter()
        with Engine(device, amp).autocast():
            loss = net(images).float().square().mean()
        loss.backward()
        env.synchronise(device)
        fastest = min(fastest, time.perf_counter() - began)
    return fastest
