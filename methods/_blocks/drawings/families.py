"""Families of grey drawings: each a function from a count and a canvas to N x 1 x H x W in [0, 1].

All but ``smooth`` are bright on dark ground.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from methods._blocks.drawings.fields import Canvas

COARSE = [(2, 2), (3, 3), (4, 4)]


def level_lines(count: int, canvas: Canvas) -> Tensor:
    """Lines of about even width along which a smooth field has one value, in a frame."""
    field = canvas.fields(count, COARSE)
    level = canvas.between(count, 0.3, 0.7)
    away = (field - level).abs() / (_slope(field) + 0.012) * 28 / canvas.height  # pixels of 28
    width = canvas.between(count, 0.8, 2)
    return framed(torch.sigmoid((width - away) * 2.5), canvas)


def blobs(count: int, canvas: Canvas) -> Tensor:
    """Smooth noise sharpened at a random threshold, in a frame."""
    sharpness, threshold = canvas.between(count, 8, 25), canvas.between(count, 0.45, 0.75)
    return framed(torch.sigmoid(sharpness * (smooth(count, canvas) - threshold)), canvas)


def shapes(count: int, canvas: Canvas) -> Tensor:
    """One to four ellipses and boxes over each other: bright ones, and black ones above them."""
    image = torch.zeros(count, 1, canvas.height, canvas.width, device=canvas.device)
    for number in range(4):
        mask, value = _shape(count, canvas), canvas.between(count, 0.4, 1)
        if number:
            mask = mask * canvas.chance(count, 0.6)
            value = value * canvas.chance(count, 0.7)
        image = image + (value - image) * mask
    return image


def smooth(count: int, canvas: Canvas) -> Tensor:
    """The floor's smooth noise (``methods/_blocks/noise.py``), grey."""
    return canvas.fields(count, [(2, 2), (4, 4), canvas.quarter, canvas.half])


def joined(first: Tensor, second: Tensor, canvas: Canvas) -> Tensor:
    """Two drawings in one: the brighter of both, one cut out of the other, or a part of each."""
    count = len(first)
    part = (canvas.fields(count, COARSE[:2]) > 0.5).float()
    cut, beside = first * (1 - second), first * part + second * (1 - part)
    kind = torch.randint(3, (count, 1, 1, 1), device=canvas.device)
    either = torch.where(kind == 1, cut, beside)
    return framed(torch.where(kind == 0, torch.maximum(first, second), either), canvas)


def framed(images: Tensor, canvas: Canvas) -> Tensor:
    """Faded to black outside a random box, which may be larger than the canvas."""
    inside = []
    for centres in canvas.centres():
        half, middle = (
            canvas.between(len(images), 0.22, 0.62),
            canvas.between(len(images), 0.45, 0.55),
        )
        inside.append(torch.sigmoid(30 * (half - (centres - middle).abs())))
    return images * inside[0] * inside[1]


def _slope(field: Tensor) -> Tensor:
    """The length of the gradient in each pixel, by central differences."""
    padded = F.pad(field, (1, 1, 1, 1), mode="replicate")
    down = (padded[..., 2:, 1:-1] - padded[..., :-2, 1:-1]) / 2
    across = (padded[..., 1:-1, 2:] - padded[..., 1:-1, :-2]) / 2
    return (down**2 + across**2).sqrt()


def _shape(count: int, canvas: Canvas) -> Tensor:
    """An ellipse or a box anywhere, at any angle, with soft edges a pixel wide."""
    rows, columns = canvas.centres()
    down, across = (part - canvas.between(count, 0.15, 0.85) for part in (rows, columns))
    angle = canvas.between(count, 0, math.pi)
    long, short = canvas.between(count, 0.05, 0.45), canvas.between(count, 0.03, 0.25)
    along = (across * angle.cos() + down * angle.sin()) / long
    beside = (down * angle.cos() - across * angle.sin()) / short
    box = torch.maximum(along.abs(), beside.abs())
    away = torch.where(canvas.chance(count, 0.5), box, (along**2 + beside**2).sqrt())
    return torch.sigmoid(4 * (1 - away) * torch.minimum(long, short) * canvas.height)
