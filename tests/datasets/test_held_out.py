"""Tuning sets: a fifth of the training images judges, whatever their order, and no test image."""

from __future__ import annotations

import dataclasses

import pytest
import torch

from benchmark import datasets
from benchmark.datasets import Dataset, Split, built_in
from benchmark.datasets.held_out import held_out, is_held_out
from benchmark.errors import BenchError
from benchmark.run.tasks import task_for
from support.sets import without_test_split
from teachers import kinds, recipe, shelf


def pixels(split: Split) -> list[bytes]:
    return sorted(image.numpy().tobytes() for image in split.images)


def test_a_fifth_is_held_out_and_the_rest_is_trained_on():
    whole = built_in.load_digits()
    part = held_out(without_test_split(whole))
    assert len(part.train.labels) + len(part.test.labels) == len(whole.train.labels)
    assert sorted(pixels(part.train) + pixels(part.test)) == pixels(whole.train)
    assert not set(pixels(part.train)) & set(pixels(part.test))
    assert len(part.test.labels) / len(whole.train.labels) == pytest.approx(0.2, abs=0.03)
    assert part.test.labels.bincount(minlength=10).min() > 0
    assert (part.name, part.shape, part.classes) == ("tuning:digits", whole.shape, whole.classes)


def test_neither_the_order_nor_other_images_decide_what_is_held_out():
    images = torch.randint(256, (60, 1, 8, 8), dtype=torch.uint8)
    images[7] = images[3]
    chosen, order = is_held_out(images), torch.randperm(60)
    assert torch.equal(is_held_out(images[order]), chosen[order])
    assert torch.equal(is_held_out(images[20:40]), chosen[20:40])
    assert torch.equal(is_held_out(images.transpose(2, 3).contiguous().transpose(2, 3)), chosen)
    assert chosen[7] == chosen[3] and 0 < chosen.sum() < 30


def test_what_leaves_nothing_on_one_side_is_refused():
    one = Split(torch.zeros(9, 1, 8, 8, dtype=torch.uint8), torch.zeros(9, dtype=torch.int64))
    part = held_out(Dataset("folder:same", (1, 8, 8), ("a",), lambda split: one))
    with pytest.raises(BenchError, match="folder:same has too few training images"):
        part.train  # noqa: B018


def test_a_tuning_set_goes_by_the_name_of_its_set(tmp_path):
    assert datasets.load("tuning:digits").name == "tuning:digits"
    assert task_for("tuning:digits") == task_for("digits") != task_for("folder:x")
    assert datasets.outline("tuning:mnist") == datasets.outline("mnist")
    assert datasets.is_here("tuning:digits", tmp_path)
    assert not datasets.is_here("tuning:mnist", tmp_path)
    assert datasets.of_files("tuning:folder:x") and not datasets.of_files("tuning:digits")
    for name, wrong in {
        "tuning:digts": "digits",
        "tuning:folder:x": "no folder or archive",
    }.items():
        with pytest.raises(BenchError, match=wrong):
            datasets.load(name, tmp_path)
    with pytest.raises(BenchError, match="one image size only"):
        datasets.check("tuning:digits", 32)


def test_a_teacher_that_has_seen_the_held_out_images_is_not_taken(tmp_path):
    part = held_out(without_test_split(built_in.load_digits()))
    assert shelf.find(built_in.load_digits(), "lenet", tmp_path) is not None  # shipped
    assert shelf.find(part, "lenet", tmp_path) is None


def test_the_teacher_of_a_tuning_set_is_trained_as_that_of_the_set():
    part = held_out(without_test_split(built_in.load_digits()))
    assert kinds.choose(part) == kinds.choose(built_in.load_digits())
    ours, whole = recipe.schedule(part, "lenet"), recipe.schedule(built_in.load_digits(), "lenet")
    assert dataclasses.replace(ours, epochs=whole.epochs) == whole
