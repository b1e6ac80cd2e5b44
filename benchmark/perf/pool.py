"""What a query costs while a pool grows to millions of images: time by its size, and memory.

``python -m benchmark.perf.pool`` asks a stub teacher, stores the labels, and replays them to a stub
student, so that nothing is measured but the suite's own part: the oracle, the journal with its
images, the pool, a saved state. It prints one line for each part of the budget, as CSV.
"""

from __future__ import annotations

import argparse
import csv
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from benchmark import parse
from benchmark.oracle import Journal, Spec, open_oracle
from benchmark.oracle.answering import Network
from benchmark.oracle.journal import Form
from benchmark.rows.packed import pack
from benchmark.rows.store import Store
from benchmark.run import backed
from methods._blocks.pool import LabelledPool

CLASSES, BATCH = 10, 256
STATUS = Path("/proc/self/status")
MB = 1e6


class Stub(nn.Module):
    """Logits from the mean of each image: no network to speak of."""

    def __init__(self) -> None:
        super().__init__()
        self.centres = nn.Parameter(torch.linspace(0.49, 0.51, CLASSES))

    def forward(self, images: Tensor) -> Tensor:
        return -(images.mean(dim=(1, 2, 3)).unsqueeze(1) - self.centres).abs()


def measure(
    folder: Path, shape: tuple[int, int, int], budget: int, replays: int, parts: int
) -> Iterator[Mapping[str, object]]:
    """A line for each of ``parts`` of the budget, made in ``folder``.

    ``replays``: batches that the student reads for each that is bought.
    """
    store = Store(folder)
    store.prepare()
    form = Form("0" * 12, "0" * 64, shape, 0, 8, budget)
    with backed.opened(store, form.run_id, (budget, *shape), None) as backing:
        spec = Spec(shape, CLASSES, torch.device("cpu"), backing=backing)
        journal = Journal(folder / "journal", form)
        journal.begin_images(store.bought_path(form.run_id))
        oracle, account, close = open_oracle(spec, budget, [Network(Stub())], journal=journal)
        pool, student = LabelledPool(spec, budget), Stub()
        try:
            for part in range(1, parts + 1):
                began, before = time.process_time(), account.spent
                while account.spent < part * budget // parts:
                    images = torch.rand(min(BATCH, oracle.remaining), *shape)
                    pool.add(images, oracle(images))
                    for shown, _ in pool.replay(BATCH, replays):
                        student(shown)
                seconds = time.process_time() - began
                asked = account.spent - before
                yield _line(shape, account.spent, 1000 * seconds / asked, pool)
        finally:
            close()
            journal.close()


def _line(
    shape: tuple[int, ...], asked: int, seconds: float, pool: LabelledPool
) -> Mapping[str, object]:
    state = len(pack({"method": pool.state_dict()}))
    return {
        "images": "memory" if pool.filed is None else "file",
        "shape": "x".join(map(str, shape)),
        "queries": asked,
        "CPU s per 1k queries": f"{seconds:.2f}",
        "of the process MB": f"{_resident('RssAnon'):.0f}",
        "of the file MB": f"{_resident('RssFile'):.0f}",
        "state MB": f"{state / MB:.0f}",
    }


def _resident(name: str) -> float:
    """Memory that this process has of a kind, in MB."""
    (line,) = (one for one in STATUS.read_text().splitlines() if one.startswith(f"{name}:"))
    return int(line.split()[1]) * 1024 / MB


def main(words: list[str]) -> None:
    """Measure, and print."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--budget", type=parse.budget, default=2_000_000)
    options.add_argument("--size", type=int, default=64, help="pixels of a side")
    options.add_argument("--replays", type=int, default=5, help="batches for each that is bought")
    options.add_argument("--parts", type=int, default=8, help="lines to print")
    options.add_argument("--folder", type=Path, help="where to put the files, on a real disk")
    given = options.parse_args(words)
    shape = (3, given.size, given.size)
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        lines = measure(Path(folder), shape, given.budget, given.replays, given.parts)
        for number, line in enumerate(lines):
            table = csv.DictWriter(sys.stdout, line, lineterminator="\n")
            if number == 0:
                table.writeheader()
            table.writerow(line)
            sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
