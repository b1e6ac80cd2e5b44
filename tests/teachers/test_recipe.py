"""The recipe of each kind of data, and the loop that follows it."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

import teachers
from benchmark.errors import BenchError
from benchmark.nets.evaluate import percent_equal, predict
from teachers import kinds
from teachers.kinds import NAMED, Choice
from teachers.recipe import recipe_for, schedule
from teachers.training import Watch, learning_rate, train

SHIPPED = Path(teachers.__file__).parent / "shipped"

# of the shipped teachers beside the usual ones, by their names
OTHER_RECIPES = {"shifts": {"augmentation": "crop", "padding": 4, "weight_decay": 5e-4}}
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


def gratings(count: int = 128, size: int = 48) -> SimpleNamespace:
    """Coloured, noisy waves of four lengths, with any phase and a tilt: mirroring changes none."""
    generator = torch.Generator().manual_seed(1)
    labels = torch.arange(count) % 4
    phase, tilt = torch.rand(2, count, 1, 1, generator=generator)
    tilt, length = 0.6 * (tilt - 0.5), torch.tensor([4.0, 5.0, 6.5, 8.0])[labels].view(-1, 1, 1)
    row, column = torch.meshgrid(torch.arange(size), torch.arange(size), indexing="ij")
    wave = torch.sin(math.tau * ((column * tilt.cos() + row * tilt.sin()) / length + phase))
    colour = torch.rand(count, 3, 1, 1, generator=generator)
    noise = torch.rand(count, 3, size, size, generator=generator)
    images = 0.35 + 0.2 * wave.unsqueeze(1) * colour + 0.3 * noise
    split = SimpleNamespace(images=(images.clamp(0, 1) * 255).byte(), labels=labels)
    return SimpleNamespace(
        name="folder:gratings",
        shape=(3, size, size),
        classes=tuple("abcd"),
        train=split,
        test=split,
    )


def accuracy(module, dataset) -> float:
    return percent_equal(predict(module, dataset.test.images), dataset.test.labels)


@pytest.mark.parametrize(
    ("dataset", "shape", "augmentation", "padding"),
    [
        ("digits", (1, 16, 16), "none", 0),
        ("mnist", (1, 28, 28), "none", 0),
        ("svhn", (3, 32, 32), "none", 0),
        ("fmnist", (1, 28, 28), "none", 0),
        ("cifar10", (3, 32, 32), "crop+flip", 4),
        ("imagenet12", (3, 64, 64), "crop+flip", 4),
    ],
)
def test_augmentation_never_changes_a_label(dataset, shape, augmentation, padding):
    recipe = recipe_for(dataset, shape, "lenet", 50_000)
    assert (recipe.augmentation, recipe.padding) == (augmentation, padding)


@pytest.mark.parametrize("shape", [(1, 32, 32), (3, 32, 32)])
@pytest.mark.parametrize("kind", ["glyphs", "photos"])
def test_a_folder_has_the_recipe_of_its_kind_however_many_channels(kind, shape):
    recipe = recipe_for("folder:x", shape, "lenet", 50_000, Choice(kind, "told", colour=False))
    assert (recipe.augmentation, recipe.weight_decay > 0) == {
        "glyphs": ("none", False),
        "photos": ("crop+flip", True),
    }[kind]
    assert (recipe.kind, recipe.why, recipe.optimiser) == (kind, "told", "adamw")


def test_glyphs_in_colour_are_seen_as_often_as_photos():
    grey, colour, photos = (
        recipe_for("folder:x", (3, 32, 32), "lenet", 50_000, Choice(*told))
        for told in (("glyphs", "", False), ("glyphs", "", True), ("photos", "", True))
    )
    assert grey.epochs < colour.epochs == photos.epochs


def test_recipe_follows_size_of_the_set_and_batch_norm():
    small, large = (recipe_for("digits", (1, 16, 16), "lenet", n) for n in (1_438, 60_000))
    assert small.epochs > large.epochs and small.batch < large.batch
    assert recipe_for("mnist", (1, 28, 28), "mlp", 60_000).learning_rate < large.learning_rate
    glyphs = Choice("glyphs", "", colour=False)
    for network in ("alexnet", "mlp", "timm:vit_tiny_patch16_224"):
        fragile = recipe_for("folder:x", (3, 32, 32), network, 5_000, glyphs)
        robust = recipe_for("folder:x", (3, 32, 32), "resnet18", 5_000, glyphs)
        assert fragile.learning_rate < robust.learning_rate


def test_large_sets_that_nobody_tuned_have_smaller_batches_and_see_as_many_images():
    photos = Choice("photos", "", colour=True)
    small, large, named = (
        recipe_for(name, (3, 32, 32), "resnet18", count, photos)
        for name, count in [("folder:x", 9_999), ("folder:x", 50_000), ("cifar10", 50_000)]
    )
    assert (small.batch, large.batch, named.batch) == (32, 64, 128)
    assert large.learning_rate == pytest.approx(2 * small.learning_rate)
    assert large.epochs == named.epochs > small.epochs / 2


@pytest.mark.parametrize(
    ("epochs", "augmentation", "padding"),
    [
        (1, "flip", 0),
        (3, "flip", 0),
        (4, "crop+flip", 4),
        (None, "crop+flip", 4),
    ],
)
def test_a_training_too_short_for_shifts_has_none(epochs, augmentation, padding):
    images = SimpleNamespace(
        labels=torch.zeros(20), images=torch.zeros(20, 3, 8, 8, dtype=torch.uint8)
    )
    data = SimpleNamespace(name="cifar10", shape=(3, 32, 32), train=images)
    found = schedule(data, "lenet", "photos", epochs=epochs)
    assert (found.augmentation, found.padding) == (augmentation, padding)
    assert schedule(data, "lenet", "glyphs", epochs=epochs).augmentation == "none"


def test_shipped_teachers_are_those_of_their_recipe():
    cards = [json.loads(path.read_text()) for path in sorted(SHIPPED.glob("*.json"))]
    images = {"digits": 1_442, "mnist": 60_000, "fmnist": 60_000, "folder:usps_png": 7_291}
    images |= {"folder:cifar10_jpg": 50_000, "folder:cifar100_jpg": 50_000}
    images |= {"folder:imagenette_64": 9_469, "folder:tiny_imagenet_32": 100_000}
    assert len(cards) >= 3
    for card in cards:
        name, told = card["dataset"], card["recipe"]
        of_folder = Choice(told.get("kind", ""), told.get("why", ""), colour=card["shape"][0] == 3)
        choice = None if name in NAMED else of_folder
        today = recipe_for(name, card["shape"], card["architecture"], images[name], choice)
        changed = {name: of for name, of in told.items() if of != getattr(today, name)}
        assert changed == OTHER_RECIPES.get(card.get("name", ""), {})


def test_learning_rate_rises_to_the_peak_and_falls_to_zero():
    rates = [learning_rate(RECIPE, step / 100) for step in range(101)]
    assert rates[0] == 0 and rates[25] == max(rates) == RECIPE.learning_rate
    assert rates[-1] == pytest.approx(0, abs=1e-12)


def test_training_learns_and_depends_on_the_seed_alone():
    dataset, calls = quadrants(), []  # 65 images: the last batch of 32 holds one image
    module = train(dataset, "lenet", RECIPE, 0, on_epoch=lambda *call: calls.append(call))
    assert accuracy(module, dataset) > 90 and not module.training
    assert [call[:2] for call in calls] == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert calls[-1][2] < calls[0][2]

    before = torch.random.get_rng_state()
    again = train(dataset, "lenet", RECIPE, 0)
    assert torch.equal(before, torch.random.get_rng_state())
    other = train(dataset, "lenet", RECIPE, 1)
    states = [
        torch.cat([v.flatten() for v in m.state_dict().values()]) for m in (module, again, other)
    ]
    assert torch.equal(states[0], states[1])
    assert not torch.equal(states[0], states[2])


def test_training_in_bfloat16_learns_as_well_with_weights_in_float32():
    dataset = quadrants()
    module = train(dataset, "lenet", RECIPE, 0, bfloat16=True)
    assert accuracy(module, dataset) > 90
    assert {parameter.dtype for parameter in module.parameters()} == {torch.float32}


def test_a_small_set_of_large_images_is_learned():
    """With SGD and the rate that suits 16 px, this training ends at chance."""
    dataset = gratings()
    told = kinds.choose(dataset)
    recipe = recipe_for(dataset.name, dataset.shape, "lenet", 128, told)
    module = train(dataset, "lenet", replace(recipe, epochs=12), 0)
    assert told.kind == "photos" and accuracy(module, dataset) > 75


def test_training_says_when_it_cannot_go_on():
    with pytest.raises(BenchError, match=r"diverged in epoch 1 of 4 .the loss is (nan|inf)"):
        train(quadrants(), "mlp", replace(RECIPE, learning_rate=1e20), 0)
    with pytest.raises(BenchError, match="fewer than 2 images"):
        train(quadrants(count=1), "lenet", RECIPE, 0)


def watched(*losses: float) -> None:
    watch = Watch(replace(RECIPE, epochs=9), torch.arange(6_400) % 4)  # guessing costs 1.386
    for loss in losses:
        watch.epoch(loss)


@pytest.mark.parametrize(
    ("losses", "epoch"),
    [
        ((1.2, 0.9, 1.39, 1.38), 3),
        ((2.5, 1.1, 60.0, 1.4), 3),
        ((1.0, 1.4, 1.0, 0.9, 5.0, 3.0), 5),
        ((0.3, float("nan")), 2),
        ((float("inf"),), 1),
    ],
)
def test_divergence_is_found_while_it_lasts_and_its_beginning_named(losses, epoch):
    watched(*losses[:-1])
    with pytest.raises(
        BenchError, match=rf"diverged in epoch {epoch} of 9 .*--learning-rate 0\.05"
    ):
        watched(*losses)


@pytest.mark.parametrize(
    "losses", [(2.5, 1.38, 1.2, 0.8), (1.2, 1.5, 1.1, 1.5, 0.9), (1.39, 1.4, 1.39, 1.2)]
)
def test_a_passing_rise_and_a_late_start_are_no_divergence(losses):
    watched(*losses)


def test_a_few_steps_without_learning_are_no_divergence():
    watch = Watch(replace(RECIPE, epochs=90), torch.arange(400) % 4)  # 13 steps an epoch
    for loss in (1.2, *[1.39] * 15):
        watch.epoch(loss)
    with pytest.raises(BenchError, match="diverged in epoch 2 of 90"):
        watch.epoch(1.39)
