"""Gradients of functions that can only be evaluated, by forward differences."""

from __future__ import annotations

import torch
from torch import Tensor


def unit_directions(count: int, like: Tensor) -> Tensor:
    """``count`` x N x C x H x W: for each image of ``like`` vectors uniform on the unit sphere."""
    directions = torch.randn(count, *like.shape, device=like.device, dtype=like.dtype)
    return directions / directions.flatten(2).norm(dim=2)[..., None, None, None]


def forward_difference(here: Tensor, there: Tensor, directions: Tensor, step: float) -> Tensor:
    """As in DFME: mean over j of (d / step) (f(x + step u_j) - f(x)) u_j, of x's shape.

    ``here``: N values f(x); ``there``: m x N values f(x + step u_j); ``directions``: m x N x C x
    H x W unit vectors u_j; d = C H W. Unbiased for linear f, as E[u u^T] = 1 / d.
    """
    dimensions = directions[0, 0].numel()
    slopes = dimensions * (there - here) / step
    return (slopes[..., None, None, None] * directions).mean(dim=0)
