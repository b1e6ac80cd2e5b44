"""Random numbers, places and smooth fields that all families of drawings are made from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

Size = tuple[int, int]


class Canvas(NamedTuple):
    """The size of the drawings in pixels, and the device that they are drawn on."""

    height: int
    width: int
    device: torch.device

    @property
    def quarter(self) -> Size:
        """A grid of a quarter of the pixels each way."""
        return max(1, self.height // 4), max(1, self.width // 4)

    @property
    def half(self) -> Size:
        """A grid of half the pixels each way."""
        return max(1, self.height // 2), max(1, self.width // 2)

    def between(self, count: int, low: float, high: float) -> Tensor:
        """``count`` uniform numbers, one an image: N x 1 x 1 x 1."""
        return torch.empty(count, 1, 1, 1, device=self.device).uniform_(low, high)

    def chance(self, count: int, share: float) -> Tensor:
        """Whether, for each image: bool N x 1 x 1 x 1, true for about a ``share`` of them."""
        return torch.rand(count, 1, 1, 1, device=self.device) < share

    def centres(self) -> tuple[Tensor, Tensor]:
        """The middles of rows (H x 1) and of columns (W), as shares of the sides."""
        down = (torch.arange(self.height, device=self.device) + 0.5) / self.height
        across = (torch.arange(self.width, device=self.device) + 0.5) / self.width
        return down[:, None], across

    def normal(self, count: int, channels: int, size: Size) -> Tensor:
        """A normal field of ``size`` brought to the canvas, bilinear: N x C x H x W."""
        field = torch.randn(count, channels, *size, device=self.device)
        if size == (1, 1):
            return field.expand(-1, -1, self.height, self.width)
        return F.interpolate(field, (self.height, self.width), mode="bilinear")

    def fields(self, count: int, sizes: Iterable[Size]) -> Tensor:
        """Sums of normal fields of several sizes, each image scaled to [0, 1]: N x 1 x H x W."""
        return scaled(torch.stack([self.normal(count, 1, size) for size in sizes]).sum(dim=0))


def scaled(images: Tensor) -> Tensor:
    """Each image from its darkest to its brightest pixel brought to [0, 1]; a flat one is 0."""
    low, high = images.amin((1, 2, 3), keepdim=True), images.amax((1, 2, 3), keepdim=True)
    return (images - low) / (high - low).clamp_min(1e-6)
