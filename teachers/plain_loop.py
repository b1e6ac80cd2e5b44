"""A plain training loop beside the recipe, with the same network and the same seconds.

The command writes one JSON file; its "options" repeat the comparison. For the first five classes of
Imagenette at 48 px, 500 training images of each:

    python -m teachers.plain_loop --dataset folder:/data/imagenette_64.tar.xz --size 48 \\
        --classes 5 --images 500 --epochs 15 --seeds 0,1,2 --out results/teachers/plain.json

First the plain loop is tuned: each of ``TRIALS`` trains on four fifths of the training images and
is judged on the last fifth. Then, for each seed, the recipe trains on all of them, and the plain
loop gets as many seconds as the recipe took, in the same process. Test images are read once, at the
end. On a CPU the seconds are CPU time, so that other programs do not count; use one thread.
"""

from __future__ import annotations

import json
import math
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

import click
import torch
import torch.nn.functional as F
from torch import nn

from benchmark import datasets, env
from benchmark.datasets import Dataset, Split
from benchmark.files import write_atomically
from benchmark.nets.architectures import build
from benchmark.nets.augment import augment
from benchmark.nets.evaluate import percent_equal, predict
from teachers import recipe, training

BATCH, WEIGHT_DECAY, SHIFT = 64, 0.01, 4


@dataclass(frozen=True)
class Trial:
    """The tuned values: the peak rate of AdamW, and the augmentation of images."""

    rate: float
    augmentation: str


TRIALS = [Trial(*both) for both in product((1e-3, 3e-3, 1e-2), ("flip", "crop+flip"))]


def train_plainly(
    split: Split,
    architecture: str,
    classes: int,
    seconds: float,
    trial: Trial,
    seed: int,
    device: torch.device,
) -> nn.Module:
    """A network trained for that many seconds with AdamW, a short warm-up and half a cosine."""
    torch.manual_seed(seed)
    net = build(architecture, split.images.shape[1:], classes).to(device)
    net = net.to(memory_format=torch.channels_last)
    images, labels = split.images.to(device), split.labels.to(device)
    optimiser = torch.optim.AdamW(net.parameters(), weight_decay=WEIGHT_DECAY, fused=True)
    clock = stopwatch(device)
    while (progress := clock() / seconds) < 1:
        for chosen in torch.randperm(len(images)).to(device).split(BATCH):
            progress = min(clock() / seconds, 1.0)
            rate = trial.rate * min(20 * progress, (1 + math.cos(math.pi * progress)) / 2)
            optimiser.param_groups[0]["lr"] = rate
            if progress == 1 or len(chosen) == 1:
                break
            batch = augment(images[chosen], trial.augmentation, SHIFT).float().div_(255)
            batch = batch.to(memory_format=torch.channels_last)
            loss = F.cross_entropy(net(batch), labels[chosen])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    return net.eval()


def stopwatch(device: torch.device) -> Callable[[], float]:
    """Seconds since now: of the processor on a CPU, of the wall clock elsewhere."""
    tick = time.process_time if device.type == "cpu" else time.perf_counter
    env.synchronise(device)
    began = tick()

    def read() -> float:
        env.synchronise(device)
        return tick() - began

    return read


def held_out(split: Split) -> tuple[Split, Split]:
    """Four fifths of the training images of each class, and the last fifth, drawn once for all."""
    generator = torch.Generator().manual_seed(0)
    order = torch.randperm(len(split.labels), generator=generator)
    order = order[split.labels[order].argsort(stable=True)]  # class by class
    last = torch.arange(len(order)) % 5 == 4
    parts = (order[~last], order[last])
    first, second = (Split(split.images[part], split.labels[part]) for part in parts)
    return first, second


def tuned(
    split: Split, architecture: str, classes: int, seconds: float, device: torch.device
) -> list[dict]:
    """Each trial with its accuracy on the held-out fifth in per cent, the best first."""
    used, judging = held_out(split)
    tried = []
    for trial in TRIALS:
        net = train_plainly(used, architecture, classes, seconds, trial, 100, device)
        tried.append(asdict(trial) | {"held_out_accuracy": accuracy(net, judging)})
    return sorted(tried, key=lambda one: -one["held_out_accuracy"])


def accuracy(net: nn.Module, split: Split) -> float:
    """In per cent, to two decimals."""
    return round(percent_equal(predict(net, split.images), split.labels), 2)


def part_of(data: Dataset, classes: int | None, images: int | None) -> Dataset:
    """The first classes of a set, with so many training images of each; all test images."""
    if classes is None and images is None:
        return data
    names = data.classes[:classes]

    def read(which: str) -> Split:
        split, limit = getattr(data, which), images if which == "train" else None
        own = [(split.labels == label).nonzero().flatten() for label in range(len(names))]
        kept = torch.cat([of_class[:limit] for of_class in own])
        return Split(split.images[kept], split.labels[kept])

    return replace(data, name=f"{data.name} (part)", classes=names, read=read)


def compare(
    data: Dataset, architecture: str, epochs: int | None, seeds: list[int], device: torch.device
) -> dict:
    """Both sides, seed by seed, with their data and options. Accuracies: of the test set, in %."""
    chosen = recipe.schedule(data, architecture, epochs=epochs)
    nets: dict[str, list[nn.Module]] = {"recipe": [], "plain": []}
    seconds: list[float] = []
    tried: list[dict] = []
    for seed in seeds:
        clock = stopwatch(device)
        nets["recipe"].append(training.train(data, architecture, chosen, seed, device))
        seconds.append(round(clock(), 1))
        tried = tried or tuned(data.train, architecture, len(data.classes), seconds[0], device)
        best = Trial(tried[0]["rate"], tried[0]["augmentation"])
        plain = train_plainly(
            data.train, architecture, len(data.classes), seconds[-1], best, seed, device
        )
        nets["plain"].append(plain)
    return {
        "train_digest": data.train.digest,
        "test_digest": data.test.digest,
        "shape": list(data.shape),
        "train_images": len(data.train.labels),
        "test_images": len(data.test.labels),
        "architecture": architecture,
        "recipe": asdict(chosen),
        "plain": {"batch": BATCH, "weight_decay": WEIGHT_DECAY, "tried": tried},
        "seeds": seeds,
        "seconds": seconds,
        "accuracy": {side: [accuracy(net, data.test) for net in of] for side, of in nets.items()},
    }


@click.command()
@click.option("--dataset", required=True)
@click.option("--size", type=int, help="Pixels to which a folder set is resized.")
@click.option("--classes", type=int, help="Only the first classes.")
@click.option("--images", type=int, help="Only so many training images of each class.")
@click.option("--architecture", default="lenet", show_default=True)
@click.option("--epochs", type=int, help="Default: from the recipe.")
@click.option("--seeds", default="0,1,2", show_default=True)
@click.option("--data-dir", type=click.Path(path_type=Path), envvar="BENCH_DATA")
@click.option("--device", default="auto", show_default=True)
@click.option("--out", type=click.Path(path_type=Path), required=True)
def main(data_dir: Path | None, device: str, out: Path, **options: Any) -> None:
    """Compare the recipe with the plain loop on one data set and write a JSON file."""
    here = env.pick_device(device)
    torch.set_num_threads(1)
    data = datasets.load(options["dataset"], data_dir, options["size"])
    seeds = [int(seed) for seed in options["seeds"].split(",")]
    data = part_of(data, options["classes"], options["images"])
    found = compare(data, options["architecture"], options["epochs"], seeds, here)
    sides = found["accuracy"]
    found["difference"] = round(
        statistics.mean(sides["recipe"]) - statistics.mean(sides["plain"]), 2
    )
    options["dataset"] = options["dataset"].rpartition("/")[2]  # no folders of this machine
    write_atomically(
        out,
        (json.dumps({"options": options} | found | env.provenance(here), indent=2) + "\n").encode(),
    )
    click.echo(
        f"recipe {sides['recipe']}, plain {sides['plain']}, difference {found['difference']:+}"
    )


if __name__ == "__main__":
    main()
