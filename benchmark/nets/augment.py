"""Random views of a whole batch at once, differentiable in the images."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from benchmark.nets.names import AUGMENTATIONS as KINDS

RATIO = math.log(4 / 3)  # of the sides of a local view


def augment(images: Tensor, kind: str, padding: int = 4) -> Tensor:
    """Augment each image on its own.

    ``images``: N x C x H x W, float or uint8. ``kind``: one of ``KINDS``; "crop" shifts by up to
    ``padding`` pixels with zeros coming in, "flip" mirrors left to right with probability 1/2.
    Returns a new tensor of the same shape and type ("none" returns the input itself).
    """
    if kind not in KINDS:
        raise ValueError(f"unknown augmentation {kind!r}; known: {', '.join(KINDS)}")
    if kind == "none":
        return images
    count, channels, height, width = images.shape
    padding = padding if "crop" in kind else 0
    device = images.device
    rows = torch.arange(height, device=device).expand(count, height)
    columns = torch.arange(width, device=device).expand(count, width)
    if "flip" in kind:
        mirrored = torch.rand(count, 1, device=device) < 0.5
        columns = torch.where(mirrored, width - 1 - columns, columns)
    if padding:
        rows = rows + torch.randint(2 * padding + 1, (count, 1), device=device)
        columns = columns + torch.randint(2 * padding + 1, (count, 1), device=device)
        images = F.pad(images, (padding,) * 4)
    index = (rows * images.shape[-1]).unsqueeze(2) + columns.unsqueeze(1)  # N x H x W
    flat = images.flatten(2)
    index = index.flatten(1).unsqueeze(1).expand(count, channels, height * width)
    return flat.gather(2, index).view(count, channels, height, width)


def jitter(images: Tensor, reach: int, flip: bool = False) -> Tensor:
    """Roll all images round their edges by one random offset of up to ``reach`` pixels each way.

    ``flip``: with probability 1/2 all are mirrored too. ``images``: N x C x H x W.
    """
    device, (height, width) = images.device, images.shape[2:]
    down, across = torch.randint(-reach, reach + 1, (2, 1), device=device)
    rows = (torch.arange(height, device=device) + down) % height
    columns = (torch.arange(width, device=device) + across) % width
    if flip:
        mirrored = torch.rand(1, device=device) < 0.5
        columns = torch.where(mirrored, columns.flip(0), columns)
    return images.index_select(2, rows).index_select(3, columns)


def resized_crop(images: Tensor, smallest: float = 0.25) -> Tensor:
    """A random part of each image at full size, half of them mirrored: CMI's local view.

    The part has ``smallest`` to all of the image's area and sides in a ratio of 3/4 to 4/3;
    bilinear. N x C x H x W, float. By matrices, each pixel's weights in a row: a third of the time
    of grid_sample on a CPU, and on a GPU its gradient is the same every time.
    """
    count, device = len(images), images.device
    area = torch.empty(count, 1, device=device).uniform_(smallest, 1)
    ratio = torch.empty(count, 1, device=device).uniform_(-RATIO, RATIO).exp()
    mirrored = torch.rand(count, 1, device=device) < 0.5
    down = _part(images.shape[2], (area / ratio).sqrt())
    across = _part(images.shape[3], (area * ratio).sqrt())
    across = torch.where(mirrored.unsqueeze(2), across.flip(1), across)
    return down.unsqueeze(1) @ images @ across.transpose(1, 2).unsqueeze(1)


def _part(size: int, share: Tensor) -> Tensor:
    """N x size x size: to each new pixel its weights in a random stretch of ``share`` (N x 1)."""
    share = share.clamp(max=1)
    pixels = torch.arange(size, device=share.device)
    start = torch.rand_like(share) * (1 - share) * size
    centres = (start + share * (pixels + 0.5) - 0.5).clamp(0, size - 1)
    return (1 - (centres.unsqueeze(2) - pixels).abs()).clamp(min=0)
