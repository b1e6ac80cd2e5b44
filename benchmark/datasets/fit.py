"""Images of one data set in the shape of another, for methods that ask about foreign images."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601, as Pillow's conversion to grey


def fit(images: Tensor, shape: tuple[int, int, int]) -> Tensor:
    """uint8 N x c x h x w -> uint8 N x C x H x W.

    Colour becomes grey by its luma, grey is repeated for each channel; other sizes are resized with
    anti-aliasing, without regard to the aspect ratio.
    """
    channels, height, width = shape
    if images.shape[1:] == shape:
        return images
    pixels = images.float()
    if pixels.shape[1] != channels:
        weights = torch.tensor(LUMA) if pixels.shape[1] == 3 else None
        if weights is None:
            pixels = pixels.mean(dim=1, keepdim=True)
        else:
            pixels = (pixels * weights[:, None, None]).sum(dim=1, keepdim=True)
        pixels = pixels.expand(-1, channels, -1, -1)
    if pixels.shape[2:] != (height, width):
        pixels = F.interpolate(pixels, (height, width), mode="bilinear", antialias=True)
    return pixels.round().clamp(0, 255).to(torch.uint8)
