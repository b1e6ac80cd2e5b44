"""A transformer as generator, after TransGAN (Jiang, Chang, Wang 2021): tokens become pixels."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from methods._blocks.generators.base import Generator, draw_scaled

DEPTHS = (2, 2, 1)  # blocks at H/4, H/2, H (TransGAN-S and the class in IDEAL's code: 5, 4, 2)
HEADS = 4


class Block(nn.Module):
    """Attention and a two-layer network, each on a layer-normed input and added to it."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.before_attention, self.before_network = nn.LayerNorm(width), nn.LayerNorm(width)
        self.queries_keys_values = nn.Linear(width, 3 * width)
        self.joined = nn.Linear(width, width)
        self.network = nn.Sequential(
            nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)
        )

    def forward(self, tokens: Tensor) -> Tensor:
        """N x T x width, unchanged in shape."""
        tokens = tokens + self._attend(self.before_attention(tokens))
        return tokens + self.network(self.before_network(tokens))

    def _attend(self, tokens: Tensor) -> Tensor:
        split = self.queries_keys_values(tokens).unflatten(2, (3, HEADS, -1))
        queries, keys, values = split.permute(2, 0, 3, 1, 4)  # each N x heads x T x width / heads
        mixed = F.scaled_dot_product_attention(queries, keys, values)
        return self.joined(mixed.transpose(1, 2).flatten(2))


class Stage(nn.Module):
    """Learnt positions, then blocks whose attention stays inside windows of a given size."""

    def __init__(self, width: int, depth: int, size: tuple[int, int], window: tuple[int, int]):
        super().__init__()
        self.positions = nn.Parameter(torch.zeros(1, *size, width))
        self.blocks = nn.Sequential(*[Block(width) for _ in range(depth)])
        self.window = window

    def forward(self, maps: Tensor) -> Tensor:
        """N x H x W x width, unchanged in shape."""
        maps = maps + self.positions
        height, width = self.window
        windows = maps.unflatten(2, (-1, width)).unflatten(1, (-1, height)).transpose(2, 3)
        mixed = self.blocks(windows.flatten(3, 4).flatten(0, 2))
        return mixed.view(windows.shape).transpose(2, 3).flatten(3, 4).flatten(1, 2)


class TransformerGenerator(Generator):
    """Paper Table 6's "large" generator; the released code has a class for it that cannot be built.

    A linear layer to H/4 x W/4 tokens (rounded up, the result is cropped), then three stages of
    transformer blocks with learnt positions; between them PixelShuffle makes a token's channels
    four tokens of a quarter of the channels. The first stage has 3 width channels, rounded up to a
    multiple of 64, so that four heads divide the last. With latent 256 and width 64 it has
    3,394,273 parameters at 1x28x28 and 4,143,099 at 3x32x32.

    Smaller than TransGAN-S: fewer channels and blocks. Attention reaches over windows of
    H/2 x W/2 tokens, which at 32 pixels are TransGAN's 16 x 16.

    Unlike there a layer norm stands before the last layer. Small weights, which the five Adam steps
    of IDEAL can turn, then still give images of full contrast. Without it, and with weights scaled
    by their inputs, the loss against a young student fell less than half as far (digits).
    """

    def __init__(self, shape: tuple[int, int, int], latent: int = 256, width: int = 64) -> None:
        super().__init__(shape, latent)
        self.start = (-(-shape[1] // 4), -(-shape[2] // 4))
        wide = 64 * -(-3 * width // 64)
        self.tokens = nn.Linear(latent, wide * self.start[0] * self.start[1])
        stages = []
        for level, depth in enumerate(DEPTHS):
            size = tuple(2**level * side for side in self.start)
            window = tuple(min(2, 2**level) * side for side in self.start)
            stages.append(Stage(wide // 4**level, depth, size, window))
        self.stages = nn.ModuleList(stages)
        self.normed, self.to_image = nn.LayerNorm(wide // 16), nn.Linear(wide // 16, shape[0])
        self.reset()

    def draft(self, latents: Tensor) -> Tensor:
        """N x latent -> N x C images at least H x W large, before the head."""
        maps = self.tokens(latents).unflatten(1, (*self.start, -1))
        for level, stage in enumerate(self.stages):
            if level:
                maps = F.pixel_shuffle(maps.permute(0, 3, 1, 2), 2).permute(0, 2, 3, 1)
            maps = stage(maps)
        return self.to_image(self.normed(maps)).permute(0, 3, 1, 2)

    def draw(self, module: nn.Module) -> None:
        """N(0, 0.02), positions too; layer norms as identities; the last layer N(0, 1 / inputs)."""
        if isinstance(module, Stage):
            module.positions.normal_(0.0, 0.02)
        elif isinstance(module, nn.LayerNorm):
            module.reset_parameters()
        else:
            super().draw(module)
            if module is self.to_image:
                draw_scaled(module.weight)
