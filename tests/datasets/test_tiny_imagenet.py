"""Tiny-ImageNet as published and as people re-arrange it, and every way it can be wrong."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
import torch

from benchmark import datasets
from benchmark.errors import BenchError
from support import tiny_formats as tiny
from support.tiny_formats import assert_split, damaged_text


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


def rearrange(place: Path, inner: str, keep: str) -> None:
    """Move the validation images to val/<wnid>/``inner``; ``keep``: files to leave, now useless."""
    val = place / "val"
    for line in (val / "val_annotations.txt").read_text().splitlines():
        name, wnid = line.split("\t")[:2]
        target = val / wnid / inner
        target.mkdir(parents=True, exist_ok=True)
        shutil.move(val / "images" / name, target / name)
    if "images" not in keep:
        (val / "images").rmdir()
    if "table" not in keep:
        (val / "val_annotations.txt").unlink()
    if "boxes" in keep:
        (val / "n00000001" / "n00000001_boxes.txt").write_text("")


@pytest.mark.parametrize("inner", ["", "images"])
@pytest.mark.parametrize("keep", ["", "images", "table", "images table boxes"])
def test_validation_images_in_class_folders(tmp_path, inner, keep):
    place = tiny.write_tiny_imagenet(tmp_path)
    published = datasets.load("tiny-imagenet", tmp_path)
    digests = published.train.digest, published.test.digest
    rearrange(place, inner, keep)
    found = datasets.load("tiny-imagenet", tmp_path)
    assert found.test.labels.tolist() == [0, 0, 1, 1, 2, 2]
    assert (found.train.digest, found.test.digest) == digests
    assert found.notes == published.notes == ()


def test_training_images_without_a_folder_of_their_own(tmp_path):
    place = tiny.write_tiny_imagenet(tmp_path)
    digest = datasets.load("tiny-imagenet", tmp_path).train.digest
    for folder in sorted((place / "train").iterdir()):
        for path in sorted((folder / "images").iterdir()):
            path.rename(folder / path.name)
    assert datasets.load("tiny-imagenet", tmp_path).train.digest == digest


def test_validation_images_moved_in_part(tmp_path):
    place = tiny.write_tiny_imagenet(tmp_path)
    (place / "val" / "n00000001").mkdir()
    shutil.move(place / "val" / "images" / "val_1.JPEG", place / "val" / "n00000001")
    text = damaged_text("tiny-imagenet", tmp_path)
    assert "images in images/ and class folders (n00000001): move all, or none" in text


def test_left_overs_between_the_images_are_said(tmp_path):
    place = tiny.write_tiny_imagenet(tmp_path)
    (place / "val" / "images" / ".DS_Store").write_text("")
    (place / "train" / "n00000001" / "images" / "x.txt").write_text("")
    found = datasets.load("tiny-imagenet", tmp_path)
    assert found.notes == (
        "2 files left out: 1 ending in .txt, 1 hidden or of the desktop "
        "(train/n00000001/images/x.txt)",
    )
    assert_split(found.test, 6, (3, 64, 64), [0, 1, 2])


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no FIFOs")
@pytest.mark.parametrize("name", ["wnids.txt", "val/val_annotations.txt"])
def test_tables_that_are_no_plain_files(tmp_path, name):
    path = tiny.write_tiny_imagenet(tmp_path) / name
    path.unlink()
    os.mkfifo(path)
    assert f"{path} is a FIFO, not a file" in damaged_text("tiny-imagenet", tmp_path)


def test_a_table_in_another_encoding(tmp_path):
    path = tiny.write_tiny_imagenet(tmp_path) / "val" / "val_annotations.txt"
    path.write_bytes(b"\xff\xfe" + path.read_bytes())
    assert "does not name the image val_0.JPEG" in damaged_text("tiny-imagenet", tmp_path)
