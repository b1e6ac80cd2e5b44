"""Random images without any learning, of three kinds, in [0, 1]."""

from __future__ import annotations

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from benchmark.method import Spec

Kind = Literal["uniform", "smooth", "blobs"]


def noise(kind: str, count: int, spec: Spec) -> Tensor:
    """``count`` images: independent pixels, smooth fields, or their peaks as bright blobs."""
    if kind == "uniform":
        return torch.rand(count, *spec.shape, device=spec.device)
    smooth = smooth_fields(count, spec.shape, spec.device)
    return smooth if kind == "smooth" else torch.sigmoid(15 * (smooth - 0.6))


def smooth_fields(count: int, shape: tuple[int, int, int], device: torch.device) -> Tensor:
    """``count`` sums of four up-sampled normal fields, each image scaled to [0, 1] as a whole."""
    channels, height, width = shape
    sizes = [(2, 2), (4, 4), (max(1, height // 4), max(1, width // 4)), (height // 2, width // 2)]
    fields = [
        F.interpolate(
            torch.randn(count, channels, *size, device=device), (height, width), mode="bilinear"
        )
        for size in sizes
    ]
    image = torch.stack(fields).sum(dim=0)
    low, high = image.amin(dim=(1, 2, 3), keepdim=True), image.amax(dim=(1, 2, 3), keepdim=True)
    return (image - low) / (high - low)
