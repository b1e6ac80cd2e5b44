"""The suite's folder, and substitutes for a teacher, a device and the command."""

from __future__ import annotations

import hashlib
import os

os.environ["OMP_NUM_THREADS"] = "1"  # before torch: tiny tensors, and the same sums everywhere

import sys
from pathlib import Path

import torch
from torch import Tensor, nn

from benchmark import compiler, env
from benchmark.perf import machine
from benchmark.run import reference, setting
from teachers import probe

ROOT = Path(__file__).resolve().parents[2]
torch.set_num_threads(1)  # who imports torch before this module has two, which wait for each other


compiler.on_demand()  # as each command
CPU = torch.device("cpu")


MOST, reference.MOST = reference.MOST, 1  # passes: no test needs a good reference student


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
_labels: dict[str, Tensor] = {}
_predict = setting.predict
_told: dict[tuple[str, ...], str | None] = {}
_git = env._git
real_rates = machine.rates


def probed_once(module: nn.Module, shape: tuple[int, int, int]) -> str:
    """``teachers.probe.probe``, computed once of each network."""
    known = _digest(module, f"{shape}")
    if known not in _probes:
        _probes[known] = _probe(module, shape)
    return _probes[known]


def predicted_once(module: nn.Module, images: Tensor) -> Tensor:
    """``nets.evaluate.predict``, computed once of each network and images."""
    known = _digest(module, hashlib.sha256(images.cpu().numpy().tobytes()).hexdigest())
    if known not in _labels:
        _labels[known] = _predict(module, images)
    return _labels[known].clone()


def _digest(module: nn.Module, more: str) -> str:
    """Of a network with its weights, and of a text."""
    known = hashlib.sha256(f"{module} {more} {hooks(module)}".encode())
    for name, tensor in module.state_dict().items():
        known.update(name.encode() + tensor.cpu().numpy().tobytes())
    return known.hexdigest()


def told_once(*command: str) -> str | None:
    """What git says of this checkout, asked once: no test changes it."""
    if env.ROOT != ROOT:
        return _git(*command)
    if command not in _told:
        _told[command] = _git(*command)
    return _told[command]


def supposed_rates(*_: object) -> dict[str, float]:
    """``perf.machine.rates`` of a machine that takes no seconds to measure."""
    return {"matmul_flops": 5e10, "copy_bytes": 5e9}


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
