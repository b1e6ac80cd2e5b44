"""A program, no test: what an honest method does must work after its process confined itself."""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import socket
import sys
import threading
import time
from pathlib import Path

SUITE = Path(__file__).parents[2]
sys.path.insert(0, str(SUITE))

from benchmark.confine import Allowed, confine, interpreter, listed, packages  # noqa: E402


def main() -> None:
    number = int(sys.argv[1])
    folders = (SUITE / "benchmark", SUITE / "methods")
    own = (*interpreter(), *packages("torch", "numpy"), *folders)
    report = confine(Allowed(readable=own, listed=listed(), kept=(1, 2, number)))
    work = (arithmetic, learning, blocks, generators, a_thread, the_system, clocks, optional)
    found = {one.__name__: one() for one in work} | {"seccomp": report.seccomp}
    with socket.socket(fileno=number) as line:
        asked = line.recv(64)
        line.sendall(asked[::-1] + json.dumps(found).encode())


def arithmetic() -> str:
    import torch

    torch.manual_seed(0)
    product = torch.randn(700, 700) @ torch.randn(700, 700)
    return f"{torch.get_num_threads()} {hashlib.sha256(product.numpy().tobytes()).hexdigest()}"


def learning() -> bool:
    import torch
    from torch import nn

    net = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 14 * 14, 10))
    optimiser = torch.optim.Adam(net.parameters())
    losses = []
    for _ in range(3):
        optimiser.zero_grad()
        loss = nn.functional.cross_entropy(net(torch.full((4, 3, 16, 16), 0.5)), torch.arange(4))
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    return losses[2] < losses[0]


def blocks() -> int:
    files = sorted((SUITE / "methods/_blocks").rglob("*.py"))
    names = [".".join(file.relative_to(SUITE).with_suffix("").parts) for file in files]
    return len([importlib.import_module(name.removesuffix(".__init__")) for name in names])


def generators() -> list[float]:
    import random

    import numpy as np

    np.random.seed(1)
    random.seed(1)
    return [float(np.linalg.svd(np.random.rand(50, 50))[1][0]) > 20, random.random()]


def the_system() -> bool:
    return "processor" in Path("/proc/cpuinfo").read_text() and len(os.urandom(4)) == 4


def a_thread() -> list[str]:
    import torch

    found: list[str] = []
    thread = threading.Thread(target=lambda: found.append(str(torch.ones(3).sum().item())))
    thread.start()
    thread.join()
    return found


def clocks() -> bool:
    start = time.perf_counter()
    time.sleep(0.01)
    return time.perf_counter() - start >= 0.01 and time.time() > 0 and bool(time.localtime())


def optional() -> bool:
    """A package that may not be read looks like one that is not there."""
    try:
        import sklearn
    except ImportError:
        return True
    return not sklearn


if __name__ == "__main__":
    main()
