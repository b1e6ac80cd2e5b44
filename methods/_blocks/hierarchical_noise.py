"""DIP-KD's image prior: structured random images, drawn without any learning (Vo et al. 2026).

Noise of all scales is mixed, turned, bent and cut out; then two images, or an image and a flat
colour, are joined along a random mask. All images of a batch are drawn at once, on their device,
in float32 also where networks compute in bfloat16, and for images of any size and any channels.
"""

from __future__ import annotations

import math
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

Shape = tuple[int, int, int]
Upscale = Literal["bilinear", "nearest"]

TURN = math.pi / 4  # largest angle
BEND, BEND_REACH = 5 / 32, 25  # elastic: Gaussian and reach at 32 px, torchvision's defaults
MASK_BLUR, MASK_TAPS = 1.1, 2  # 5 x 5 Gaussian
MARGIN = 8  # a crop moves by an eighth of the side where the canvas has no room to spare


def structured_images(
    count: int, shape: Shape, device: torch.device, rounds: int = 10, upscale: Upscale = "bilinear"
) -> Tensor:
    """``count`` x C x H x W in [0, 1], float32; ``rounds``: how often a mask is blurred."""
    with torch.no_grad(), torch.autocast(device.type, enabled=False):
        several = max(count, 2)  # an image is joined with another one
        images = moved(layered_noise(several, shape, device, upscale), shape)
        joined = join(images, soft_masks(several, shape[1:], device, rounds))
        return joined[:count].clamp(0, 1)


def layered_noise(count: int, shape: Shape, device: torch.device, upscale: Upscale) -> Tensor:
    """Uniform noise of 1, 2, 4 ... pixels a side, up-scaled and mixed: ``count`` x C x S x S.

    S is the smallest power of two that holds an image. The weights, of each image its own, are the
    softmax of normal numbers.
    """
    channels, height, width = shape
    depth = math.ceil(math.log2(max(height, width)))
    weights = torch.randn(count, depth + 1, 1, 1, 1, device=device).softmax(dim=1)
    mixed = torch.zeros(count, channels, 2**depth, 2**depth, device=device)
    for level in range(depth + 1):
        noise = torch.rand(count, channels, 2**level, 2**level, device=device)
        mixed += weights[:, level] * F.interpolate(
            noise, scale_factor=2.0 ** (depth - level), mode=upscale
        )
    return mixed


def moved(canvas: Tensor, shape: Shape) -> Tensor:
    """Turned by up to 45 degrees, bent, and cut to H x W: N x C x S x S -> N x C x H x W.

    One resampling does all three. Pixels from outside are mirrored; of grey images they are 0.
    """
    side, centre = canvas.shape[-1], (canvas.shape[-1] - 1) / 2
    count, (height, width) = len(canvas), shape[1:]
    down = _crop(count, side, height, canvas.device)[:, :, None].expand(-1, -1, width)
    across = _crop(count, side, width, canvas.device)[:, None, :].expand(-1, height, -1)
    bend = elastic(count, side, (height, width), canvas.device)
    down, across = down + bend[:, 0] - centre, across + bend[:, 1] - centre
    angle = torch.empty(count, 1, 1, device=canvas.device).uniform_(-TURN, TURN)
    turned = across * angle.cos() - down * angle.sin(), across * angle.sin() + down * angle.cos()
    grid = torch.stack(turned, dim=-1) / max(centre, 0.5)
    outside = "reflection" if shape[0] > 1 else "zeros"
    return F.grid_sample(canvas, grid, "bilinear", outside, align_corners=True)


def _crop(count: int, side: int, size: int, device: torch.device) -> Tensor:
    """Whole positions on the canvas of ``size`` pixels in a row: N x size, float."""
    room, margin = side - size, size // MARGIN
    first, last = (0, room) if room else (-margin, margin)
    start = torch.randint(first, last + 1, (count, 1), device=device)
    return (start + torch.arange(size, device=device)).float()


def elastic(count: int, side: int, size: tuple[int, int], device: torch.device) -> Tensor:
    """Smooth random displacements in pixels, down and across: N x 2 x H x W.

    About 0.03 of the canvas's ``side`` (root mean square), which is what torchvision's default
    gives at 32 px.
    """
    noise = torch.empty(count, 2, *size, device=device).uniform_(-1, 1)
    sigma = BEND * side
    return BEND_REACH * (side / 32) ** 2 * blur(noise, sigma, round(4 * sigma))


def soft_masks(count: int, size: tuple[int, int], device: torch.device, rounds: int = 10) -> Tensor:
    """N x 1 x H x W in [0, 1]: uniform noise, blurred and driven apart ``rounds`` times."""
    masks = torch.rand(count, 1, *size, device=device)
    for _ in range(rounds):
        masks = diverge(blur(masks, MASK_BLUR, MASK_TAPS))
    return masks


def diverge(values: Tensor) -> Tensor:
    """Drive [0, 1] apart: keeps 0, 1/2 and 1, rises, flat at both ends, steepest at 1/2.

    As the paper describes it. Its equation has the two branches exchanged, and so leaves [0, 1].
    """
    return torch.where(values < 0.5, 2 * values**2, 1 - 2 * (1 - values) ** 2)


def join(images: Tensor, masks: Tensor) -> Tensor:
    """Each image where its mask is 1; elsewhere another image or, half of the time, a flat colour.

    N x C x H x W and N x 1 x H x W, N at least 2. A mask that has become one piece, as happens with
    very small images, joins nothing: its image would else be that of its partner, asked for twice.
    """
    one_piece = (masks > 0.5).all((1, 2, 3), True) | (masks <= 0.5).all((1, 2, 3), True)
    masks = torch.where(one_piece, 1.0, masks)
    count, channels = images.shape[:2]
    flat = torch.rand(count, channels, 1, 1, device=images.device)
    plain = torch.rand(count, 1, 1, 1, device=images.device) < 0.5
    partners = torch.where(plain, flat, images.roll(1, dims=0))
    return masks * images + (1 - masks) * partners


def blur(images: Tensor, sigma: float, taps: int) -> Tensor:
    """A Gaussian blur of 2 ``taps`` + 1 pixels a side, mirrored at the edges: N x C x H x W.

    As two products with small matrices, so that an image may be smaller than the Gaussian.
    """
    down, across = (_blurring(size, sigma, taps).to(images.device) for size in images.shape[2:])
    return down @ images @ across.T


def _blurring(size: int, sigma: float, taps: int) -> Tensor:
    """size x size: the weights of all old pixels in each new one."""
    offsets = torch.arange(-taps, taps + 1)
    weights = torch.exp(-0.5 * (offsets / sigma) ** 2)
    period = max(1, 2 * (size - 1))
    places = (torch.arange(size)[:, None] + offsets) % period
    places = torch.where(places < size, places, period - places)
    matrix = torch.zeros(size, size)
    return matrix.scatter_add_(1, places, (weights / weights.sum()).expand(size, -1).contiguous())
