"""Data sets made from others: inverted, without colour, with superclasses."""

from __future__ import annotations

import pytest
import torch
from click.testing import CliRunner

from benchmark import datasets
from benchmark.datasets import Split, derived
from benchmark.errors import BenchError


def made(*arguments: object):
    return CliRunner().invoke(derived.main, [str(one) for one in arguments])


def test_an_inverted_set_has_the_labels_and_splits_of_the_other(tmp_path):
    assert made("digits", "inverted", tmp_path / "dark").exit_code == 0
    before, after = datasets.load("digits"), datasets.load(f"folder:{tmp_path / 'dark'}")
    assert after.classes == before.classes
    for one, other in ((before.train, after.train), (before.test, after.test)):
        order = one.labels.argsort(stable=True)  # a folder lists class by class
        assert torch.equal(other.labels, one.labels[order])
        assert torch.equal(other.images, 255 - one.images[order])


def test_grey_is_the_luma_of_colours():
    images = torch.zeros(1, 3, 1, 3, dtype=torch.uint8)
    for channel in range(3):
        images[0, channel, 0, channel] = 255
    assert derived.grey(images).flatten().tolist() == [76, 150, 29]


def test_grey_images_have_no_colour_to_lose_and_a_folder_is_not_overwritten(tmp_path):
    assert "no colour to lose" in made("digits", "grey", tmp_path / "grey").output
    (tmp_path / "there" / "train").mkdir(parents=True)
    result = made("digits", "inverted", tmp_path / "there")
    assert result.exit_code == 1 and "is there already" in result.output


def test_superclasses_are_ten_of_five_classes_and_leave_the_other_images_out():
    groups = derived.superclass_names()
    assert len(groups) == 10 and {len(of) for of in groups.values()} == {5}
    names = sorted({one for of in groups.values() for one in of} | {"baby"})
    assert len(names) == 51
    labels = torch.arange(len(names))
    images = labels.to(torch.uint8).view(-1, 1, 1, 1).expand(-1, 3, 2, 2)
    found = derived.superclasses(Split(images, labels), tuple(names))
    assert names.index("baby") not in found.images[:, 0, 0, 0].tolist()
    for image, label in zip(found.images[:, 0, 0, 0].tolist(), found.labels.tolist(), strict=True):
        assert names[image] in groups[sorted(groups)[label]]
    assert found.labels.bincount().tolist() == [5] * 10


def test_superclasses_of_another_set_are_refused(tmp_path):
    result = made("digits", "superclasses", tmp_path / "ten")
    assert result.exit_code == 1 and "superclasses are those of CIFAR-100" in result.output
    assert not (tmp_path / "ten").exists()
    with pytest.raises(BenchError, match="there is no class apple"):
        derived.superclasses(Split(torch.zeros(1, 3, 2, 2), torch.zeros(1)), ("a",))
