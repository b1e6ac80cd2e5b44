"""Small moves of images that keep their labels: turn, stretch, shear, shift, mirror."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

Fill = Literal["zeros", "border", "reflection"]  # of the places that come in from outside


@dataclass(frozen=True)
class Moves:
    """How far an image moves at the most; each part is drawn uniformly for each image."""

    degrees: float  # of rotation, both ways
    stretch: float  # change of a side, and shear, as a share
    shift: float  # of a side, both ways
    mirror: bool = False  # half of the images left to right too
    fill: Fill = "zeros"

    def __call__(self, images: Tensor) -> Tensor:
        """Each of N x C x H x W (float) moved on its own, bilinear; the same shape."""
        if not len(images):
            return images
        grid = places(self._matrices(len(images), images.device), *images.shape[2:])
        return F.grid_sample(images, grid, padding_mode=self.fill, align_corners=False)

    def _matrices(self, count: int, device: torch.device) -> Tensor:
        """From places of the new image to places of the old one, N x 2 x 3."""

        def between(most: float) -> Tensor:
            return torch.empty(count, device=device).uniform_(-most, most)

        angle = between(math.radians(self.degrees))
        wide, high, shear = (
            1 + between(self.stretch),
            1 + between(self.stretch),
            between(self.stretch),
        )
        if self.mirror:
            wide = torch.where(torch.rand(count, device=device) < 0.5, -wide, wide)
        across, down = between(2 * self.shift), between(2 * self.shift)  # a side is 2 long
        first = [angle.cos() * wide, shear - angle.sin(), across]
        second = [angle.sin() * wide, angle.cos() * high, down]
        return torch.stack(first + second, dim=1).view(count, 2, 3)


def places(matrices: Tensor, height: int, width: int) -> Tensor:
    """``F.affine_grid`` for ``grid_sample``, N x H x W x 2, without its matrix product.

    Under autocast that product runs in bfloat16, whose steps are a pixel wide at 256 pixels.
    """
    device = matrices.device
    across = (2 * torch.arange(width, device=device) + 1) / width - 1
    down = ((2 * torch.arange(height, device=device) + 1) / height - 1)[:, None]
    rows = matrices[..., None, None]  # N x 2 x 3 x 1 x 1
    return torch.stack(
        [row[:, 0] * across + row[:, 1] * down + row[:, 2] for row in rows.unbind(1)], -1
    )
