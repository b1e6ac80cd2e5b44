"""Drawings in colour: grey ones as masks between random textures."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from methods._blocks.drawings.fields import Canvas

LAYERS = (1.0, 0.6, 0.3)  # shares of the images with a first, second, third layer


def layered(masks: Callable[[int], Tensor], count: int, channels: int, canvas: Canvas) -> Tensor:
    """A texture with up to three layers of others, each where a drawing is bright.

    ``masks``: makes N x 1 x H x W. Returns N x C x H x W in [0, 1].
    """
    images = texture(count, channels, canvas)
    for share in LAYERS:
        some = round(share * count)  # the first ones: their order says nothing of them
        cover, mask = texture(some, channels, canvas), masks(some)
        images = torch.cat([images[:some].lerp(cover, mask.expand_as(cover)), images[some:]])
    return images


def texture(count: int, channels: int, canvas: Canvas) -> Tensor:
    """A colour, a slow change of it, finer grey and coloured noise, each of random strength."""

    def normal(planes: int, size: tuple[int, int], low: float, high: float) -> Tensor:
        return canvas.normal(count, planes, size) * canvas.between(count, low, high)

    image = normal(1, (1, 1), 0.8, 1.6) + normal(channels, (1, 1), 0.1, 0.8)
    image = image + normal(1, (3, 3), 0, 0.8) + normal(channels, (2, 2), 0, 0.5)
    image = image + normal(1, canvas.quarter, 0, 0.7)
    image = image + normal(1, canvas.half, 0, 0.5) * canvas.chance(count, 0.5)
    return torch.sigmoid(image)
