"""Random drawings of several families, grey or in colour, made on the device a batch at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from methods._blocks.drawings.families import blobs, joined, level_lines, shapes, smooth
from methods._blocks.drawings.fields import Canvas
from methods._blocks.drawings.scenes import layered
from methods._blocks.drawings.strokes import strokes

Family = Callable[[int, Canvas], Tensor]
SINGLE: dict[str, Family] = {
    "strokes": strokes,
    "lines": level_lines,
    "blobs": blobs,
    "shapes": shapes,
}
PAIRS, SMOOTH = "pairs", "smooth"
FAMILIES = (*SINGLE, PAIRS, SMOOTH)


@torch.no_grad()
def drawings(
    count: int,
    shape: tuple[int, int, int],
    device: torch.device,
    shares: Mapping[str, float],
    scenes: float = 0.0,
) -> Tensor:
    """``count`` random images in [0, 1]: float32 N x C x H x W.

    ``shares``: the weights of ``FAMILIES``, of which one is positive at least. In colour (more
    than one channel) all images are scenes: their drawings are masks between textures. In grey a
    share of ``scenes`` is.
    """
    channels, height, width = shape
    canvas = Canvas(height, width, device)
    with torch.autocast(device.type, enabled=False):  # strokes are a product of matrices
        of_textures = round(scenes * count) if channels == 1 else count
        if not of_textures:
            return mixed(count, canvas, shares)
        made = layered(lambda some: mixed(some, canvas, shares), of_textures, channels, canvas)
        plain = [mixed(count - of_textures, canvas, shares)] if of_textures < count else []
        return torch.cat([made, *plain])


def mixed(count: int, canvas: Canvas, shares: Mapping[str, float]) -> Tensor:
    """Grey drawings of all families in random order: N x 1 x H x W.

    Both drawings of a pair are of the single families, in their shares; of all alike where these
    are 0.
    """
    families: dict[str, Family] = {**SINGLE, SMOOTH: smooth}
    weights = {name: shares[name] for name in FAMILIES}
    single = {name: weights[name] for name in SINGLE}
    if not any(single.values()):
        single = dict.fromkeys(SINGLE, 1.0)
    families[PAIRS] = lambda some, on: joined(
        _drawn(some, on, SINGLE, single), _drawn(some, on, SINGLE, single), on
    )
    return _drawn(count, canvas, families, weights)


def _drawn(
    count: int, canvas: Canvas, families: Mapping[str, Family], shares: Mapping[str, float]
) -> Tensor:
    """Of several families, by their shares. They are counted on the host, which does not wait."""
    chosen = torch.tensor(list(shares.values())).multinomial(max(1, count), replacement=True)
    counts = chosen[:count].bincount(minlength=len(shares)).tolist()
    parts = [
        families[name](some, canvas) for name, some in zip(shares, counts, strict=True) if some
    ]
    empty = torch.empty(0, 1, canvas.height, canvas.width, device=canvas.device)
    images = torch.cat([empty, *parts])
    return images[torch.randperm(count, device=canvas.device)]
