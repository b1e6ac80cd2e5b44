"""The generator of IDEAL's released code, with much the same body in DFME, DAFL and ZSKT."""

from __future__ import annotations

from torch import Tensor, nn

from methods._blocks.generators.base import SLOPE, Generator, UpsampledConv2d


class UpsamplingGenerator(Generator):
    """The generator IDEAL's released code calls "medium" (its paper names StyleGAN, unreleased).

    A linear layer to an H/4 x W/4 map (rounded up, the result is cropped), then two times nearest
    up-sampling, convolution, batch norm and leaky ReLU. With latent 256 and width 64 it has
    1,834,305 parameters at 1x28x28 and 2,328,899 at 3x32x32.

    A new one has torch's start of each layer, as in the released code of DFME, DAFL and ZSKT;
    ``reset`` gives that of the released code of IDEAL.
    """

    def __init__(self, shape: tuple[int, int, int], latent: int = 256, width: int = 64) -> None:
        super().__init__(shape, latent)
        channels, height, columns = shape
        wide, start = 2 * width, (2 * width, -(-height // 4), -(-columns // 4))
        self.layers = nn.Sequential(
            nn.Linear(latent, wide * start[1] * start[2]),
            nn.Unflatten(1, start),
            nn.BatchNorm2d(wide),
            UpsampledConv2d(wide, wide),
            nn.BatchNorm2d(wide),
            nn.LeakyReLU(SLOPE, inplace=True),
            UpsampledConv2d(wide, width),
            nn.BatchNorm2d(width),
            nn.LeakyReLU(SLOPE, inplace=True),
            nn.Conv2d(width, channels, 3, padding=1),
        )

    def draft(self, latents: Tensor) -> Tensor:
        """N x latent -> N x C images at least H x W large, before the head."""
        return self.layers(latents)
