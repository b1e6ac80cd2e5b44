"""Distortions before the query: turns with their gradient, shares, ranges."""

from __future__ import annotations

import pytest
import torch

from methods._blocks import distortions as of
from methods._blocks.allowance import all_steps


def test_a_turn_by_ninety_degrees_moves_whole_pixels():
    images = torch.rand(3, 2, 6, 6)
    for turn in (of.turned_alike, of.turned):
        torch.testing.assert_close(turn(images, (0, 0), 0.0, 0), images)
        quarter = turn(images, (90, 90), 0.0, 0)
        assert any(
            torch.allclose(quarter, images.rot90(times, (2, 3)), atol=1e-4) for times in (1, 3)
        )
        mirrored = turn(images, (0, 0), 1.0, 0)
        torch.testing.assert_close(mirrored, images.flip(2, 3))


def test_all_images_of_a_batch_are_turned_alike_or_each_on_its_own():
    images = torch.rand(1, 1, 8, 8).expand(20, 1, 8, 8)
    assert len(of.turned_alike(images, (0, 180), 0.5, 2).flatten(1).unique(dim=0)) == 1
    assert len(of.turned(images, (0, 180), 0.5, 2).flatten(1).unique(dim=0)) == 20


def test_both_turns_are_the_same_function_of_their_numbers():
    images = torch.rand(1, 3, 7, 10)
    for _ in range(5):
        state = torch.get_rng_state()
        alike = of.turned_alike(images, (-60, 60), 0.5, 3)
        torch.set_rng_state(state)
        torch.testing.assert_close(of.turned(images, (-60, 60), 0.5, 3), alike, atol=1e-4, rtol=0)


def test_a_generator_learns_through_a_turn_and_bfloat16_rounds_no_pixel():
    images = torch.rand(2, 1, 5, 5, requires_grad=True)
    with torch.autocast("cpu", torch.bfloat16):
        turned = of.turned_alike(images, (0, 0), 0.0, 0)
    torch.testing.assert_close(turned, images)
    turned.square().sum().backward()
    torch.testing.assert_close(images.grad, 2 * images.detach())


def test_what_comes_in_from_outside_is_black_or_the_border():
    white = torch.ones(50, 1, 8, 8)
    assert of.turned(white, (40, 50), 0.0, 2).min() == 0
    assert of.turned(white, (40, 50), 0.0, 2, outside="border").min() > 0.999


def test_a_share_of_the_images_is_changed():
    images = torch.zeros(1000, 1, 2, 2)
    for share in (0.0, 0.3, 1.0):
        changed = of.sometimes(images, images + 1, share).amax(dim=(1, 2, 3))
        assert changed.mean() == pytest.approx(share, abs=0.06)
        assert set(changed.tolist()) <= {0.0, 1.0}


def test_single_distortions_do_as_they_say():
    images = torch.rand(60, 3, 10, 10)
    shuffled = of.shuffled_channels(images)
    torch.testing.assert_close(shuffled.sort(dim=1).values, images.sort(dim=1).values)
    assert not torch.equal(shuffled, images)
    torch.testing.assert_close(
        of.solarised(torch.tensor([0.2, 0.5, 0.9])), torch.tensor([0.2, 0.5, 0.1])
    )
    noise = of.noisy(torch.full((1, 1, 50, 50), 0.5), 0.1)
    assert noise.std().item() == pytest.approx(0.1, rel=0.1)
    assert of.noisy(images, 5.0).aminmax() == (0, 1)


def test_an_erased_rectangle_has_two_to_thirty_three_per_cent():
    gone = (of.erased(torch.ones(300, 2, 20, 20)) == 0).float()
    assert torch.equal(gone[:, 0], gone[:, 1])
    area = gone[:, 0].mean(dim=(1, 2))
    assert area.min() > 0 and area.max() < 0.45 and 0.1 < area.mean() < 0.25
    rows, columns = gone[:, 0].amax(dim=2).sum(dim=1), gone[:, 0].amax(dim=1).sum(dim=1)
    torch.testing.assert_close(rows * columns, gone[:, 0].sum(dim=(1, 2)))


def test_all_steps_are_those_while_asking_and_the_passes_after():
    assert all_steps(100, 30, 2, 1) == 1 + 2 + 2 + 2 + 4
    assert all_steps(25_000, 250, 25, 10) == 25 * 26 // 2 + 75 * 25 + 1000
