"""Image files: which files are images, how a set lists them, and their decoding to pixels."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from benchmark.datasets import MAX_SIDE
from benchmark.errors import BenchError

SPLITS = ("train", "test", "val")
EXPECTED = "expected train/<class>/* and test/<class>/* (or val/<class>/*) with images"

# Far above any photograph, far below what a crafted file could make the decoder allocate.
MAX_BYTES = 64 * 2**20
MAX_PIXELS = 64_000_000

SUFFIXES = frozenset(
    (".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp")
)


class Entry(NamedTuple):
    """An image file: its path inside the set, and where its bytes are."""

    path: str
    handle: Path | tarfile.TarInfo


Tree = dict[str, dict[str, list[Entry]]]  # split -> class -> images


def is_image(name: str) -> bool:
    """Whether a file name is an image's; hidden files are left-overs of desktops."""
    return not name.startswith(".") and os.path.splitext(name)[1].lower() in SUFFIXES


def check_bytes(count: int, where: str) -> None:
    """Refuse a file of ``count`` bytes before it is read, if no real image is that large."""
    if count > MAX_BYTES:
        raise BenchError(
            f"{where} has {count:,} bytes, more than the {MAX_BYTES:,} allowed for one image: "
            "shrink it or take it out"
        )


def probe(data: bytes, where: str) -> tuple[int, int, int]:
    """The shape (C, H, W) that a data set takes from this image: C is 1 for grey, else 3."""
    with _opened(data, where) as image:
        return (1 if image.mode in ("L", "1") else 3, image.height, image.width)


def decode(data: bytes, where: str, shape: tuple[int, int, int]) -> np.ndarray:
    """Pixels, uint8 C x H x W: scaled until they just cover ``shape``, then cropped centrally."""
    channels, height, width = shape
    with _opened(data, where) as image:
        try:
            pixels = image.convert("L" if channels == 1 else "RGB")
        except Exception as error:  # on broken bytes Pillow's decoders raise nearly anything
            raise _unreadable(where, error) from error
    if pixels.size != (width, height):
        pixels = _cover(pixels, width, height)
    return np.asarray(pixels).reshape(height, width, channels).transpose(2, 0, 1)


def check_side(shape: tuple[int, int, int], where: str) -> None:
    """Refuse to take over the size of a first image that would fill the memory many times."""
    if max(shape[1:]) > MAX_SIDE:
        raise BenchError(
            f"{where}, the first image, has {shape[2]}x{shape[1]} px, more than {MAX_SIDE} a side: "
            "give a size to reduce all images to"
        )


def _opened(data: bytes, where: str) -> Image.Image:
    try:
        image = Image.open(io.BytesIO(data))
    except Exception as error:  # as in decode
        raise _unreadable(where, error) from error
    if image.width * image.height > MAX_PIXELS:
        raise BenchError(
            f"{where} has {image.width}x{image.height} px, more than the {MAX_PIXELS:,} allowed "
            "for one image: shrink it or take it out"
        )
    if image.mode in ("I", "F") or image.mode.startswith("I;"):
        # Pillow would clip such values at 255 instead of scaling them.
        raise BenchError(f"{where} has more than 8 bits a channel: convert it to 8 bits")
    return image


def _cover(image: Image.Image, width: int, height: int) -> Image.Image:
    scale = max(width / image.width, height / image.height)
    scaled = (max(width, round(image.width * scale)), max(height, round(image.height * scale)))
    left, top = (scaled[0] - width) // 2, (scaled[1] - height) // 2
    resized = image.resize(scaled, Image.Resampling.BILINEAR)
    return resized.crop((left, top, left + width, top + height))


def _unreadable(where: str, error: Exception) -> BenchError:
    # Pillow's message may hold the address of a buffer, which tells a person nothing.
    detail = "not an image" if isinstance(error, Image.UnidentifiedImageError) else str(error)
    return BenchError(f"cannot read the image {where} ({detail}): replace it or take it out")
