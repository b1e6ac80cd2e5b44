"""Test images that are training images: counted by their pixels, and said."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch

from benchmark import datasets
from benchmark.cli.progress import OnScreen
from benchmark.datasets.repeats import repeated
from benchmark.run import preparing
from support import tiny_formats as tiny
from support.image_files import image, write_set


def noise(count: int, *shape: int, seed: int) -> torch.Tensor:
    return torch.from_numpy(tiny.pixels(count, *shape, seed=seed))


@pytest.mark.parametrize("shape", [(1, 3, 3), (3, 5, 7), (1, 16, 16), (3, 32, 32)])
def test_exactly_the_repeated_images_are_found(shape):
    train, test = noise(5000, *shape, seed=0), noise(300, *shape, seed=1)
    test[[3, 77, 299]] = train[[0, 4999, 4096]]
    assert np.flatnonzero(repeated(train, test)).tolist() == [3, 77, 299]
    assert not repeated(train, noise(300, *shape, seed=1)).any()


def test_one_pixel_makes_another_image():
    train, test = noise(50, 3, 9, 9, seed=0), noise(50, 3, 9, 9, seed=0)
    assert repeated(train, test).all()
    test[:, 2, 8, 8] ^= 1
    assert not repeated(train, test).any()


def test_equal_sums_are_not_enough(monkeypatch):
    monkeypatch.setattr("benchmark.datasets.repeats._sums", lambda images: np.zeros(len(images)))
    train, test = noise(9, 1, 4, 4, seed=0), noise(9, 1, 4, 4, seed=1)
    test[4] = train[8]
    assert np.flatnonzero(repeated(train, test)).tolist() == [4]


def test_the_built_in_sets_repeat_nothing():
    assert datasets.load("digits").repeated == "" == datasets.load("photos").repeated


def copies(tmp_path, **options):
    files = {}
    for split, label, number in itertools.product(("train", "test"), "ab", range(4)):
        seed = number + 10 * (label == "b") + 50 * (split == "test")
        files[f"{split}/{label}/{number}.png"] = image("RGB", seed=seed)
    files["test/b/1.bmp"] = files["train/a/2.png"]  # another format, class and name
    files["test/a/9.png"] = files["train/a/3.png"].convert("RGBA")
    write_set(tmp_path / "set", files)
    return datasets.load(f"folder:{tmp_path / 'set'}", tmp_path, **options)


def test_copies_are_counted_whatever_their_format(tmp_path):
    assert copies(tmp_path).repeated == (
        "2 of 10 test images (20.00 %) are training images, pixel for pixel: "
        "accuracy on them says nothing of new images"
    )


def test_a_loaded_set_says_its_notes_and_a_teacher_the_repeated_images(tmp_path, capsys):
    copies(tmp_path, size=16)
    (tmp_path / "set" / "train" / "a" / "[b]\x1b[2J\udcff.t\x1b[Hxt").write_text("")
    data = preparing.load(f"folder:{tmp_path / 'set'}", tmp_path, 16, OnScreen())
    assert capsys.readouterr().out == (
        "folder:set: 1 file left out: 1 ending in .txt (train/a/[b].txt)\n"
    )
    preparing.train(data, "lenet", tmp_path / "teachers", torch.device("cpu"), OnScreen(), epochs=1)
    assert "folder:set: 2 of 10 test images (20.00 %) are" in capsys.readouterr().out
