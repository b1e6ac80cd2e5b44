from __future__ import annotations

import numpy as np
import pytest

from benchmark.defences.prada import alarm, distances, normality


def natural(count, seed=0):
    """Independent images of many pixels, whose distances are near to normal."""
    generator = np.random.default_rng(seed)
    return generator.integers(0, 256, (count, 1, 16, 16), np.uint8), generator.integers(0, 3, count)


def synthetic(count, seed=0):
    """As the augmentation of a Jacobian attack: each image doubled by a step of equal size."""
    shown, labels = natural(count, seed)
    half = count // 2
    step = np.where(np.random.default_rng(seed + 1).random(shown[:half].shape) < 0.5, -25, 25)
    shown[half:] = np.clip(shown[:half].astype(int) + step, 0, 255).astype(np.uint8)
    labels[half:] = labels[:half]
    return shown, labels


def brute(images, labels):
    """The rule, an image at a time."""
    sets, joined, lowest = {}, {}, {}
    found, entered = np.zeros(len(images)), np.zeros(len(images), bool)
    rows = images.reshape(len(images), -1).astype(float) / 255
    for at, (row, label) in enumerate(zip(rows, labels, strict=True)):
        if label not in sets:
            sets[label], joined[label], lowest[label] = [row], [], -1.0
            continue
        distance = min(np.linalg.norm(row - other) for other in sets[label])
        found[at], entered[at] = distance, True
        if distance > lowest[label]:
            sets[label].append(row)
            joined[label].append(distance)
            known = joined[label]
            if len(known) > 1:
                lowest[label] = max(lowest[label], np.mean(known) - np.std(known))
    return found, entered


def test_natural_queries_ring_no_alarm():
    assert alarm(*natural(1000)) is None


def test_one_image_again_and_again_rings_at_the_first_test_that_can():
    shown, labels = np.zeros((300, 1, 4, 4), np.uint8), np.zeros(300, int)
    assert alarm(shown, labels) == 200  # the first query of a class has no distance


@pytest.mark.parametrize("chunk", [5, 2048])
def test_distances_are_those_of_the_rule_an_image_at_a_time(monkeypatch, chunk):
    monkeypatch.setattr("benchmark.defences.prada.CHUNK", chunk)
    shown, labels = synthetic(120)
    found, entered = distances(shown, labels)
    wanted, which = brute(shown, labels)
    assert np.array_equal(entered, which)
    np.testing.assert_allclose(found, wanted, rtol=1e-9)


def test_a_later_alarm_needs_a_lower_threshold():
    shown, labels = synthetic(2000)
    assert alarm(shown, labels, delta=0.01) is None


def test_a_log_of_other_shapes_is_refused():
    with pytest.raises(ValueError, match="N uint8 images"):
        alarm(np.zeros((2, 1, 2, 2), np.uint8), np.zeros(3, int))
    with pytest.raises(ValueError, match="N uint8 images"):
        alarm(np.zeros((2, 1, 2, 2), np.float32), np.zeros(2, int))


def test_normality_is_high_for_normal_distances_and_nothing_for_equal_ones():
    generator = np.random.default_rng(0)
    assert normality(generator.normal(5, 1, 6000)) > 0.99
    assert normality(np.ones(50)) == 0
