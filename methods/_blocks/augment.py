"""Random crop and flip of a whole batch in one indexed gather, differentiable in the images."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

KINDS = ("none", "flip", "crop", "crop+flip")


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
