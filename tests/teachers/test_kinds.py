"""Which kind of images a set has: told by the images, whatever form they were saved in."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch

from benchmark import datasets
from benchmark.datasets import Split
from benchmark.errors import BenchError
from teachers import kinds, recipe


def unnamed(name: str, **changes) -> SimpleNamespace:
    """The training images of a built-in set as of a folder that nobody knows, changed."""
    data = datasets.load(name)
    images = data.train.images
    if "colour" in changes:
        images = changes["colour"](images)
    kept = changes.get("kept", len(images))
    split = Split(images[:kept], data.train.labels[:kept])
    return SimpleNamespace(
        name="folder:mine", shape=tuple(images.shape[1:]), classes=data.classes, train=split
    )


def as_rgb(images):
    return images.repeat(1, 3, 1, 1)


def painted(images):
    """Each image with an ink and a ground in colours of its own."""
    generator = torch.Generator().manual_seed(0)
    ink, ground = torch.rand(2, len(images), 3, 1, 1, generator=generator)
    share = images.float() / 255
    return ((share * ink + (1 - share) * ground) * 255).byte()


def greyed(images):
    return images.float().mean(1, keepdim=True).byte()


def upside_down(images):
    return images.flip(2)


@pytest.mark.parametrize("colour", [as_rgb, painted, upside_down])
def test_digits_are_glyphs_in_whatever_colours(colour):
    choice = kinds.choose(unnamed("digits", colour=colour))
    assert choice.kind == "glyphs" and "mirroring changes what they are" in choice.why
    assert choice.colour == (colour is painted)


def test_the_same_digits_as_l_and_as_rgb_have_the_same_recipe():
    grey, colour = unnamed("digits"), unnamed("digits", colour=as_rgb)
    recipes = [recipe.schedule(data, "lenet") for data in (grey, colour)]
    assert recipes[0] == recipes[1]
    assert (recipes[0].augmentation, recipes[0].weight_decay) == ("none", 0.0)


@pytest.mark.parametrize("colour", [greyed, upside_down])
def test_photographs_are_photos_even_in_grey(colour):
    choice = kinds.choose(unnamed("photos", colour=colour))
    assert choice.kind == "photos" and "mirroring changes little" in choice.why
    assert choice.colour == (colour is upside_down)


@pytest.mark.parametrize(
    ("count", "colour", "kind", "told"),
    [
        (4, as_rgb, "glyphs", "every pixel is grey; "),
        (4, painted, "photos", "the images are in colour; "),
        (1, as_rgb, "glyphs", "every pixel is grey; "),
    ],
)
def test_of_too_few_images_colour_decides_and_the_reason_says_so(count, colour, kind, told):
    choice = kinds.choose(unnamed("digits", colour=colour, kept=count))
    assert choice.kind == kind
    assert choice.why.startswith(told) and choice.why.endswith("too few to tell")


def test_images_that_nothing_recognises_tell_nothing():
    generator = torch.Generator().manual_seed(0)
    noise = torch.randint(256, (400, 3, 8, 8), generator=generator, dtype=torch.uint8)
    found = kinds.measure(noise, torch.arange(400) % 10)
    assert found.error == float("inf") and not found.grey
    assert "too few to tell" in kinds.judge(found).why


@pytest.mark.parametrize("kept", [0.7, 0.9])
def test_a_share_near_the_border_must_be_measured_well_to_count(kept):
    found = kinds.Mirrored(2000, 0.5, 0.4, 0.1, kept, 0.02, grey=True)
    assert kinds.judge(found).kind == ("glyphs" if kept < kinds.KEPT_SHARE else "photos")
    unsure = replace(found, error=0.06)
    assert kinds.judge(unsure).kind == "glyphs" and "too few" in kinds.judge(unsure).why
    assert kinds.judge(replace(unsure, grey=False)).kind == "photos"


class Untouchable:
    """A data set known by name, of which no image may be read."""

    name = "mnist"

    @property
    def train(self):
        raise AssertionError("the images were read")


def test_a_set_known_by_name_keeps_its_kind_unread():
    for asked in ("auto", "glyphs"):
        assert kinds.choose(Untouchable, asked) == kinds.by_name("mnist")
    assert [kinds.by_name(name).colour for name in ("mnist", "svhn", "cifar10")] == [0, 1, 1]


def test_what_is_asked_for_is_taken():
    digits = datasets.load("digits")
    choice = kinds.choose(digits, "photos")
    assert (choice.kind, choice.why, choice.colour) == ("photos", "as asked for", False)
    assert recipe.schedule(digits, "lenet", "photos").augmentation == "crop+flip"
    with pytest.raises(BenchError, match="unknown recipe 'glyph'"):
        kinds.choose(digits, "glyph")


def test_garments_without_their_name_are_what_their_name_says():
    """The nearest to the border of all sets tried: shoes face one way, shirts do not."""
    folder = datasets.default_data_dir()
    if not datasets.is_here("fmnist", folder):
        pytest.skip("Fashion-MNIST is not here")
    split = datasets.load("fmnist", folder).train
    assert kinds.judge(kinds.measure(split.images, split.labels)).kind == "glyphs"
