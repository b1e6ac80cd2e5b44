"""The newest images of each label of a sample as one array of pixels, a line for each label."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

COLUMNS = 8
LABELS = 12  # the first ones; the others of a larger data set are not shown
SIDE = 64  # pixels; larger images are averaged down to it
ZOOMED = 48  # about as many pixels has the side of a zoomed image
NOTHING = (255, 255, 255, 0)
FRAME = (176, 176, 176, 255)  # of one pixel; it tells white images from the page
GAP = 2  # pixels between frames


def shown(classes: int) -> int:
    """The number of labels that have a line in a mosaic."""
    return min(classes, LABELS)


def counts(kept: dict[str, Tensor], classes: int) -> list[int]:
    """How many images of each shown label a sample holds."""
    return kept["labels"].bincount(minlength=classes)[: shown(classes)].tolist()


def zoom_of(shape: tuple[int, ...]) -> int:
    """The pixels of a picture on paper for one pixel of an image."""
    return max(1, round(ZOOMED / max(shape[-2:])))


def mosaic(
    kept: dict[str, Tensor], classes: int, columns: int = COLUMNS, zoom: int = 1
) -> np.ndarray:
    """Uint8 H x W x 4, red to opacity: the last ``columns`` images of each label from left to
    right, with nothing, which is white, between them.

    Every image keeps its pixels, each ``zoom`` times as wide and as high, but for those above
    ``SIDE``.
    """
    images = as_colour(_small(kept["images"])).repeat(zoom, axis=1).repeat(zoom, axis=2)
    labels = kept["labels"].numpy()
    height, width = images.shape[1] + 2, images.shape[2] + 2
    lines = shown(classes)
    size = (lines * (height + GAP) - GAP, columns * (width + GAP) - GAP, 1)
    page = np.tile(np.array(NOTHING, dtype=np.uint8), size)
    for label in range(lines):
        for column, image in enumerate(images[labels == label][-columns:]):
            top, left = label * (height + GAP), column * (width + GAP)
            page[top : top + height, left : left + width] = FRAME
            page[top + 1 : top + height - 1, left + 1 : left + width - 1, :3] = image
    return page


def middle(label: int, page: np.ndarray, lines: int) -> float:
    """Where the line of a label is in a mosaic, in pixels from its top."""
    return (label + 0.5) * (page.shape[0] + GAP) / lines - GAP / 2


def as_colour(images: Tensor) -> np.ndarray:
    """Images as M x H x W x 3; those of other than 3 channels in grey, by the channels' mean."""
    if images.shape[1] != 3:
        images = images.float().mean(dim=1, keepdim=True).round().to(torch.uint8)
        images = images.expand(-1, 3, -1, -1)
    return images.permute(0, 2, 3, 1).numpy()


def _small(images: Tensor) -> Tensor:
    """Images of at most ``SIDE`` pixels a side, by means over whole squares."""
    square = math.ceil(max(images.shape[-2:]) / SIDE)
    if square == 1 or len(images) == 0:
        return images
    pooled = torch.nn.functional.avg_pool2d(images.float(), square, ceil_mode=True)
    return pooled.round().to(torch.uint8)
