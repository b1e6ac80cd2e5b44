"""The recipe of each kind of data, and the loop that follows it."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch

from benchmark.errors import BenchError
from teachers.recipe import recipe_for
from teachers.training import learning_rate, train

RECIPE = replace(recipe_for("digits", (1, 16, 16), "lenet", 65), epochs=4)


def quadrants(count: int = 65, size: int = 16) -> SimpleNamespace:
    """A set anything should learn: the class is the quadrant with a bright square."""
    generator = torch.Generator().manual_seed(1)
    labels = torch.arange(count) % 4
    images = torch.randint(60, (count, 1, size, size), generator=generator, dtype=torch.uint8)
    for image, label in zip(images, labels.tolist(), strict=True):
        row, column = (4 + size // 2 * (label // 2), 4 + size // 2 * (label % 2))
        image[:, row - 1 : row + 2, column - 1 : column + 2] = 255
    split = SimpleNamespace(images=images, labels=labels, digest="d" * 64)
    return SimpleNamespace(
        name="quadrants", shape=(1, size, size), classes=tuple("abcd"), train=split, test=split
    )


@pytest.mark.parametrize(
    ("dataset", "shape", "augmentation", "padding"),
    [
        ("digits", (1, 16, 16), "none", 0),
        ("mnist", (1, 28, 28), "none", 0),
        ("svhn", (3, 32, 32), "none", 0),
        ("fmnist", (1, 28, 28), "none", 0),
        ("cifar10", (3, 32, 32), "crop+flip", 4),
        ("imagenet12", (3, 64, 64), "crop+flip", 4),
        ("folder:glyphs", (1, 32, 32), "none", 0),
        ("folder:photos", (3, 32, 32), "crop+flip", 4),
    ],
)
def test_augmentation_never_changes_a_label(dataset, shape, augmentation, padding):
    recipe = recipe_for(dataset, shape, "lenet", 50_000)
    assert (recipe.augmentation, recipe.padding) == (augmentation, padding)


def test_recipe_follows_size_of_the_set_and_batch_norm():
    small, large = (recipe_for("digits", (1, 16, 16), "lenet", n) for n in (1_438, 60_000))
    assert small.epochs > large.epochs and small.batch < large.batch
    assert recipe_for("mnist", (1, 28, 28), "mlp", 60_000).learning_rate < large.learning_rate


def test_learning_rate_rises_to_the_peak_and_falls_to_zero():
    rates = [learning_rate(RECIPE, step / 100) for step in range(101)]
    assert rates[0] == 0 and rates[25] == max(rates) == RECIPE.learning_rate
    assert rates[-1] == pytest.approx(0, abs=1e-12)


def test_training_learns_and_depends_on_the_seed_alone():
    dataset, calls = quadrants(), []  # 65 images: the last batch of 32 holds one image
    module, accuracy = train(dataset, "lenet", RECIPE, 0, on_epoch=lambda *call: calls.append(call))
    assert accuracy > 90 and not module.training
    assert [call[:2] for call in calls] == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert calls[-1][2] < calls[0][2]

    before = torch.random.get_rng_state()
    again, _ = train(dataset, "lenet", RECIPE, 0)
    assert torch.equal(before, torch.random.get_rng_state())
    other, _ = train(dataset, "lenet", RECIPE, 1)
    states = [
        torch.cat([v.flatten() for v in m.state_dict().values()]) for m in (module, again, other)
    ]
    assert torch.equal(states[0], states[1])
    assert not torch.equal(states[0], states[2])


def test_training_in_bfloat16_learns_as_well_with_weights_in_float32():
    module, accuracy = train(quadrants(), "lenet", RECIPE, 0, bfloat16=True)
    assert accuracy > 90
    assert {parameter.dtype for parameter in module.parameters()} == {torch.float32}


def test_training_says_when_it_cannot_go_on():
    with pytest.raises(BenchError, match="diverged in epoch"):
        train(quadrants(), "mlp", replace(RECIPE, learning_rate=1e20), 0)
    with pytest.raises(BenchError, match="fewer than 2 images"):
        train(quadrants(count=1), "lenet", RECIPE, 0)
