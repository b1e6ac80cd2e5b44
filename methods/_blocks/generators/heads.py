"""The output layers of published generators: feature maps to images in [0, 1].

A head has two parts. ``forward`` makes the *raw* images, the last thing before a pixel-wise
function; ``squash`` is that function and maps any raw image into [0, 1]. DFME shifts raw images.

Teachers here take images in [0, 1] and normalise them themselves. A generator that was published
for *normalised* images (``tanh-bn``, ``bn-affine``) gives raw images in such units, 0 the mean and
1 a standard deviation of the data. As a method does not know its data set, 0 is mid-grey and 1 is
a quarter of the way from black to white, about as in the usual sets; values outside are cut.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn

HeadName = Literal["sigmoid", "bn-tanh", "tanh-bn", "bn-affine"]
MEAN, DEVIATION = 0.5, 0.25  # of normalised images, in [0, 1]


class Head(nn.Module):
    """``sigmoid``: no layer of its own (IDEAL, CMI, DaST). A new generator starts nearly grey."""

    def forward(self, maps: Tensor) -> Tensor:
        """N x C x H x W, as the last convolution gives it, to raw images."""
        return maps

    def squash(self, raw: Tensor) -> Tensor:
        """Raw images to images in [0, 1], pixel by pixel; any leading dimensions."""
        return torch.sigmoid(raw)


class BnTanh(Head):
    """Batch norm without weights, then tanh, [-1, 1] scaled to [0, 1] (DFME)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(channels, affine=False)

    def forward(self, maps: Tensor) -> Tensor:
        """Raw images with mean 0 and variance 1 in each channel of a batch."""
        return self.norm(maps)

    def squash(self, raw: Tensor) -> Tensor:
        """(tanh(raw) + 1) / 2."""
        return (torch.tanh(raw) + 1) / 2


class TanhBn(BnTanh):
    """Tanh, then batch norm without weights: normalised images (DAFL)."""

    def forward(self, maps: Tensor) -> Tensor:
        """Normalised images: mean 0 and variance 1 in each channel of a batch."""
        return self.norm(torch.tanh(maps))

    def squash(self, raw: Tensor) -> Tensor:
        """From normalised units, cut to [0, 1]."""
        return (MEAN + DEVIATION * raw).clamp(0, 1)


class BnAffine(TanhBn):
    """Batch norm with a learnt scale and shift: normalised images (ZSKT)."""

    def __init__(self, channels: int) -> None:
        super().__init__(channels)
        self.norm = nn.BatchNorm2d(channels)

    def forward(self, maps: Tensor) -> Tensor:
        """Normalised images, with the mean and deviation of each channel as learnt."""
        return self.norm(maps)


HEADS = {
    "sigmoid": lambda channels: Head(),
    "bn-tanh": BnTanh,
    "tanh-bn": TanhBn,
    "bn-affine": BnAffine,
}
