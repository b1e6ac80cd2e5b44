"""A run under measurement: its time by part, and the arithmetic and traffic of each."""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import torch
from torch import Tensor

from benchmark import env
from benchmark.host.host import Host
from benchmark.host.inside import Given
from benchmark.method.engine import Engine, Outputs
from benchmark.oracle import Oracle
from benchmark.perf import machine
from benchmark.perf.counters import Cost, counted, kernel_share
from benchmark.perf.files import CPU_TIME, WALL_TIME
from benchmark.rows.row import Row
from benchmark.rows.store import Store
from benchmark.run.buying import Wish
from benchmark.run.cells import Cell
from benchmark.run.clock import Clock
from benchmark.run.hosting import Hosting
from benchmark.run.lines import describe, report
from benchmark.run.row import now
from benchmark.run.runner import Run
from benchmark.run.session import Session
from benchmark.run.setting import Places, Setting
from benchmark.run.watch import Control, Show

PARTS = ("generator", "student")
IDENTITY = (
    "id",
    "dataset",
    "teacher",
    "student",
    "method",
    "variant",
    "overrides",
    "budget",
    "seed",
    "queries",
    "method_sha",
)


def measure(
    cells: list[Cell], places: Places, device: torch.device, show: Show, graphs: bool = True
) -> Iterator[dict[str, Any] | None]:
    """The profile of each cell, None for one that failed; no row of these runs is kept."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder))
        store.prepare()
        session = Session(store, places, device, graphs=graphs, show=show)
        for cell in cells:
            with show.run(describe(cell), cell.budget) as watch:
                control = Control(watch=watch)
                here, wish = session.settings.of(cell), Wish(reference=False)
                run = WatchedRun(cell, here, store, control, graphs, wish)
                row, profile = run.measured()
            show.say(report(cell, row))
            yield profile


@dataclass
class Part:
    """The hot steps of one part of a method."""

    seconds: float = 0.0
    calls: Counter = field(default_factory=Counter)  # (step, shapes) -> number
    costs: dict[tuple, Cost] = field(default_factory=dict)
    shares: list[tuple[float, float]] = field(default_factory=list)  # (seconds, share in kernels)

    def total(self, what: str) -> float:
        """``flops`` or ``bytes`` of all calls."""
        return sum(getattr(self.costs[key], what) * number for key, number in self.calls.items())

    def kernel_share(self) -> float:
        """Share of this part's time in matrix products and convolutions."""
        seconds = sum(taken for taken, _ in self.shares)
        return sum(taken * share for taken, share in self.shares) / seconds if seconds else 0.0


@dataclass
class WatchedEngine(Engine):
    """Times every hot step; counts the first of each kind and looks into the second."""

    parts: dict[str, Part] = field(default_factory=lambda: {name: Part() for name in PARTS})
    now: Callable[[], float] = time.perf_counter

    def call(self, part: str, function: Callable[..., Outputs], inputs: tuple) -> Outputs:
        """As ``Engine.call``, with the device waited for before and after."""
        watched, plain = self.parts[part], super().call
        key = (function.__qualname__, tuple(tensor.shape for tensor in inputs))
        watched.calls[key] += 1
        number = watched.calls[key]
        env.synchronise(self.device)
        began, share = self.now(), None
        if number == 1:
            outputs, watched.costs[key] = counted(lambda: plain(part, function, inputs))
        elif number == 2:
            work = lambda: plain(part, function, inputs)  # noqa: E731
            outputs, share = kernel_share(work, self.device)
        else:
            outputs = plain(part, function, inputs)
        env.synchronise(self.device)
        taken = self.now() - began
        watched.seconds += taken
        if share is not None:
            watched.shares.append((taken, share))
        return outputs


class WatchedOracle(Oracle):
    """An oracle with a clock; it is no way around the count."""

    def __init__(self, oracle: Oracle, clock: Clock) -> None:
        self._oracle, self._clock, self.budget = oracle, clock, oracle.budget
        self.seconds = 0.0
        self.calls: Counter[int] = Counter()  # images of a call -> number

    def __call__(self, images: Tensor) -> Tensor:
        """As ``Oracle``."""
        self.calls[len(images)] += 1
        return self._timed(lambda: self._oracle(images))

    @property
    def spent(self) -> int:
        """As ``Oracle``."""
        return self._timed(lambda: self._oracle.spent)

    def _timed(self, work: Callable[[], Any]) -> Any:
        clock = self._clock
        began, elsewhere = clock.now(), clock.eval_seconds
        answer = work()
        self.seconds += clock.now() - began - (clock.eval_seconds - elsewhere)
        return answer


@dataclass
class WatchedHosting(Hosting):
    """Puts a clock before the oracle."""

    def inside(self, given: Given, oracle: Oracle, close: Callable[[], None]) -> Host:
        self.oracle = WatchedOracle(oracle, self.record.clock)
        return super().inside(given, self.oracle, close)


class WatchedRun(Run):
    """A run whose parts are timed; its row goes into a store of its own."""

    def __post_init__(self) -> None:
        super().__post_init__()
        plain = self.engine
        self.now = self.record.clock.now = machine.clock(plain.device)
        self.clocked = WatchedEngine(
            plain.device, plain.amp, plain.recorder, plain.visits, now=self.now
        )
        self.engine = self.clocked

    def hosting(self) -> Hosting:
        parts = (self.cell, self.setting, self.spec, self.record, self.engine)
        self.watched = WatchedHosting(*parts, self.graphs, self.isolation)
        return self.watched

    def measured(self) -> tuple[Row, dict[str, Any] | None]:
        """Run to the end; its row, and its profile or None when it failed."""
        began, real = self.now(), time.perf_counter()
        row = self.execute()
        taken, wall = self.now() - began, time.perf_counter() - real
        assert row is not None, "nothing stops this run"
        return row, self._profile(row, taken, wall) if row.complete else None

    def _profile(self, row: Row, taken: float, wall: float) -> dict[str, Any]:
        parts = self.clocked.parts
        teacher = teacher_seconds(self.setting, self.watched.oracle.calls)
        seconds = {
            **{name: parts[name].seconds for name in PARTS},
            "teacher": teacher,
            "oracle": max(0.0, self.watched.oracle.seconds - teacher),
            "evaluation": self.record.clock.eval_seconds,
        }
        hot = seconds["generator"] + seconds["student"]
        seconds["method"] = max(0.0, self.record.clock.seconds - hot - self.watched.oracle.seconds)
        seconds["runner"] = taken - self.record.clock.seconds - self.record.clock.eval_seconds
        dtype = torch.bfloat16 if self.engine.amp else torch.float32
        return {
            **{name: getattr(row, name) for name in IDENTITY},
            "wall": round(wall, 3),
            "taken": round(taken, 3),
            "clock": CPU_TIME if self.now is time.process_time else WALL_TIME,
            "seconds": {name: round(value, 3) for name, value in seconds.items()},
            "seconds_per_1k_queries": round(
                1000 * self.record.clock.seconds / max(1, row.queries), 4
            ),
            "overhead_share": round((seconds["oracle"] + seconds["runner"]) / taken, 4),
            "kernel_share": round(self._kernel_share(taken), 4),
            "parts": {name: _described(parts[name]) for name in PARTS},
            "machine": machine.rates(self.setting.spec.device, dtype),
            "accuracy": row.accuracy,
            "student_images": row.student_images,
            "peak_memory_mb": row.peak_memory_mb,
            **env.provenance(self.setting.spec.device),
            **self.engine.described(),
            "finished": now(),
        }

    def _kernel_share(self, taken: float) -> float:
        """Share of the time in matrix products and convolutions of the hot steps."""
        return (
            sum(part.seconds * part.kernel_share() for part in self.clocked.parts.values()) / taken
        )


def _described(part: Part) -> dict[str, float]:
    seconds = part.seconds or float("inf")
    return {
        "calls": sum(part.calls.values()),
        "flops": part.total("flops"),
        "bytes": part.total("bytes"),
        "flops_per_second": part.total("flops") / seconds,
        "bytes_per_second": part.total("bytes") / seconds,
        "kernel_share": round(part.kernel_share(), 4),
    }


@torch.no_grad()
def teacher_seconds(setting: Setting, calls: Counter) -> float:
    """Seconds of the teacher's bare forward passes for ``calls`` (batch size -> number)."""
    teacher, spec, total = setting.load_teacher(), setting.spec, 0.0
    now = machine.clock(spec.device)
    for size, number in calls.items():
        images, times = torch.rand(size, *spec.shape, device=spec.device), []
        for _ in range(6):
            began = now()
            teacher(images).argmax(dim=1)
            env.synchronise(spec.device)
            times.append(now() - began)
        total += number * median(times[1:])
    return total
