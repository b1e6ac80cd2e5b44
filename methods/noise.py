"""Noise: the floor. Random images without any learning, labelled once, trained on for some passes.

Idea. Spend the whole budget on images that no method has shaped, then train the student on them.
A method that does not beat this has not shown that its generator is worth anything.

Queries of one round. ``batch`` while budget is left, then none: training re-uses stored labels.

Variants (``kind``). ``uniform``: every pixel uniform in [0, 1]. ``smooth``: a sum of bilinearly
up-sampled standard-normal fields of 2x2, 4x4, a quarter and half of the image's size, each image
scaled to [0, 1]. ``blobs``: ``smooth`` through sigmoid(15 (x - 0.6)), bright shapes on dark ground.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from benchmark.method import param
from methods._blocks.collect import Collect


class Noise(Collect):
    paper = "a floor of this suite; no paper"
    access = ("hard-label", "score")
    floor = True
    version = 2
    variants = {"smooth": {"kind": "smooth"}, "blobs": {"kind": "blobs"}}
    tiny = {"batch": 30, "passes": 2}

    @dataclass(frozen=True)
    class Config(Collect.Config):
        kind: Literal["uniform", "smooth", "blobs"] = param("uniform", "the weakest of the three")

    def next_images(self, count: int) -> Tensor:
        shape, device = self.spec.shape, self.spec.device
        if self.config.kind == "uniform":
            return torch.rand(count, *shape, device=device)
        smooth = smooth_fields(count, shape, device)
        return smooth if self.config.kind == "smooth" else torch.sigmoid(15 * (smooth - 0.6))


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
