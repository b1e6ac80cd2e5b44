"""Images whose pixels are trained: the changes, their limit, and a bank of one row an image."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from methods._blocks.contrast import EXCLUDED


class PixelEdit(nn.Module):
    """Changes of ``count`` images; a pixel's mean change is at most ``reach`` (of [0, 1])."""

    def __init__(self, count: int, shape: tuple[int, int, int], reach: float) -> None:
        super().__init__()
        self.pixels = nn.Parameter(torch.zeros(count, *shape))
        self.reach = reach

    def forward(self, images: Tensor) -> Tensor:
        """N x C x H x W in [0, 1], N = ``count``: the images as they are by now."""
        return (images + self.pixels).clamp(0, 1)

    @torch.no_grad()
    def limit(self, images: Tensor) -> None:
        """Scale changes that have gone too far; those that would leave [0, 1] are cut first."""
        change = self(images) - images
        size = change.abs().mean(dim=(1, 2, 3), keepdim=True)
        self.pixels.copy_(change * (self.reach / size.clamp(min=self.reach)))

    @torch.no_grad()
    def clear(self) -> None:
        """Begin anew, in place."""
        self.pixels.zero_()


def told_apart(own: Tensor, view: Tensor, bank: Tensor, others: Tensor) -> Tensor:
    """DIP-KD's contrastive loss: mean of -(own . view) + log sum exp(own . bank) over others.

    ``own``, ``view``: B x D unit vectors of the images and of views of them; ``bank``: M x D, one
    row for each of other images; ``others``: bool M, the rows outside of this batch. The image's
    own view is not in the sum, as printed.
    """
    similar = (own * view).sum(dim=1)
    different = (own @ bank.T).float().masked_fill(~others, EXCLUDED)
    return (different.logsumexp(dim=1) - similar).mean()
