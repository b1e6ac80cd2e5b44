"""DCGAN's generator (Radford, Metz, Chintala 2016): transposed convolutions of stride 2."""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn

from methods._blocks.generators.base import (
    SLOPE,
    Generator,
    doubling_kernel,
    draw_scaled,
    halved,
)


class DcganGenerator(Generator):
    """Paper Table 6's "small" generator; neither the paper nor its released code has a definition.

    A linear layer to a map of 4 to 7 pixels a side (``halved``), then as many 4x4 transposed
    convolutions of stride 2 as double it to H x W (or more, and the result is cropped), each with
    batch norm and leaky ReLU, and a 3x3 convolution. Channels halve from layer to layer down to
    width / 2, from 4 width at most; CMI's code has twice as many, which would not be "small".
    With latent 256 and width 64 it has 1,776,481 parameters at 1x28x28 and 1,742,627 at 3x32x32.

    It starts as DCGAN does, N(0, 0.02), but for two things, made for the five Adam steps that IDEAL
    gives a new generator. Each 4x4 kernel begins as up-sampling and a 3x3 convolution in one:
    independent weights make checkerboards, in which a student soon sees all classes and the teacher
    three of ten (digits). And the last layer, the only one whose scale no batch norm undoes, is
    N(0, 1 / inputs): 0.02 leaves the images nearly grey.
    """

    def __init__(self, shape: tuple[int, int, int], latent: int = 256, width: int = 64) -> None:
        super().__init__(shape, latent)
        *start, doublings = halved(*shape[1:])
        narrow = max(1, width // 2)
        sizes = [narrow * min(8, 2**level) for level in range(doublings, -1, -1)]
        layers = [
            nn.Linear(latent, sizes[0] * start[0] * start[1]),
            nn.Unflatten(1, (sizes[0], *start)),
            *_norm(sizes[0]),
        ]
        for inputs, outputs in pairwise(sizes):
            layers += [nn.ConvTranspose2d(inputs, outputs, 4, 2, 1, bias=False), *_norm(outputs)]
        self.layers = nn.Sequential(*layers)
        self.to_image = nn.Conv2d(narrow, shape[0], 3, padding=1)
        self.reset()

    def draft(self, latents: Tensor) -> Tensor:
        """N x latent -> N x C images at least H x W large, before the head."""
        return self.to_image(self.layers(latents))

    def draw(self, module: nn.Module) -> None:
        """As for all generators, but for up-sampling kernels and the last layer; see the class."""
        super().draw(module)
        if isinstance(module, nn.ConvTranspose2d):
            module.weight.copy_(doubling_kernel(module.weight[..., :3, :3]))
        elif module is self.to_image:
            draw_scaled(module.weight)


def _norm(channels: int) -> list[nn.Module]:
    return [nn.BatchNorm2d(channels), nn.LeakyReLU(SLOPE, inplace=True)]
