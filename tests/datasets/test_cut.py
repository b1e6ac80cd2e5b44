"""Textures: squares that are cut out of large pictures."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from PIL import Image

from benchmark import datasets
from benchmark.datasets import cut


@pytest.fixture
def pictures(tmp_path):
    """Two pictures whose left two thirds have even values and whose right third has odd ones."""
    for number, name in enumerate(("weave", "sand")):
        values = np.random.default_rng(number).integers(0, 100, (40, 120)) * 2
        values[:, 80:] += 1
        Image.fromarray(values.astype(np.uint8)).save(tmp_path / f"{name}.png")
    return [tmp_path / "weave.png", tmp_path / "sand.png"]


def made(*arguments: object):
    return CliRunner().invoke(cut.main, [str(one) for one in arguments])


def test_training_and_test_images_share_no_pixel_and_come_again(pictures, tmp_path, monkeypatch):
    monkeypatch.setattr(cut, "TRAINING", 12)
    monkeypatch.setattr(cut, "TEST", 5)
    for name in ("one", "two"):
        assert made(*pictures, tmp_path / name).exit_code == 0
    found, again = (datasets.load(f"folder:{tmp_path / name}") for name in ("one", "two"))
    assert found.classes == ("sand", "weave") and found.shape == (1, 28, 28)
    assert found.train.labels.bincount().tolist() == [12, 12]
    assert found.test.labels.bincount().tolist() == [5, 5]
    assert not (found.train.images % 2).any() and (found.test.images % 2).all()
    assert len(found.train.images.flatten(1).unique(dim=0)) > 20  # at places of their own
    assert torch.equal(found.train.images, again.train.images)


def test_a_square_keeps_the_class_of_its_picture(pictures):
    train, _ = cut.cut([cut.opened(path) for path in pictures])
    weave = cut.opened(pictures[0])[0]
    corner = train.images[0, 0, :1, :4]
    rows = weave.unfold(0, 1, 1).unfold(1, 4, 1)[:, :, 0]
    assert train.labels[0] == 0 and (rows == corner[0]).all(dim=2).any()


def test_a_colour_picture_loses_its_colour(tmp_path):
    Image.new("RGB", (90, 30), (255, 0, 0)).save(tmp_path / "red.png")
    assert cut.opened(tmp_path / "red.png").unique().tolist() == [76]


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda paths, folder: [paths[0]], "two pictures or more"),
        (lambda paths, folder: [paths[0], paths[0]], "each of another name"),
        (lambda paths, folder: [paths[0], folder / "none.png"], "none.png"),
        (lambda paths, folder: [paths[0], _text(folder)], "cannot read the image"),
        (lambda paths, folder: [paths[0], _small(folder)], "53 x 20 pixels is too small"),
    ],
    ids=["one", "twice", "missing", "text", "small"],
)
def test_what_gives_no_set_is_one_line(spoil, words, pictures, tmp_path):
    done = made(*spoil(pictures, tmp_path), tmp_path / "set")
    assert done.exit_code in (1, 2) and words in done.output and "Traceback" not in done.output


def test_a_set_that_is_there_is_not_overwritten(pictures, tmp_path):
    (tmp_path / "set" / "train").mkdir(parents=True)
    assert "is there already" in made(*pictures, tmp_path / "set").output


def _text(folder):
    (folder / "text.png").write_text("no image")
    return folder / "text.png"


def _small(folder):
    Image.new("L", (80, 20)).save(folder / "small.png")
    return folder / "small.png"
