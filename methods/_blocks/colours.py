"""Random changes of brightness, contrast and colour, each image's own."""

from __future__ import annotations

import torch
from torch import Tensor


def recoloured(images: Tensor, strength: float) -> Tensor:
    """Brightness, contrast and saturation times 1 - ``strength`` to 1 + ``strength``, in turn.

    ``images``: N x C x H x W in [0, 1], and so is the result. Saturation is the distance from the
    mean over channels, of which a grey image has none.
    """
    if strength == 0:
        return images
    sizes = torch.empty(3, len(images), 1, 1, 1, device=images.device)
    brightness, contrast, saturation = sizes.uniform_(1 - strength, 1 + strength)
    images = (images * brightness).clamp(0, 1)
    mean = images.mean(dim=(1, 2, 3), keepdim=True)
    images = (mean + contrast * (images - mean)).clamp(0, 1)
    grey = images.mean(dim=1, keepdim=True)
    return (grey + saturation * (images - grey)).clamp(0, 1)
