"""Distortions of images before they are paid for: their labels are bought afterwards.

Each image is changed on its own, or all of a batch alike where a generator learns through it.
Everything is drawn at once, on the device of the images; sizes and channels are any.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor


def turned_alike(images: Tensor, angles: tuple[float, float], flip: float, shift: int) -> Tensor:
    """One random turn, mirroring and shift for all images; zeros come in. N x C x H x W.

    ``angles``: range in degrees; ``flip``: probability in each direction; ``shift``: most pixels.
    As a product with one matrix, whose gradient by the images is the same every time on a GPU. In
    float32: networks may compute in bfloat16, which has no 8 bits near 1.
    """
    height, width = images.shape[2:]
    down, across = _sources(1, height, width, angles, flip, shift, images.device)
    rows, columns = (places.flatten() for places in _places(height, width, images.device))
    weight = _hat(down.view(-1, 1) - rows) * _hat(across.view(-1, 1) - columns)
    with torch.autocast(images.device.type, enabled=False):
        return (images.float().flatten(2) @ weight.T).view(images.shape)


def turned(
    images: Tensor, angles: tuple[float, float], flip: float, shift: int, outside: str = "zeros"
) -> Tensor:
    """As ``turned_alike``, of each image its own; ``outside``: "zeros" or "border"."""
    height, width = images.shape[2:]
    down, across = _sources(len(images), height, width, angles, flip, shift, images.device)
    grid = torch.stack([2 * across / max(1, width - 1) - 1, 2 * down / max(1, height - 1) - 1], -1)
    return F.grid_sample(images.float(), grid, "bilinear", outside, align_corners=True)


def _sources(
    count: int,
    height: int,
    width: int,
    angles: tuple[float, float],
    flip: float,
    shift: int,
    device: torch.device,
) -> tuple[Tensor, Tensor]:
    """Where the pixels of moved images come from: rows and columns, each count x H x W."""
    turn = torch.empty(count, 1, 1, device=device).uniform_(*(math.radians(a) for a in angles))
    mirror = 1 - 2 * (torch.rand(2, count, 1, 1, device=device) < flip).float()
    offset = torch.randint(-shift, shift + 1, (2, count, 1, 1), device=device)
    rows, columns = _places(height, width, device)
    down, across = rows - (height - 1) / 2, columns - (width - 1) / 2
    turned_down = down * turn.cos() + across * turn.sin()
    turned_across = across * turn.cos() - down * turn.sin()
    return (
        mirror[0] * turned_down + (height - 1) / 2 + offset[0],
        mirror[1] * turned_across + (width - 1) / 2 + offset[1],
    )


def _places(height: int, width: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Row and column of each pixel, H x W."""
    down = torch.arange(height, device=device).float()
    across = torch.arange(width, device=device).float()
    return down[:, None].expand(height, width), across[None].expand(height, width)


def _hat(distance: Tensor) -> Tensor:
    """Bilinear weights."""
    return (1 - distance.abs()).clamp(min=0)


def sometimes(images: Tensor, changed: Tensor, share: float) -> Tensor:
    """Each image changed with probability ``share``."""
    chosen = torch.rand(len(images), 1, 1, 1, device=images.device) < share
    return torch.where(chosen, changed, images)


def shuffled_channels(images: Tensor) -> Tensor:
    """The channels of each image in a random order."""
    order = torch.rand(images.shape[:2], device=images.device).argsort(dim=1)
    return images.gather(1, order[:, :, None, None].expand_as(images))


def solarised(images: Tensor) -> Tensor:
    """Bright pixels, from one half up, turned into their negative."""
    return torch.where(images >= 0.5, 1 - images, images)


def noisy(images: Tensor, deviation: float) -> Tensor:
    """With Gaussian noise, cut at [0, 1]."""
    return (images + deviation * torch.randn_like(images)).clamp(0, 1)


def erased(images: Tensor, most: float = 0.33) -> Tensor:
    """A random rectangle black: 2 % to ``most`` of the area, its sides 1:3 to 3:1."""
    count, device = len(images), images.device
    area = torch.empty(count, 1, device=device).uniform_(0.02, most)
    ratio = torch.empty(count, 1, device=device).uniform_(-1, 1).mul(math.log(3)).exp()
    down = _stretch(images.shape[2], (area / ratio).sqrt())
    across = _stretch(images.shape[3], (area * ratio).sqrt())
    inside = down[:, None, :, None] & across[:, None, None, :]
    return torch.where(inside, 0.0, images)


def _stretch(size: int, share: Tensor) -> Tensor:
    """Whether a pixel lies in a random stretch of ``share`` (N x 1) of a side: bool N x size."""
    share = share.clamp(max=1)
    start = torch.rand_like(share) * (1 - share) * size
    pixels = torch.arange(size, device=share.device) + 0.5
    return (pixels >= start) & (pixels < start + share * size)
