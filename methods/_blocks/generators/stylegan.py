"""A small StyleGAN generator (Karras, Laine, Aila 2019): the latent only sets styles."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from methods._blocks.generators.base import SLOPE, Generator, UpsampledConv2d, draw_scaled, halved

MAPPING = 2  # layers of the mapping network (paper: 8)


class AdaptiveNorm(nn.Module):
    """AdaIN: each map of each image normalised, then scaled and shifted as its style says."""

    def __init__(self, channels: int, style: int) -> None:
        super().__init__()
        self.affine = nn.Linear(style, 2 * channels)

    def forward(self, maps: Tensor, styles: Tensor) -> Tensor:
        """N x C x H x W, N x style -> N x C x H x W."""
        scale, shift = self.affine(styles).float()[..., None, None].chunk(2, dim=1)
        variance, mean = torch.var_mean(maps.float(), (2, 3), correction=0, keepdim=True)
        gain = (1 + scale) * torch.rsqrt(variance + 1e-5)
        return gain * maps + (shift - gain * mean)


class NoiseLayer(nn.Module):
    """Adds one fixed noise map, with a learnt strength a channel, and a bias; then leaky ReLU."""

    noise: Tensor

    def __init__(self, channels: int, height: int, width: int) -> None:
        super().__init__()
        self.strength = nn.Parameter(torch.zeros(1, channels, 1, 1))
        self.bias = nn.Parameter(torch.zeros(1, channels, 1, 1))
        self.register_buffer("noise", torch.zeros(1, 1, height, width))

    def forward(self, maps: Tensor) -> Tensor:
        """N x C x H x W, unchanged in shape."""
        return F.leaky_relu(maps + (self.strength * self.noise + self.bias), SLOPE)


class StyledLayer(nn.Module):
    """A convolution (or none), noise, leaky ReLU, AdaIN."""

    def __init__(
        self, convolution: nn.Module, channels: int, size: tuple[int, int], style: int
    ) -> None:
        super().__init__()
        self.convolution = convolution
        self.noise = NoiseLayer(channels, *size)
        self.norm = AdaptiveNorm(channels, style)

    def forward(self, maps: Tensor, styles: Tensor) -> Tensor:
        """N x I x H x W, N x style -> N x C x H x W, or twice as large."""
        return self.norm(self.noise(self.convolution(maps)), styles)


class Constant(nn.Module):
    """The learnt 1 x C x H x W map that every image begins with."""

    def __init__(self, channels: int, size: tuple[int, int]) -> None:
        super().__init__()
        self.map = nn.Parameter(torch.zeros(1, channels, *size))

    def forward(self, count: int) -> Tensor:
        """``count`` x C x H x W."""
        return self.map.expand(count, -1, -1, -1)


class StyleganGenerator(Generator):
    """Paper Table 6's "medium" generator and, says A.0.2, that of all its tables; none is released.

    A mapping network makes a style of each latent. A learnt map of 4 to 7 pixels a side
    (``halved``) goes through styled layers, two for each size, until it is H x W large (or more,
    and the result is cropped), and a 1x1 convolution makes the image. Channels halve with each
    doubling, from 4 width at most down to width. With latent 256 and width 64 it has
    1,749,313 parameters at 1x28x28 (no more than DCGAN there) and 3,184,835 at 3x32x32.

    Smaller than the paper's: 2 mapping layers of 8, at most 4 width channels of 512, no blur, no
    mixing of styles, no truncation. The noise is stored, so that equal latents give equal images.

    Made for the five Adam steps that IDEAL gives a new generator: a step moves the styles of a
    whole batch together, the more so the deeper the mapping. With four layers all images of a batch
    end alike; the paper's cure, a mapping that learns at 0.01 of the rate, would not learn at all.
    """

    def __init__(self, shape: tuple[int, int, int], latent: int = 256, width: int = 64) -> None:
        super().__init__(shape, latent)
        high, wide, doublings = halved(*shape[1:])
        style = 4 * width
        sizes = [width * min(4, 2**level) for level in range(doublings, -1, -1)]
        dense = [nn.Linear(style if layer else latent, style) for layer in range(MAPPING)]
        self.mapping = nn.Sequential(*[m for layer in dense for m in (layer, nn.LeakyReLU(SLOPE))])
        self.constant = Constant(sizes[0], (high, wide))
        layers, before = [], sizes[0]
        for level, channels in enumerate(sizes):
            size = (high * 2**level, wide * 2**level)
            first = UpsampledConv2d(before, channels) if level else nn.Identity()
            second = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
            layers += [StyledLayer(layer, channels, size, style) for layer in (first, second)]
            before = channels
        self.layers = nn.ModuleList(layers)
        self.to_image = nn.Conv2d(width, shape[0], 1)
        self.reset()

    def draft(self, latents: Tensor) -> Tensor:
        """N x latent -> N x C images at least H x W large, before the head."""
        styles = self.mapping(latents)
        maps = self.constant(len(latents))
        for layer in self.layers:
            maps = layer(maps, styles)
        return self.to_image(maps)

    def draw(self, module: nn.Module) -> None:
        """Scaled by the inputs wherever styles pass, so that they differ; else N(0, 0.02).

        With 0.02 in the mapping and the styles, the images of a batch hardly differ.
        """
        if isinstance(module, Constant):
            module.map.normal_()
        elif isinstance(module, NoiseLayer):
            module.noise.normal_()
            module.strength.zero_()
            module.bias.zero_()
        else:
            super().draw(module)
            if isinstance(module, nn.Linear) or module is self.to_image:
                draw_scaled(module.weight, gain=2.0 if module in set(self.mapping) else 1.0)
