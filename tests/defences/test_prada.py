"""PRADA's alarm: silent on natural images, and ringing on images that are made from one another."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

from benchmark.defences.prada import CHUNK, alarm, distances, normality

STEP = 25  # of 255: a tenth, as in Papernot's attack
SEEDS = 100  # natural images that it begins with


@pytest.fixture(scope="module")
def digits():
    """All images of digits in a random order, uint8, with their labels."""
    found = load_digits()
    order = np.random.default_rng(0).permutation(len(found.target))
    images = (found.images[order] / 16 * 255).round().astype(np.uint8)[:, None]
    return images, found.target[order]


@pytest.fixture(scope="module")
def teacher(digits):
    return fitted(*digits)


def flat(images):
    return images.reshape(len(images), -1) / 255


def fitted(images, labels):
    return LogisticRegression(C=0.1, max_iter=200).fit(flat(images), labels)


def augmented(images, labels, teacher, rounds=4):
    """Papernot's attack: each round doubles the images, by steps along the substitute's Jacobian.

    The substitute is linear, so its Jacobian at an image is the weights of the image's class.
    """
    for _ in range(rounds):
        substitute = fitted(images, labels)
        weights = substitute.coef_[np.searchsorted(substitute.classes_, labels)]
        stepped = images + STEP * np.sign(weights).reshape(images.shape)
        new = np.clip(stepped, 0, 255).astype(np.uint8)
        images = np.concatenate([images, new])
        labels = np.concatenate([labels, teacher.predict(flat(new))])
    return images, labels


def brute(images, labels):
    """The rule, an image at a time."""
    sets, joined, threshold = {}, {}, {}
    found, entered = np.zeros(len(images)), np.zeros(len(images), bool)
    rows = images.reshape(len(images), -1).astype(float) / 255
    for at, (row, label) in enumerate(zip(rows, labels, strict=True)):
        if label not in sets:
            sets[label], joined[label], threshold[label] = [row], [0.0], 0.0
            continue
        distance = min(np.linalg.norm(row - other) for other in sets[label])
        found[at], entered[at] = distance, True
        if distance > threshold[label]:
            sets[label].append(row)
            joined[label].append(distance)
            known = joined[label]
            threshold[label] = max(threshold[label], np.mean(known) - np.std(known))
    return found, entered


@pytest.mark.parametrize("order", [1, 2])
def test_natural_images_ring_no_alarm(digits, order):
    images, labels = digits
    shuffled = np.random.default_rng(order).permutation(len(labels))
    assert alarm(images[shuffled], labels[shuffled], every=10) is None


def test_images_made_by_a_jacobian_ring_soon_after_the_natural_ones_end(digits, teacher):
    images, labels = digits
    shown, told = augmented(images[:SEEDS], labels[:SEEDS], teacher)
    rang = alarm(shown, told)
    assert rang is not None
    assert SEEDS < rang < 2 * SEEDS


def test_natural_queries_ahead_hide_an_attack_as_the_paper_says_of_dummy_queries(digits, teacher):
    images, labels = digits
    shown, told = augmented(images[:SEEDS], labels[:SEEDS], teacher, rounds=2)
    cover = slice(-600, None)
    covered = np.concatenate([images[cover], shown]), np.concatenate([labels[cover], told])
    assert alarm(shown, told) is not None
    assert alarm(*covered, every=5) is None


def test_one_image_again_and_again_rings_at_the_first_test_that_can():
    shown, labels = np.zeros((300, 1, 4, 4), np.uint8), np.zeros(300, int)
    assert alarm(shown, labels) == 102  # the first has no distance; a test needs more than 100
    assert alarm(shown, labels, every=50) == 150


def test_a_user_of_few_queries_is_never_tested():
    assert alarm(np.zeros((101, 1, 4, 4), np.uint8), np.zeros(101, int)) is None
    assert alarm(np.zeros((0, 1, 4, 4), np.uint8), np.zeros(0, int)) is None


@pytest.mark.parametrize("chunk", [5, CHUNK])
def test_distances_are_those_of_the_rule_an_image_at_a_time(digits, teacher, monkeypatch, chunk):
    monkeypatch.setattr("benchmark.defences.prada.CHUNK", chunk)
    images, labels = digits
    shown, told = augmented(images[:SEEDS], labels[:SEEDS], teacher, rounds=2)
    found, entered = distances(shown, told)
    wanted, which = brute(shown, told)
    assert np.array_equal(entered, which)
    np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-9)


def test_a_higher_delta_rings_no_later(digits, teacher):
    images, labels = digits
    shown, told = augmented(images[:SEEDS], labels[:SEEDS], teacher, rounds=2)
    assert alarm(shown, told, delta=0.01) is None
    assert alarm(shown, told, delta=0.95) < alarm(shown, told, delta=0.9)


def test_a_log_of_other_shapes_is_refused():
    with pytest.raises(ValueError, match="N uint8 images"):
        alarm(np.zeros((2, 1, 2, 2), np.uint8), np.zeros(3, int))
    with pytest.raises(ValueError, match="N uint8 images"):
        alarm(np.zeros((2, 1, 2, 2), np.float32), np.zeros(2, int))


def test_normality_is_high_for_normal_distances_also_for_many_and_with_outliers():
    generator = np.random.default_rng(0)
    many = generator.normal(5, 1, 6000)
    assert normality(many) > 0.99
    assert normality(np.append(many[:500], [500, 500])) > 0.99
    assert normality(generator.exponential(1, 1000)) < 0.9
    assert normality(np.ones(50)) == 0
