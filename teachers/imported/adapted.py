"""A model behind the images of a data set: resized, in its channels, normalised on its side."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmark.errors import BenchError
from teachers.imported.given import Given


class Adapted(nn.Module):
    """Maps images N x C x H x W in [0, 1] to what a model says of them, N x K finite numbers."""

    def __init__(self, model: nn.Module, given: Given, shape: tuple[int, int, int], classes: int):
        super().__init__()
        self.model, self.classes = model, classes
        self.wanted = given.shape(shape)
        channels = self.wanted[0]
        mean, std = given.mean or (0.0,) * channels, given.std or (1.0,) * channels
        self.register_buffer("mean", torch.tensor(mean).view(1, -1, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(std).view(1, -1, 1, 1), persistent=False)
        # A model without parameters has a device all the same.
        self.device_holder = nn.Parameter(torch.zeros(()), requires_grad=False)

    mean: Tensor
    std: Tensor

    def forward(self, images: Tensor) -> Tensor:
        """See the class. Raises ``BenchError`` for an answer of another form."""
        channels, *sides = self.wanted
        if tuple(images.shape[2:]) != tuple(sides):
            images = F.interpolate(images, sides, mode="bilinear", antialias=True)
        if images.shape[1] != channels:
            images = images.expand(-1, 3, -1, -1) if channels == 3 else images.mean(1, True)
        answer = self.model((images - self.mean) / self.std)
        if not isinstance(answer, Tensor) or tuple(answer.shape) != (len(images), self.classes):
            told = tuple(answer.shape) if isinstance(answer, Tensor) else type(answer).__name__
            raise BenchError(
                f"the model answers {told} to {len(images)} images; a teacher here gives "
                f"{len(images)} x {self.classes} numbers, one for each class"
            )
        if not answer.isfinite().all():
            raise BenchError("the model answers numbers that are not finite; check --mean, --std")
        return answer
