"""DIP-KD's image prior: range, structure, the diverging filter, masks, any size and channels."""

from __future__ import annotations

import pytest
import torch
from torchvision.transforms.v2.functional import gaussian_blur

from methods._blocks import hierarchical_noise as prior
from support.suite import CPU


@pytest.mark.parametrize(
    "shape", [(1, 28, 28), (3, 32, 32), (3, 64, 64), (2, 10, 14), (1, 8, 8), (4, 3, 5), (1, 1, 1)]
)
@pytest.mark.parametrize("count", [1, 7])
def test_images_of_any_size_and_channels_lie_in_the_range(shape, count):
    images = prior.structured_images(count, shape, CPU)
    assert images.shape == (count, *shape) and images.dtype == torch.float32
    assert images.min() >= 0 and images.max() <= 1
    assert len(images.flatten(1).unique(dim=0)) == count


def test_the_seed_alone_decides_also_where_networks_compute_in_bfloat16():
    def drawn() -> torch.Tensor:
        torch.manual_seed(3)
        return prior.structured_images(5, (3, 16, 16), CPU)

    first = drawn()
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(drawn(), first)
    assert not torch.equal(prior.structured_images(5, (3, 16, 16), CPU), first)


def test_neighbours_are_alike_and_images_are_not():
    images = prior.structured_images(200, (3, 32, 32), CPU)
    apart = (images[..., 1:] - images[..., :-1]).abs().mean()
    assert apart < 0.5 * (images - images.roll(1, 0)).abs().mean()
    assert images.std(dim=(1, 2, 3)).mean() == pytest.approx(0.147, abs=0.02)
    assert images.mean() == pytest.approx(0.5, abs=0.03)


def test_the_diverging_filter_is_the_one_that_the_text_describes():
    values = torch.linspace(0, 1, 1001, dtype=torch.float64)
    driven = prior.diverge(values)
    assert driven[[0, 500, 1000]].tolist() == [0, 0.5, 1]
    slope = driven.diff() / values.diff()
    assert (slope > 0).all() and slope.argmax() in (499, 500)
    assert slope[[0, -1]].max() < 0.01
    assert (driven[1:500] < values[1:500]).all() and (driven[501:-1] > values[501:-1]).all()


def test_masks_are_soft_blobs_after_ten_rounds():
    masks = prior.soft_masks(64, (32, 32), CPU)
    grey = ((masks > 0.05) & (masks < 0.95)).float().mean()
    high = (masks > 0.5).float().mean(dim=(1, 2, 3))
    assert masks.min() >= 0 and masks.max() <= 1
    assert 0.28 <= grey <= 0.32
    assert 0.36 <= torch.minimum(high, 1 - high).mean() <= 0.46


def test_a_blur_is_torchvisions_and_takes_images_smaller_than_itself():
    images = torch.rand(3, 2, 12, 15)
    torch.testing.assert_close(prior.blur(images, 1.1, 2), gaussian_blur(images, [5, 5], [1.1]))
    small = prior.blur(torch.rand(2, 1, 3, 1), 5.0, 20)
    assert small.shape == (2, 1, 3, 1) and small.std(dim=(2, 3)).max() < 0.05
    flat = torch.full((1, 1, 4, 9), 0.3)
    torch.testing.assert_close(prior.blur(flat, 5.0, 20), flat)


def test_noise_has_all_scales_from_a_flat_colour_to_single_pixels():
    """Averaged over blocks of 8, noise of single pixels alone would be flat."""
    noise = prior.layered_noise(100, (1, 28, 28), CPU, "nearest")
    assert noise.shape == (100, 1, 32, 32)
    blocks = torch.nn.functional.avg_pool2d(noise, 8)
    assert blocks.std(dim=(1, 2, 3)).mean() > 0.03
    assert blocks.mean(dim=(1, 2, 3)).std() > 0.03
    assert (noise[..., 1:] - noise[..., :-1]).abs()[..., ::2].mean() > 0.02


def test_pixels_from_outside_are_mirrored_in_colour_and_dark_in_grey():
    grey = prior.moved(torch.ones(50, 1, 16, 16), (1, 16, 16))
    colour = prior.moved(torch.ones(50, 3, 16, 16), (3, 16, 16))
    assert grey.amin() == 0 and grey[..., 8, 8].amin() > 0.99
    torch.testing.assert_close(colour, torch.ones_like(colour))


def test_a_crop_has_room_on_the_canvas_or_moves_by_an_eighth():
    roomy = prior._crop(500, 32, 28, CPU)[:, 0]
    tight = prior._crop(500, 32, 32, CPU)[:, 0]
    assert roomy.unique().tolist() == [0, 1, 2, 3, 4]
    assert tight.unique().tolist() == list(range(-4, 5))


def test_displacements_grow_with_the_image_and_are_smooth():
    for side in (16, 32, 64):
        bend = prior.elastic(50, side, (side, side), CPU)
        assert bend.square().mean().sqrt() == pytest.approx(side * 0.03, rel=0.25)
        assert (bend[..., 1:] - bend[..., :-1]).abs().mean() < 0.3 * bend.abs().mean()


def test_an_image_is_joined_with_another_or_with_a_flat_colour():
    images = torch.arange(400.0).view(400, 1, 1, 1) / 400 + torch.rand(400, 3, 4, 4) / 1000
    masks = torch.ones(400, 1, 4, 4)
    masks[..., :2] = 0
    left, right = prior.join(images, masks).split(2, dim=3)
    assert torch.equal(right, images[..., 2:])
    flat = left.std(dim=(2, 3)).amax(dim=1) < 1e-6
    assert 0.4 < flat.float().mean() < 0.6
    assert torch.equal(left[~flat], images.roll(1, 0)[~flat][..., :2])


@pytest.mark.parametrize("value", [0.0, 0.4, 1.0])
def test_a_mask_of_one_piece_pays_for_no_image_twice(value):
    images = torch.rand(30, 3, 4, 4)
    assert torch.equal(prior.join(images, torch.full((30, 1, 4, 4), value)), images)
