"""The plain loop that the recipes are measured against, and the file of the comparison."""

from __future__ import annotations

import json
from itertools import count
from types import SimpleNamespace

import pytest
import torch
from click.testing import CliRunner

from benchmark import datasets
from benchmark.datasets import Dataset, Split
from teachers import plain_loop
from teachers.plain_loop import Trial, held_out, part_of, train_plainly

CPU = torch.device("cpu")


@pytest.fixture
def steady(monkeypatch):
    """Clocks by which each look takes a second, so that nothing depends on the machine."""

    def stopwatch(device):
        looks = count(1)
        return lambda: float(next(looks))

    monkeypatch.setattr(plain_loop, "stopwatch", stopwatch)


@pytest.fixture
def small() -> Dataset:
    """160 images of four classes, of which class k is bright in column k, and 40 to test with."""
    generator = torch.Generator().manual_seed(0)

    def read(which: str) -> Split:
        size = 160 if which == "train" else 40
        labels = torch.arange(size) % 4
        images = torch.randint(99, (size, 1, 12, 12), generator=generator, dtype=torch.uint8)
        images[torch.arange(size), :, :, 3 * labels] = 255
        return Split(images, labels)

    return Dataset("folder:/home/somebody/columns", (1, 12, 12), tuple("abcd"), read)


def test_the_plain_loop_learns_and_depends_on_the_seed_alone(small, steady):
    trial = Trial(1e-3, "crop")
    nets = [train_plainly(small.train, "mlp", 4, 100, trial, seed, CPU) for seed in (1, 1, 2)]
    assert plain_loop.accuracy(nets[0], small.test) > 50 and not nets[0].training
    states = [torch.cat([p.flatten() for p in net.parameters()]) for net in nets]
    assert torch.equal(states[0], states[1]) and not torch.equal(states[0], states[2])


def test_the_plain_loop_stops_when_its_seconds_are_over(small, monkeypatch):
    looks = []

    def stopwatch(device):
        return lambda: looks.append(0) or float(len(looks))

    monkeypatch.setattr(plain_loop, "stopwatch", stopwatch)
    train_plainly(small.train, "mlp", 4, 20, Trial(1e-3, "none"), 0, CPU)
    assert 20 <= len(looks) <= 21


def test_a_fifth_of_each_class_is_held_out_and_never_trained_on(small):
    used, judging = held_out(small.train)
    assert len(used.labels) == 128 and judging.labels.bincount().tolist() == [8] * 4
    everything = torch.cat((used.images, judging.images)).flatten(1)
    assert len(everything.unique(dim=0)) == len(small.train.images.flatten(1).unique(dim=0)) == 160


def test_a_part_has_the_first_classes_and_images_and_every_test_image_of_them(small):
    part = part_of(small, classes=2, images=5)
    assert part.train.labels.tolist() == [0] * 5 + [1] * 5 and part.classes == ("a", "b")
    assert part.test.labels.bincount().tolist() == [10, 10]
    assert torch.equal(part.train.images[0], small.train.images[0])
    assert part_of(small, None, None) is small


def test_tuning_never_reads_a_test_image(small, steady, monkeypatch):
    monkeypatch.setattr(plain_loop, "TRIALS", [Trial(1e-5, "none"), Trial(1e-3, "none")])
    unread = SimpleNamespace(train=small.train)  # it has no test split
    tried = plain_loop.tuned(unread.train, "mlp", 4, 60, CPU)
    assert [trial["rate"] for trial in tried] == [1e-3, 1e-5]
    assert tried[0]["held_out_accuracy"] > tried[1]["held_out_accuracy"]


def test_the_file_of_a_comparison_has_numbers_origin_and_no_folder(
    small, steady, monkeypatch, tmp_path
):
    monkeypatch.setattr(datasets, "load", lambda name, folder, size: small)
    monkeypatch.setattr(plain_loop, "TRIALS", [Trial(1e-3, "none")])
    out = tmp_path / "plain.json"
    told = f"--dataset {small.name} --architecture mlp --epochs 2 --seeds 4,5 --device cpu"
    done = CliRunner().invoke(plain_loop.main, [*told.split(), "--out", str(out)])
    assert done.exit_code == 0, done.output
    found = json.loads(out.read_text())
    assert "somebody" not in out.read_text() and found["options"]["dataset"] == "columns"
    assert found["recipe"]["epochs"] == 2 and found["seeds"] == [4, 5]
    assert {len(found["seconds"]), *map(len, found["accuracy"].values())} == {2}
    means = [sum(found["accuracy"][side]) / 2 for side in ("recipe", "plain")]
    assert found["difference"] == pytest.approx(means[0] - means[1], abs=0.01)
    assert {"train_digest", "device", "torch", "commit", "plain"} <= set(found)
