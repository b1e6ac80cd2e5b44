"""Pen strokes: one to three lines of a soft round pen, straight, turning, looping or cornered."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from methods._blocks.drawings.fields import Canvas

LINES = 3  # at most in a drawing
CHANCES = (0.5, 0.3, 0.2)  # of one, two, three lines
POINTS = 40  # of a line


def strokes(count: int, canvas: Canvas) -> Tensor:
    """Bright strokes on black, the brightest pixel near 1: N x 1 x H x W."""
    device = canvas.device
    shown = torch.tensor(CHANCES, device=device).multinomial(count, replacement=True)
    shown = torch.arange(LINES, device=device) <= shown[:, None]  # N x 3
    lengths = torch.empty(count, LINES, 1, device=device).uniform_(0.25, 1)
    angles = _headings(count * LINES, device).view(count, LINES, POINTS)
    across = _centred((angles.cos() * lengths / POINTS).cumsum(2), 0.12)
    down = _centred((angles.sin() * lengths / POINTS).cumsum(2), 0.16)
    hidden = ~shown[:, :, None]
    extent = torch.maximum(_extent(across, hidden), _extent(down, hidden)).clamp_min(0.1)
    scale = canvas.between(count, 0.45, 1)[:, 0] / extent
    pen = canvas.between(count, 0.022, 0.055)[:, 0]
    # An even darkness along the line, however far apart its points are.
    ink = shown[:, :, None] * lengths / POINTS * scale / pen / 2.5
    across, down = (_placed(part, hidden, scale) for part in (across, down))
    return _inked(across, down, ink.expand(-1, -1, POINTS).flatten(1), pen, canvas)


def _headings(lines: int, device: torch.device) -> Tensor:
    """The direction at each point of a line, in radians: L x P. A quarter of them are straight."""
    time = torch.linspace(0, 1, POINTS, device=device)

    def normal(deviation: float) -> Tensor:
        return torch.randn(lines, 1, device=device) * deviation

    def uniform(low: float, high: float) -> Tensor:
        return torch.empty(lines, 1, device=device).uniform_(low, high)

    wave = torch.cos(2 * math.pi * time + uniform(0, 2 * math.pi))
    turn = normal(2.5) + normal(4) * (time - 0.5) + normal(2.5) * wave
    turn = turn * (uniform(0, 1) < 0.75)
    angles = uniform(0, 2 * math.pi) + turn.cumsum(1) / POINTS
    for _ in range(2):
        corner = uniform(0.8, 2.7) * normal(1).sign() * (uniform(0, 1) < 0.3)
        angles = angles + (time > uniform(0, 1)) * corner
    return angles


def _centred(path: Tensor, apart: float) -> Tensor:
    """Each line round a middle of its own, normal with the deviation ``apart``: N x 3 x P."""
    middles = torch.randn(*path.shape[:2], 1, device=path.device) * apart
    return path - path.mean(2, keepdim=True) + middles


def _ends(path: Tensor, hidden: Tensor) -> tuple[Tensor, Tensor]:
    """The least and the largest coordinate of the shown lines: N x 1 x 1 each."""
    low = path.masked_fill(hidden, torch.inf).amin((1, 2), keepdim=True)
    return low, path.masked_fill(hidden, -torch.inf).amax((1, 2), keepdim=True)


def _extent(path: Tensor, hidden: Tensor) -> Tensor:
    low, high = _ends(path, hidden)
    return high - low


def _placed(path: Tensor, hidden: Tensor, scale: Tensor) -> Tensor:
    """Scaled and brought near the middle of the canvas: N x 3P, as shares of a side."""
    low, high = _ends(path, hidden)
    middle = 0.5 + torch.empty_like(scale).uniform_(-0.06, 0.06)
    return ((path - (low + high) / 2) * scale + middle).flatten(1)


def _inked(across: Tensor, down: Tensor, ink: Tensor, pen: Tensor, canvas: Canvas) -> Tensor:
    """Gaussian drops of ink at all points, as one matrix product an image; dark where it is full.

    ``across``, ``down``, ``ink``: N x 3P; ``pen``: N x 1 x 1, the deviation of a drop.
    """
    rows, columns = canvas.centres()
    on_row = (-(((rows - down[:, None]) / pen) ** 2) / 2).exp() * ink[:, None]  # N x H x 3P
    on_column = (-(((columns[:, None] - across[:, None]) / pen) ** 2) / 2).exp()
    pressure = canvas.between(len(ink), 1, 5)[:, 0]
    image = 1 - (-pressure * (on_row @ on_column.transpose(1, 2))).exp()
    return (image / image.amax((1, 2), keepdim=True).clamp_min(0.05))[:, None]
