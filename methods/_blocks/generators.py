"""Image generators: latent vectors to images in [0, 1], re-initialisable in place."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


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
        flipped = self.weight.flip(2, 3).transpose(0, 1)
        sides = [(left, 1 - left, top, 1 - top) for left in (0, 1) for top in (0, 1)]
        kernel = sum(F.pad(flipped, side) for side in sides)
        kernel = kernel.contiguous(memory_format=torch.channels_last)
        return F.conv_transpose2d(images, kernel, stride=2, padding=1)


class UpsamplingGenerator(nn.Module):
    """The generator IDEAL's released code calls "medium" (its paper names StyleGAN, unreleased).

    N x latent -> N x C x H x W in [0, 1]. A linear layer to an H/4 x W/4 map (rounded up, the
    result is cropped), then two times nearest up-sampling, convolution, batch norm and leaky ReLU,
    and a sigmoid. With latent 256 and width 64 it has 1,834,305 parameters at 1x28x28 and
    2,328,899 at 3x32x32.
    """

    def __init__(self, shape: tuple[int, int, int], latent: int = 256, width: int = 64) -> None:
        super().__init__()
        channels, self.height, self.width = shape
        wide, start = 2 * width, (2 * width, -(-self.height // 4), -(-self.width // 4))
        self.latent = latent
        self.layers = nn.Sequential(
            nn.Linear(latent, wide * start[1] * start[2]),
            nn.Unflatten(1, start),
            nn.BatchNorm2d(wide),
            UpsampledConv2d(wide, wide),
            nn.BatchNorm2d(wide),
            nn.LeakyReLU(0.2, inplace=True),
            UpsampledConv2d(wide, width),
            nn.BatchNorm2d(width),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(width, channels, 3, padding=1),
        )

    def forward(self, latents: Tensor) -> Tensor:
        """N x latent -> N x C x H x W in [0, 1]."""
        return torch.sigmoid(self.raw(latents))

    def raw(self, latents: Tensor) -> Tensor:
        """The images before the sigmoid; float32, since bfloat16 has no 8 bits near 1."""
        return self.layers(latents)[..., : self.height, : self.width].float()

    def sample(self, count: int) -> Tensor:
        """``count`` standard-normal latent vectors on the generator's device."""
        return torch.randn(count, self.latent, device=next(self.parameters()).device)

    @torch.no_grad()
    def reset(self) -> None:
        """Draw every parameter anew, in place: weights N(0, 0.02), scales N(1, 0.02), biases 0.

        Running statistics start over too; the released code keeps them, which has no effect as the
        generator never runs in evaluation mode.
        """
        for module in self.modules():
            if isinstance(module, (nn.Linear, nn.Conv2d)):
                module.weight.normal_(0.0, 0.02)
            elif isinstance(module, nn.BatchNorm2d):
                module.reset_running_stats()
                module.weight.normal_(1.0, 0.02)
            if getattr(module, "bias", None) is not None:
                module.bias.zero_()
