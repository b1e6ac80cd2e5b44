"""Boundary distances on linear teachers, where each of them is known."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from methods._blocks.boundary import (
    Descent,
    Finder,
    Search,
    _try_steps,
    bisect,
    levels_for,
    shorten,
    shortest_ray,
    sign_gradient,
    starts_cost,
    step_back,
    unit,
)

SHAPE = (1, 4, 4)
NORMAL = torch.zeros(SHAPE)
NORMAL[0, 0, :2] = torch.tensor([0.6, 0.8])


class Halves:
    """Class 1 beyond the plane w x = 0.7 (w of norm 1), class 2 beyond 0.9, else class 0."""

    def __init__(self) -> None:
        self.calls: list[int] = []

    def __call__(self, images: Tensor) -> Tensor:
        self.calls.append(len(images))
        height = (images * NORMAL).flatten(1).sum(dim=1)
        return (height > 0.7).long() + (height > 0.9).long()


def images_at(*heights: float) -> Tensor:
    """Grey images, each with its own w x."""
    return torch.stack([torch.full(SHAPE, height / 1.4) for height in heights])


def rays_to(*cosines: float) -> Tensor:
    """Unit vectors with the given cosines to the plane's normal; the rest along another pixel."""
    rays = torch.stack([cosine * NORMAL for cosine in cosines])
    rays[:, 0, 3, 3] = torch.tensor([math.sqrt(1 - cosine**2) for cosine in cosines])
    return rays


def test_levels_follow_the_size_of_an_image_and_the_tolerance():
    assert levels_for((1, 28, 28), 0.03) == 9  # sqrt(784 / 6) / 0.03 = 381
    assert levels_for((3, 32, 32), 0.03) == 10
    assert levels_for((1, 28, 28), 1e-5) == 21
    assert levels_for((1, 2, 2), 10.0) == 1


@pytest.mark.parametrize("levels", [1, 6, 14])
def test_bisection_finds_the_plane_and_asks_once_a_level(levels):
    label, cosines = Halves(), (1.0, 0.8, 0.5)
    search = Search(label, images_at(0.5, 0.6, 0.65), torch.zeros(3, dtype=torch.int64), leave=True)
    far = torch.tensor([0.39, 0.3, 0.2])
    known = torch.tensor([0.2 / 1.0, 0.1 / 0.8, 0.05 / 0.5])
    found = bisect(search, rays_to(*cosines), far, levels)
    assert (found >= known - 1e-6).all() and (found - known <= far / 2**levels + 1e-6).all()
    assert label.calls == [3] * levels


def test_each_pair_is_searched_for_its_own_class():
    """A batch of several classes and targets; class 1 is left on the way to class 2."""
    label = Halves()
    images, goals = images_at(0.5, 0.5, 0.8), torch.tensor([1, 2, 0])
    rays = torch.stack([NORMAL, NORMAL, -NORMAL])
    far = torch.tensor([0.3, 0.6, 0.5])
    found = bisect(Search(label, images, goals), rays, far, 12)
    torch.testing.assert_close(found, torch.tensor([0.2, 0.4, 0.1]), atol=1e-3, rtol=0)


def test_points_outside_the_unit_interval_are_clipped():
    """With its second pixel at 0.1 an image stays below the plane however bright the first is."""
    image = images_at(0.14)
    ray = torch.zeros(1, *SHAPE)
    ray[0, 0, 0, 0] = 1.0
    search = Search(Halves(), image, torch.tensor([0]), leave=True)
    assert not search.reached(ray, torch.tensor([50.0])).any()
    assert search.reached(NORMAL[None], torch.tensor([0.6])).all()


@pytest.mark.parametrize("starts", [1, 3])
@pytest.mark.parametrize("certain", [True, False])
def test_the_shortest_of_some_rays_is_found_at_the_stated_cost(starts, certain):
    label, levels = Halves(), 10
    images = images_at(0.5, 0.4)
    # the first start is the nearest; the second lies farther away, but meets the plane earlier
    steps = torch.stack([0.5 * rays_to(0.7, 0.9), 0.6 * rays_to(1.0, 0.5), 0.7 * rays_to(0.5, 0.6)])
    search = Search(label, images, torch.zeros(2, dtype=torch.int64), leave=True)
    rays, found = shortest_ray(search, steps[:starts], levels, certain)
    assert sum(label.calls) == 2 * starts_cost(starts, levels, certain)
    best = torch.tensor([0.2 / 0.7 if starts == 1 else 0.2, 0.3 / 0.9])
    torch.testing.assert_close(found, best, atol=1e-3, rtol=0)
    torch.testing.assert_close(rays[0], unit(steps[0, 0] if starts == 1 else steps[1, 0]))
    torch.testing.assert_close(rays[1], unit(steps[0, 1]))


def test_starts_that_reach_nothing_give_no_distance():
    search = Search(Halves(), images_at(0.5, 0.5), torch.zeros(2, dtype=torch.int64), leave=True)
    steps = torch.stack([torch.stack([-NORMAL, NORMAL]), torch.stack([-NORMAL, -NORMAL])])
    _, found = shortest_ray(search, 0.4 * steps, 8, certain=False)
    assert found[0] == 0
    assert found[1].item() == pytest.approx(0.2, abs=0.01)


def test_descent_turns_rays_to_the_normal_at_the_stated_cost():
    torch.manual_seed(0)
    label = Halves()
    search = Search(label, images_at(0.5, 0.6, 0.5), torch.zeros(3, dtype=torch.int64), leave=True)
    rays, levels = rays_to(0.6, 0.7, 0.6), 14
    start = torch.tensor([0.2 / 0.6, 0.1 / 0.7, 0.0])  # the last one has no boundary
    descent = Descent(8, 30, 3, levels, smoothing=0.05, step_size=0.2)
    turned, found = shorten(search, rays, start, descent)
    assert sum(label.calls) == 3 * descent.cost == 3 * 8 * (30 + 3 * 15)
    nearest = torch.tensor([0.2, 0.1])
    assert (found[:2] >= nearest - 1e-4).all() and (found[:2] < nearest * 1.05).all()
    assert ((turned * NORMAL).flatten(1).sum(dim=1)[:2] > 0.95).all()
    assert found[2] == 0 and torch.equal(turned[2], rays[2])
    whole = Finder(1, True, levels, descent)
    label.calls.clear()
    whole(search, rays[None])
    assert sum(label.calls) == 3 * whole.cost == 3 * (levels + descent.cost)


def test_the_gradient_leads_away_from_the_boundary():
    torch.manual_seed(0)
    search = Search(Halves(), images_at(0.5), torch.tensor([0]), leave=True)
    ray = rays_to(0.6)
    found = sign_gradient(search, ray, torch.tensor([0.2 / 0.6]), torch.tensor([0.05]), 3000)
    across = unit(NORMAL - 0.6 * ray)  # turning this way shortens the ray
    assert found.norm().item() == pytest.approx(1.0, abs=1e-4)
    assert (found * across).sum() < -0.9


def test_every_pair_has_its_own_step_size():
    """The right gradient is followed with doubled steps, the opposite one with quartered ones."""
    images, rays = images_at(0.5, 0.5), rays_to(0.6, 0.6)
    search = Search(Halves(), images, torch.zeros(2, dtype=torch.int64), leave=True)
    good = -unit(NORMAL - 0.6 * rays[:1])
    descent = Descent(1, 1, 3, 14, smoothing=0.05, step_size=0.1)
    start, step_sizes = torch.full((2,), 0.2 / 0.6), torch.full((2,), 0.1)
    turned, found, kept = _try_steps(
        search, rays, start, torch.cat([good, -good]), step_sizes, descent
    )
    assert found[0] < start[0] and found[1] == start[1]
    assert kept.tolist() == pytest.approx([0.4, 0.1 / 64])
    torch.testing.assert_close(turned[0], unit(rays[0] - 0.4 * good[0]))
    assert torch.equal(turned[1], rays[1])


def test_a_small_step_size_starts_over_with_less_smoothing(monkeypatch):
    seen = []
    monkeypatch.setattr(
        "methods._blocks.boundary.sign_gradient",
        lambda search, rays, distances, smoothing, probes: (
            seen.append(smoothing.item()) or rays * 0
        ),
    )
    search = Search(Halves(), images_at(0.5), torch.tensor([0]), leave=True)
    descent = Descent(3, 1, 1, 4, smoothing=0.1, step_size=3e-4, least_smoothing=0.05)
    nowhere = torch.tensor([0.1])  # not a boundary, so that no step is better
    shorten(search, NORMAL[None], nowhere, descent)
    assert seen == pytest.approx([0.1, 0.05, 0.05])


def test_a_step_back_is_halved_until_the_label_holds():
    label = Halves()
    search = Search(label, images_at(0.6, 0.85, 0.8), torch.tensor([0, 1, 1]), leave=True)
    steps = torch.stack([0.1 * NORMAL, 0.25 * NORMAL, NORMAL])
    moved = step_back(search, steps, [1.0, 0.5])
    assert label.calls == [6]
    heights = (moved * NORMAL).flatten(1).sum(dim=1)
    torch.testing.assert_close(heights, torch.tensor([0.5, 0.725, 0.8]), atol=0.01, rtol=0)
    assert torch.equal(moved[2], search.images[2])  # both shares lead out of its class
    assert torch.equal(moved[:2].mul(255).round().div(255), moved[:2])
