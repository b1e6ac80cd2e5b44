"""Scenes, in colour or in grey: drawings as masks between random textures."""

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
    """Sums of normal fields of all octaves, from a flat colour to single pixels: N x C x H x W.

    Each image has weights, a contrast and a share of colour of its own: from calm to grainy, from
    grey to gaudy.
    """
    sizes = _octaves(canvas)
    weights = _weights(count, len(sizes), canvas.device) * canvas.between(count, 0.6, 2)[..., 0]
    colour = canvas.between(count, 0.1, 0.8)
    image = torch.zeros(count, channels, canvas.height, canvas.width, device=canvas.device)
    for size, weight in zip(sizes, weights.unbind(1), strict=True):
        grey, bright = canvas.normal(count, 1, size), canvas.normal(count, channels, size)
        image += weight[..., None, None] * ((1 - colour**2).sqrt() * grey + colour * bright)
    return torch.sigmoid(image)


def _octaves(canvas: Canvas) -> list[tuple[int, int]]:
    """1 x 1, 2 x 2, 4 x 4 and so on, no finer than the canvas."""
    longest = max(canvas.height, canvas.width)
    sides = [2**octave for octave in range(longest.bit_length())]
    return [(min(side, canvas.height), min(side, canvas.width)) for side in sides]


def _weights(count: int, octaves: int, device: torch.device) -> Tensor:
    """Log-normal weights that fall at a random rate, of Euclidean norm 1: N x O x 1."""
    fall = torch.empty(count, 1, 1, device=device).uniform_(0, 0.8)
    steps = torch.arange(octaves, device=device)[:, None]
    weights = (0.7 * torch.randn(count, octaves, 1, device=device) - fall * steps).exp()
    return weights / torch.linalg.vector_norm(weights, dim=1, keepdim=True)
