"""Random drawings: range, breadth, determinism, sizes and channels, shares of the families."""

from __future__ import annotations

import pytest
import torch

from methods._blocks.drawings import FAMILIES, SINGLE, drawings, mixed
from methods._blocks.drawings.families import joined
from methods._blocks.drawings.fields import Canvas, scaled
from methods._blocks.drawings.scenes import layered
from support.suite import CPU

ALIKE = dict.fromkeys(FAMILIES, 1.0)
GREY = (1, 28, 28)


def alone(name: str) -> dict[str, float]:
    return {**dict.fromkeys(FAMILIES, 0.0), name: 1.0}


@pytest.mark.parametrize("name", FAMILIES)
def test_a_family_draws_images_of_full_range_that_all_differ(name):
    torch.manual_seed(0)
    images = drawings(200, GREY, CPU, alone(name))
    assert images.shape == (200, *GREY) and images.dtype == torch.float32
    assert images.min() >= 0 and images.max() <= 1
    assert images.amin((1, 2, 3)).median() < 0.05 and images.amax((1, 2, 3)).median() > 0.5
    assert len(images.mul(255).round().flatten(1).unique(dim=0)) == 200
    assert images.std(dim=0).min() > 0.002, "every pixel is drawn on by some image"


@pytest.mark.parametrize("name", [name for name in FAMILIES if name != "smooth"])
def test_a_grey_drawing_is_bright_on_dark_ground(name):
    torch.manual_seed(0)
    images = drawings(200, GREY, CPU, alone(name))
    border = torch.cat([images[..., 0, :], images[..., -1, :]], dim=-1)
    assert images.median() < 0.2 and border.mean() < images.mean()


@pytest.mark.parametrize(
    "shape", [(1, 8, 8), (3, 32, 32), (1, 1, 1), (2, 3, 17), (4, 20, 9), (3, 64, 64)]
)
def test_any_size_and_any_number_of_channels_is_drawn(shape):
    torch.manual_seed(0)
    images = drawings(30, shape, CPU, ALIKE)
    assert images.shape == (30, *shape)
    assert torch.isfinite(images).all() and images.min() >= 0 and images.max() <= 1
    assert images.flatten(1).std(dim=0).min() > 0


def test_the_seed_alone_decides_the_drawings():
    shapes = GREY, (3, 16, 16)
    first, again, other = [], [], []
    for found, seed in ((first, 1), (again, 1), (other, 2)):
        torch.manual_seed(seed)
        found += [drawings(40, shape, CPU, ALIKE) for shape in shapes]
    for one, same, new in zip(first, again, other, strict=True):
        assert torch.equal(one, same) and not torch.equal(one, new)


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_a_share_of_grey_images_are_scenes_whose_ground_is_not_dark(share):
    torch.manual_seed(0)
    images = drawings(200, GREY, CPU, alone("strokes"), scenes=share)
    assert images.shape == (200, *GREY) and images.min() >= 0 and images.max() <= 1
    textured = (images.flatten(1) < 0.02).float().mean(1) < 0.2  # strokes leave most of it black
    assert abs(textured.float().mean() - share) < 0.05
    assert len(images.mul(255).round().flatten(1).unique(dim=0)) == 200


def test_in_colour_a_share_of_scenes_changes_nothing():
    found = []
    for share in (0.0, 0.5):
        torch.manual_seed(0)
        found.append(drawings(20, (3, 16, 16), CPU, ALIKE, scenes=share))
    assert torch.equal(*found)


def test_colour_images_differ_in_colour_and_are_not_grey():
    torch.manual_seed(0)
    images = drawings(200, (3, 32, 32), CPU, ALIKE)
    colours = images.mean((2, 3))
    assert colours.std(dim=0).min() > 0.1
    assert (images.amax(1) - images.amin(1)).mean((1, 2)).median() > 0.03
    inside = images.std((2, 3)).mean(1)
    assert inside.min() > 0.005 and inside.std() > 0.02, "calm and lively ones"


def test_a_layer_shows_only_where_its_mask_is_bright():
    torch.manual_seed(0)
    canvas, seen = Canvas(8, 8, CPU), []

    def masks(count: int) -> torch.Tensor:
        seen.append(count)
        return torch.zeros(count, 1, 8, 8)

    torch.manual_seed(3)
    ground = layered(masks, 10, 3, canvas)
    torch.manual_seed(3)
    covered = layered(lambda count: torch.ones(count, 1, 8, 8), 10, 3, canvas)
    assert seen[0] == 10 and seen == sorted(seen, reverse=True)
    assert not torch.isclose(ground, covered).flatten(1).all(dim=1).any()


def test_the_weights_decide_how_often_a_family_is_drawn():
    torch.manual_seed(0)
    canvas = Canvas(16, 16, CPU)
    # Smooth noise alone is never black at the border of most images.
    dark = (
        mixed(2000, canvas, {**alone("shapes"), "smooth": 3.0})[..., :2, :2].mean((1, 2, 3)) < 0.01
    )
    whole = mixed(2000, canvas, alone("shapes"))[..., :2, :2].mean((1, 2, 3)) < 0.01
    assert float(dark.sum() / whole.sum()) == pytest.approx(0.25, abs=0.05)


def test_both_parts_of_a_pair_are_of_the_families_that_are_drawn(monkeypatch):
    drawn = {name: [] for name in SINGLE}
    for name in SINGLE:

        def count(some: int, canvas: Canvas, name: str = name) -> torch.Tensor:
            drawn[name].append(some)
            return torch.rand(some, 1, canvas.height, canvas.width)

        monkeypatch.setitem(SINGLE, name, count)
    drawings(50, (1, 8, 8), CPU, {**alone("pairs"), "lines": 1e-9})
    assert sum(drawn["lines"]) == 100 and not any(
        drawn[other] for other in SINGLE if other != "lines"
    )
    drawings(400, (1, 8, 8), CPU, alone("pairs"))
    assert all(drawn.values()), "without any, all of them alike"


def test_a_pair_is_the_brighter_of_both_a_cut_or_a_part_of_each():
    torch.manual_seed(0)
    canvas = Canvas(12, 12, CPU)
    first, second = torch.full((300, 1, 12, 12), 0.9), torch.full((300, 1, 12, 12), 0.5)
    middle = joined(first, second, canvas)[:, 0, 6, 6]
    for value in (0.9, 0.9 * 0.5, 0.5):  # at the middle a frame changes little
        assert ((middle / value - 1).abs() < 0.02).sum() > 20
    assert middle.max() <= 0.9


def test_a_flat_image_is_scaled_to_black_and_not_to_nan():
    images = torch.stack([torch.full((1, 2, 2), 0.7), torch.tensor([[[1.0, 2.0], [3.0, 5.0]]])])
    assert scaled(images)[0].eq(0).all()
    assert scaled(images)[1].flatten().tolist() == [0, 0.25, 0.5, 1]


def test_the_networks_arithmetic_does_not_reach_the_drawings():
    shares, found = alone("strokes"), []
    for amp in (False, True):
        torch.manual_seed(0)
        with torch.autocast("cpu", torch.bfloat16, enabled=amp):
            found.append(drawings(20, GREY, CPU, shares))
    assert torch.equal(*found)
