"""The common part of all generators: the range of the images, the latents, a new start in place."""

from __future__ import annotations

import math
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from methods._blocks.generators.heads import Head

SLOPE = 0.2  # of every leaky ReLU, as in the released code of IDEAL
SMALLEST = 4  # pixels a side, where DCGAN and StyleGAN begin


class Generator(nn.Module):
    """N x ``latent`` -> N x C x H x W in [0, 1], for images of any ``shape`` (C, H, W).

    A subclass gives ``draft`` and, where its layers do not start as in ``draw``, a ``draw`` of its
    own. Within one batch equal latents must give equal images: a method asks the oracle about the
    images of some latents, then differentiates the images of the same latents. So there is no
    noise from call to call, and batch norm is the only tie between the images of a batch.
    """

    def __init__(self, shape: tuple[int, int, int], latent: int) -> None:
        super().__init__()
        self.shape, self.latent = shape, latent
        self.head = Head()  # ``build`` puts in another

    def forward(self, latents: Tensor) -> Tensor:
        """N x latent -> N x C x H x W in [0, 1]."""
        return self.squash(self.raw(latents))

    def raw(self, latents: Tensor) -> Tensor:
        """The images before ``squash``; float32, since bfloat16 has no 8 bits near 1."""
        _, height, width = self.shape
        return self.head(self.draft(latents)[..., :height, :width].float())

    def squash(self, raw: Tensor) -> Tensor:
        """Raw images to images in [0, 1], pixel by pixel."""
        return self.head.squash(raw)

    def draft(self, latents: Tensor) -> Tensor:
        """N x latent -> N x C images at least H x W large, before the head."""
        raise NotImplementedError(f"{type(self).__name__}.draft")

    def sample(self, count: int) -> Tensor:
        """``count`` standard-normal latent vectors on the generator's device."""
        return torch.randn(count, self.latent, device=next(self.parameters()).device)

    @torch.no_grad()
    def reset(self) -> None:
        """Draw every parameter and buffer anew, in place."""
        for module in self.modules():
            if [*module.parameters(recurse=False), *module.buffers(recurse=False)]:
                self.draw(module)

    def draw(self, module: nn.Module) -> None:
        """Draw one layer anew: weights N(0, 0.02), scales N(1, 0.02), biases 0 (DCGAN; IDEAL).

        Running statistics start over too; the released code of IDEAL keeps them, which has no
        effect as a generator never runs in evaluation mode.
        """
        if isinstance(module, (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)):
            module.weight.normal_(0.0, 0.02)
        elif isinstance(module, nn.BatchNorm2d):
            module.reset_running_stats()
            if module.affine:
                module.weight.normal_(1.0, 0.02)
        else:
            raise TypeError(f"{type(self).__name__}.draw has no rule for a {type(module).__name__}")
        if module.bias is not None:
            module.bias.zero_()


class UpsampledConv2d(nn.Conv2d):
    """Nearest up-sampling by 2, then a 3x3 convolution: N x I x H x W -> N x O x 2H x 2W.

    Computed as one transposed convolution of stride 2 whose 4x4 kernel is the 3x3 one summed over
    the four places of a 2x2 block: the same function up to rounding with 4/9 of the products, and
    no up-sampled image in memory. The weights are those of the plain 3x3 layer.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(inputs, outputs, 3, padding=1, bias=False)

    def forward(self, images: Tensor) -> Tensor:
        """N x I x H x W -> N x O x 2H x 2W."""
        kernel = doubling_kernel(self.weight.flip(2, 3).transpose(0, 1))
        kernel = kernel.contiguous(memory_format=torch.channels_last)
        return F.conv_transpose2d(images, kernel, stride=2, padding=1)


def doubling_kernel(kernel: Tensor) -> Tensor:
    """I x O x 3 x 3 -> I x O x 4 x 4: the sum over the four places of a 2x2 block.

    With stride 2 and padding 1 it is the transposed convolution that does nearest up-sampling by 2,
    then a convolution with the 3x3 kernel, which is given mirrored in both directions.
    """
    sides = [(left, 1 - left, top, 1 - top) for left in (0, 1) for top in (0, 1)]
    return cast(Tensor, sum(F.pad(kernel, side) for side in sides))


def halved(height: int, width: int) -> tuple[int, int, int]:
    """(start height, start width, doublings): sides halved, rounded up, while they stay >= 4.

    Doubled again they are at least as large as they were: 28 is 7 doubled twice, 32 is 4 doubled
    three times, 9 is 5 doubled once and cropped.
    """
    doublings = 0
    while min(height, width) >= 2 * SMALLEST:
        height, width, doublings = -(-height // 2), -(-width // 2), doublings + 1
    return height, width, doublings


def draw_scaled(weight: Tensor, gain: float = 1.0) -> None:
    """N(0, gain / inputs), in place: outputs of unit-variance inputs have the variance ``gain``."""
    inputs = weight[0].numel()
    weight.normal_(0.0, math.sqrt(gain / inputs))
