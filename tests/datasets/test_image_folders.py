"""Tiny-ImageNet, ImageNet-12, folders and archives of images, and every way they can be wrong."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from PIL import Image

from benchmark import datasets
from benchmark.errors import BenchError
from support import tiny_formats as tiny
from support.tiny_formats import assert_split, damaged_text


@pytest.mark.parametrize("test_name", ["test", "val"])
def test_imagenet12_format(tmp_path, test_name):
    assert f"{tmp_path / 'imagenet12'} is missing" in damaged_text("imagenet12", tmp_path)
    tiny.write_imagenet12(tmp_path, test_name)
    dataset = datasets.load("imagenet12", tmp_path)
    assert dataset.name == "imagenet12" and dataset.classes == tiny.CLASSES
    assert_split(dataset.train, 6, (3, 64, 64), [0, 1, 2])
    assert_split(dataset.test, 6, (3, 64, 64), [0, 1, 2])


def test_a_folder_takes_shape_and_channels_from_its_images(tmp_path):
    tiny.write_folder(tmp_path / "grey", mode="L", size=(12, 10))
    dataset = datasets.load("folder:grey", tmp_path)
    assert (dataset.name, dataset.shape) == ("folder:grey", (1, 10, 12))
    assert_split(dataset.train, 12, (1, 10, 12), [0, 1, 2])
    assert_split(dataset.test, 6, (1, 10, 12), [0, 1, 2])
    np.testing.assert_array_equal(dataset.train.images[5, 0].numpy(), tiny.pixels(10, 12, seed=101))
    assert datasets.load("folder:grey", tmp_path, size=8).train.images.shape == (12, 1, 8, 8)


def test_folder_resizes_the_shorter_side_and_crops_the_centre(tmp_path):
    tiny.write_folder(tmp_path)
    wide = np.zeros((8, 24, 3), dtype=np.uint8)
    wide[:, 8:16] = 200  # the central square
    Image.fromarray(wide).save(tmp_path / "test" / "apple" / "0000.png")
    dataset = datasets.load(f"folder:{tmp_path}", tmp_path / "nowhere", size=4)
    assert dataset.notes == ()
    assert dataset.test.images[0, :, :, 1:3].unique().tolist() == [200]
    assert dataset.name == f"folder:{tmp_path.name}"


def test_folder_is_sought_in_the_working_folder_first(tmp_path, monkeypatch):
    tiny.write_folder(tmp_path / "here" / "set", classes=("a", "b"))
    tiny.write_folder(tmp_path / "data" / "set")
    monkeypatch.chdir(tmp_path / "here")
    assert datasets.load("folder:set", tmp_path / "data").classes == ("a", "b")
    monkeypatch.chdir(tmp_path)
    assert datasets.load("folder:set", tmp_path / "data").classes == tiny.CLASSES


@pytest.mark.parametrize("packed", [False, True])
def test_a_split_is_read_without_the_other(tmp_path, packed):
    folder = tiny.write_folder(tmp_path / "set")
    torn = folder / "train" / "bear" / "0001.png"
    torn.write_bytes(torn.read_bytes()[:-30] + bytes(18) + torn.read_bytes()[-12:])
    if packed:
        tiny.write_tar(tmp_path / "set.tar", folder)
    dataset = datasets.load("folder:set.tar" if packed else "folder:set", tmp_path)
    assert len(dataset.test.labels) == 6 and dataset.test is dataset.test
    with pytest.raises(BenchError, match=r"cannot read the image .*set.*train/bear/0001\.png \("):
        _ = dataset.train


def _empty(folder):
    shutil.rmtree(folder)
    folder.mkdir()


@pytest.mark.parametrize(
    "spoil, expected",
    [
        (lambda set_: shutil.rmtree(set_ / "train"), "no class folders in train/"),
        (lambda set_: shutil.rmtree(set_ / "test"), "no class folders in test/"),
        (lambda set_: _empty(set_ / "test"), "no class folders in test/"),
        (lambda set_: _empty(set_), "no class folders in train/"),
        (lambda set_: _empty(set_ / "train" / "bear"), "no images in train/ .* 'bear'"),
        (lambda set_: _empty(set_ / "test" / "bear"), "no images in test/ .* 'bear'"),
        (
            lambda set_: (set_ / "test" / "cat").rename(set_ / "test" / "cow"),
            "train/ does not.*cow",
        ),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_trees_that_are_no_image_set(tmp_path, spoil, expected, packed):
    folder = tiny.write_folder(tmp_path / "set")
    spoil(folder)
    place = tiny.write_tar(tmp_path / "set.tar", folder) if packed else folder
    with pytest.raises(BenchError, match=expected) as caught:
        datasets.load(f"folder:{place}", tmp_path)
    assert str(place) in str(caught.value)


def test_paths_that_are_nothing_readable(tmp_path):
    (tmp_path / "set.zip").write_bytes(b"PK but not really")
    assert f"tried nothing and {tmp_path / 'nothing'}" in damaged_text("folder:nothing", tmp_path)
    assert "cannot read" in damaged_text("folder:set.zip", tmp_path)
    assert "no folder or archive ''" in damaged_text("folder:", tmp_path)


@pytest.mark.parametrize(
    "path", ["a" * 5000, "~nobody-here/set", "a\0b", "a/" * 3000, "*", "\udcff"]
)
def test_paths_that_no_system_can_hold(tmp_path, path):
    with pytest.raises(BenchError, match="there is no folder or archive"):
        datasets.load(f"folder:{path}", tmp_path)


def test_an_image_too_thin_to_cover_a_square(tmp_path):
    folder = tiny.write_folder(tmp_path / "set")
    tiny.write_image(folder / "train" / "cat" / "0000.png", (1, 40_000))
    found = datasets.load("folder:set", tmp_path, size=64)
    with pytest.raises(BenchError, match=r"0000\.png has 1x40000 px, too long and thin"):
        _ = found.train
    assert len(found.test.labels) == 6
