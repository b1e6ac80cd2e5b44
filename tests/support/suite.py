"""The suite's folder, and substitutes for a teacher, a device and the command."""

from __future__ import annotations

import functools
import hashlib
import os

os.environ["OMP_NUM_THREADS"] = "1"  # before torch: tiny tensors, and the same sums everywhere

import sys
from pathlib import Path

import torch
from torch import Tensor, nn

from benchmark.perf import machine
from benchmark.run import reference
from teachers import probe

ROOT = Path(__file__).resolve().parents[2]


CPU = torch.device("cpu")


MOST, reference.MOST = reference.MOST, 2  # passes: no test needs a good reference student


class StubTeacher(nn.Module):
    """Logits from the mean brightness alone: a teacher with no network and no data in it."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.centres = nn.Parameter(torch.linspace(0.2, 0.8, classes))

    def forward(self, images: Tensor) -> Tensor:
        brightness = images.mean(dim=(1, 2, 3)).unsqueeze(1)
        return -(brightness - self.centres).abs()


_probes: dict[str, str] = {}
_probe = probe.probe


def probed_once(module: nn.Module, shape: tuple[int, int, int]) -> str:
    """``teachers.probe.probe``, computed once of each network."""
    known = hashlib.sha256(f"{module} {shape} {hooks(module)}".encode())
    for name, tensor in module.state_dict().items():
        known.update(name.encode() + tensor.cpu().numpy().tobytes())
    if known.hexdigest() not in _probes:
        _probes[known.hexdigest()] = _probe(module, shape)
    return _probes[known.hexdigest()]


measured_once = functools.cache(machine.rates)


def hooks(net: nn.Module) -> int:
    """How many forward hooks a network carries."""
    return sum(len(m._forward_hooks) + len(m._forward_pre_hooks) for m in net.modules())


def bench_command(*arguments: object) -> list[str]:
    """The command line of ``bench`` with this interpreter."""
    return [sys.executable, "-m", "benchmark", *map(str, arguments)]


# Most tests run methods beside the suite, where no second interpreter has to start.
ISOLATION = {"BENCH_ISOLATION": "thread"}


def bench_environment(folder: Path) -> dict[str, str]:
    """The environment of a command that must neither see nor touch the user's own folders."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BENCH_")}
    return kept | {
        "PYTHONPATH": str(ROOT),
        "BENCH_DATA": str(folder / "data"),
        "BENCH_TEACHERS": str(folder / "teachers"),
        "BENCH_RESULTS": str(folder / "results"),
        "BENCH_CACHE": f"{folder}-cache",
        "BENCH_SERVE": str(folder / "serve"),
        "COLUMNS": "100",
        **ISOLATION,
    }
