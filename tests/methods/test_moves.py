"""Moves that keep an image's label: how far they go, what comes in, what stays."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from methods._blocks.moves import Moves, places

NONE = {"degrees": 0.0, "stretch": 0.0, "shift": 0.0}


def test_moves_of_no_size_leave_the_images_as_they_are():
    images = torch.rand(5, 3, 7, 10)
    assert torch.allclose(Moves(**NONE)(images), images, atol=1e-5)
    assert Moves(**NONE)(images[:0]).shape == (0, 3, 7, 10)


def test_places_are_those_of_affine_grid_under_autocast_too():
    matrices = torch.randn(4, 2, 3)
    expected = F.affine_grid(matrices, [4, 1, 5, 9], align_corners=False)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.allclose(places(matrices, 5, 9), expected, atol=1e-6)


def test_mirrored_images_are_mirrored_exactly_and_about_half_of_them():
    torch.manual_seed(0)
    images = torch.rand(200, 1, 6, 9)
    moved = Moves(**NONE, mirror=True)(images)
    flipped = (moved - images.flip(-1)).abs().flatten(1).amax(1) < 1e-5
    same = (moved - images).abs().flatten(1).amax(1) < 1e-5
    assert torch.equal(flipped, ~same) and 70 < flipped.sum() < 130


@pytest.mark.parametrize(("name", "size"), [("degrees", 90.0), ("stretch", 0.4), ("shift", 0.25)])
def test_each_part_moves_images_by_no_more_than_its_size(name, size):
    torch.manual_seed(0)
    matrices = Moves(**{**NONE, name: size})._matrices(500, torch.device("cpu"))
    change = matrices - torch.eye(2, 3)
    if name == "degrees":
        angles = torch.atan2(matrices[:, 1, 0], matrices[:, 0, 0]).rad2deg()
        assert 80 < angles.max() <= 90 and -90 <= angles.min() < -80
    elif name == "stretch":
        assert 0.35 < change[:, :, :2].abs().max() <= 0.4 and change[:, :, 2].eq(0).all()
    else:
        assert change[:, :, :2].eq(0).all() and 0.45 < change[:, :, 2].abs().max() <= 0.5


def test_the_fill_decides_what_comes_in_from_outside():
    torch.manual_seed(0)
    bright = torch.ones(100, 1, 8, 8)
    assert Moves(**{**NONE, "shift": 0.4})(bright).min() < 0.01
    assert Moves(**{**NONE, "shift": 0.4}, fill="reflection")(bright).min() > 0.99


def test_each_image_moves_on_its_own():
    torch.manual_seed(0)
    same = torch.rand(1, 1, 8, 8).expand(20, 1, 8, 8)
    moved = Moves(10, 0.1, 0.1)(same)
    assert len(moved.flatten(1).unique(dim=0)) == 20
