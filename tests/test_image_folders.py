"""Tiny-ImageNet, ImageNet-12, folders and archives of images, and every way they can be wrong."""

from __future__ import annotations

import os
import shutil

import numpy as np
import pytest
import torch
from PIL import Image

import tiny_formats as tiny
from benchmark import datasets
from benchmark.datasets import images as image_files
from benchmark.errors import BenchError
from tiny_formats import assert_split, damaged_text

needs_data = pytest.mark.skipif(
    not os.environ.get("BENCH_DATA"), reason="BENCH_DATA is not set: there is no real data"
)


def test_tiny_imagenet_format(tmp_path):
    tiny.write_tiny_imagenet(tmp_path)
    dataset = datasets.load("tiny-imagenet", tmp_path)
    assert dataset.classes == ("n00000000", "n00000001", "n00000002")
    assert_split(dataset.train, 9, (3, 64, 64), [0, 1, 2])
    assert_split(dataset.test, 6, (3, 64, 64), [0, 1, 2])
    first = dataset.test.images[0]  # val_0 is grey
    assert torch.equal(first[0], first[1])
    assert datasets.load("tiny-imagenet", tmp_path, size=32).test.images.shape == (6, 3, 32, 32)


def test_tiny_imagenet_errors(tmp_path):
    assert f"{tmp_path / 'tiny-imagenet-200'} is missing" in damaged_text("tiny-imagenet", tmp_path)
    place = tiny.write_tiny_imagenet(tmp_path)
    table = place / "val" / "val_annotations.txt"
    rows = table.read_text()
    for content, expected in (
        (rows + "val_99.JPEG\tn00000000\n", "has no val_99.JPEG"),
        (rows.split("\n", 1)[1], "does not name the image val_0.JPEG"),
        (rows.replace("n00000002", "n9"), "classes in test/ that train/ does not have: n9"),
        ("no tab here\n", "cannot read .*val_annotations.txt"),
    ):
        table.write_text(content)
        with pytest.raises(BenchError, match=expected):
            datasets.load("tiny-imagenet", tmp_path)
    table.unlink()
    assert "val_annotations.txt" in damaged_text("tiny-imagenet", tmp_path)
    (place / "wnids.txt").write_text("n00000000\n")
    assert "wnids.txt names other classes" in damaged_text("tiny-imagenet", tmp_path)
    shutil.rmtree(place / "val")
    (place / "wnids.txt").unlink()
    assert f"{place / 'val'} is missing" in damaged_text("tiny-imagenet", tmp_path)


@pytest.mark.parametrize("test_name", ["test", "val"])
def test_imagenet12_format(tmp_path, test_name):
    assert f"{tmp_path / 'imagenet12'} is missing" in damaged_text("imagenet12", tmp_path)
    tiny.write_imagenet12(tmp_path, test_name)
    dataset = datasets.load("imagenet12", tmp_path)
    assert dataset.name == "imagenet12" and dataset.classes == tiny.CLASSES
    assert_split(dataset.train, 6, (3, 64, 64), [0, 1, 2])
    assert_split(dataset.test, 6, (3, 64, 64), [0, 1, 2])


def test_folder_takes_shape_and_channels_from_the_first_image(tmp_path):
    tiny.write_folder(tmp_path / "grey", mode="L", size=(12, 10))
    tiny.write_image(tmp_path / "grey" / "test" / "cat" / "0000.png", (30, 20))
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
    assert dataset.test.images[0, :, :, 1:3].unique().tolist() == [200]
    assert dataset.name == f"folder:{tmp_path.name}"


def test_folder_is_sought_in_the_working_folder_first(tmp_path, monkeypatch):
    tiny.write_folder(tmp_path / "here" / "set", classes=("a", "b"))
    tiny.write_folder(tmp_path / "data" / "set")
    monkeypatch.chdir(tmp_path / "here")
    assert datasets.load("folder:set", tmp_path / "data").classes == ("a", "b")
    monkeypatch.chdir(tmp_path)
    assert datasets.load("folder:set", tmp_path / "data").classes == tiny.CLASSES


@pytest.mark.parametrize("suffix", [".tar", ".tar.gz", ".tar.xz", ".tar.bz2"])
@pytest.mark.parametrize("prefix, folders", [("", True), ("./", False), ("a/b/", True)])
def test_archive_equals_its_folder(tmp_path, suffix, prefix, folders):
    folder = tiny.write_folder(tmp_path / "set", test_name="val")
    tiny.write_tar(tmp_path / f"my.set{suffix}", folder, prefix, folders)
    plain = datasets.load("folder:set", tmp_path)
    packed = datasets.load(f"folder:my.set{suffix}", tmp_path)
    assert packed.name == "folder:my.set"
    assert (packed.shape, packed.classes) == (plain.shape, plain.classes)
    assert packed.train.digest == plain.train.digest
    assert packed.test.digest == plain.test.digest
    assert plain.test.digest != plain.train.digest


@pytest.mark.parametrize("packed", [False, True])
def test_a_split_is_read_without_the_other(tmp_path, packed):
    folder = tiny.write_folder(tmp_path / "set")
    (folder / "train" / "bear" / "0001.png").write_bytes(b"no image")
    if packed:
        tiny.write_tar(tmp_path / "set.tar", folder)
    dataset = datasets.load("folder:set.tar" if packed else "folder:set", tmp_path)
    assert len(dataset.test.labels) == 6 and dataset.test is dataset.test
    with pytest.raises(BenchError, match=r"set.*train/bear/0001\.png \(not an image\)"):
        _ = dataset.train


def test_left_overs_are_ignored(tmp_path):
    folder = tiny.write_folder(tmp_path / "set")
    expected = datasets.load("folder:set", tmp_path).train.digest
    (folder / "train" / ".hidden").mkdir()
    (folder / "train" / "cat" / "._0000.png").write_bytes(b"x")
    (folder / "train" / "cat" / "notes.txt").write_text("x")
    (folder / "README").write_text("x")
    tiny.write_tar(tmp_path / "set.tar", folder)
    for name in ("folder:set", "folder:set.tar"):
        assert datasets.load(name, tmp_path).train.digest == expected


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


@pytest.mark.parametrize("suffix", [".tar", ".tar.gz", ".tar.xz", ".tar.bz2"])
def test_an_archive_cut_short(tmp_path, suffix):
    folder = tiny.write_folder(tmp_path / "set")
    place = tiny.write_tar(tmp_path / f"set{suffix}", folder)
    place.write_bytes(place.read_bytes()[: place.stat().st_size * 2 // 3])
    text = damaged_text(f"folder:set{suffix}", tmp_path)
    assert str(place) in text


def test_archives_with_links_or_two_sets(tmp_path):
    folder = tiny.write_folder(tmp_path / "set")
    place = tiny.write_tar(tmp_path / "set.tar", folder)
    tiny.add_member(place, "train/cat/9999.png", link="/etc/passwd")
    assert "train/cat/9999.png is a link" in damaged_text("folder:set.tar", tmp_path)
    place = tiny.write_tar(tmp_path / "two.tar", folder)
    tiny.add_member(place, "../train/cat/0.png")
    assert "holds several sets" in damaged_text("folder:two.tar", tmp_path)


def test_images_that_are_too_large(tmp_path, monkeypatch):
    folder = tiny.write_folder(tmp_path / "set")
    tiny.write_tar(tmp_path / "set.tar", folder)
    for limit, value in (("MAX_PIXELS", 100), ("MAX_BYTES", 10), ("MAX_SIDE", 8)):
        for name in ("folder:set", "folder:set.tar"):
            with monkeypatch.context() as patch:
                patch.setattr(image_files, limit, value)
                assert "train/apple/0000.png" in damaged_text(name, tmp_path)


def test_images_of_other_modes(tmp_path):
    folder = tiny.write_folder(tmp_path / "set", classes=("a", "b"), size=(6, 6))
    with Image.open(folder / "train" / "a" / "0001.png") as image:
        image.convert("P").save(folder / "train" / "a" / "0001.png")
        image.convert("RGBA").save(folder / "train" / "a" / "0002.png")
    assert datasets.load("folder:set", tmp_path).train.images.shape == (8, 3, 6, 6)
    deep = Image.fromarray(np.full((6, 6), 1000, dtype=np.uint16))
    deep.save(folder / "test" / "a" / "0000.png")
    assert "more than 8 bits" in damaged_text("folder:set", tmp_path)


@needs_data
@pytest.mark.slow
@pytest.mark.parametrize(
    "name, classes", [("folder:cifar10_jpg", 10), ("folder:tiny_imagenet_32", 200)]
)
def test_real_archives(name, classes):
    path = f"{name}.tar.xz"
    if not (datasets.default_data_dir() / path.removeprefix("folder:")).is_file():
        pytest.skip(f"BENCH_DATA has no {path}")
    dataset = datasets.load(path)
    assert (dataset.name, dataset.shape, len(dataset.classes)) == (name, (3, 32, 32), classes)
    assert_split(dataset.test, 10_000, (3, 32, 32), list(range(classes)))
    assert dataset.test.labels.bincount().tolist() == [10_000 // classes] * classes
