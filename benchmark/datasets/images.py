"""Image files: their endings, limits on their size, and decoding."""

from __future__ import annotations

import functools
import io
import os
from typing import IO, NamedTuple

import numpy as np
from PIL import Image

from benchmark.datasets.viewing import on_ground, view
from benchmark.errors import BenchError

# Far above any photograph, far below the memory that a crafted file could make Pillow allocate.
MAX_BYTES = 64 * 2**20
MAX_PIXELS = 64_000_000

# A fixed list: the images of a set must not depend on the formats that a Pillow was built with.
_READ = (
    ".apng .avif .avifs .bmp .dib .gif .j2c .j2k .jfif .jif .jp2 .jpc .jpe .jpeg .jpf .jpg .jpx "
    ".mpo .pbm .pfm .pgm .png .pnm .ppm .qoi .tif .tiff .webp"
)
SUFFIXES = frozenset(_READ.split())
# Images for a person, but no decoder here reads them without other programs.
_OTHERS = (
    ".ai .arw .bpg .cr2 .cr3 .cur .dcm .dds .dng .emf .eps .exr .fits .flif .hdr .heic .heif .hif "
    ".icns .ico .jxl .jxr .kra .nef .orf .pcx .psd .raf .raw .rw2 .sgi .svg .svgz .tga .wmf .xbm "
    ".xcf .xpm"
)
UNREAD = frozenset(_OTHERS.split())
# Pillow would start Ghostscript for an EPS file; a format without a signature takes any bytes.
_FORMATS = ("JPEG", "PNG", "GIF", "BMP", "DIB", "PPM", "TIFF", "WEBP", "JPEG2000", "AVIF", "QOI")

_END = b"\xff\xd9"  # of the pixels of JPEG 2000, in which it cannot occur


class Fit(NamedTuple):
    """The common form of a set's images: ``shape`` (C, H, W), and the ground behind them."""

    shape: tuple[int, int, int]
    ground: int = 255  # see ``viewing.on_ground``


def ending(name: str) -> str:
    """The ending of a file name in small letters, with its dot."""
    return os.path.splitext(name)[1].lower()


def check_bytes(count: int, where: str) -> None:
    """Refuse a file of more bytes than any real image has, before it is read."""
    if count > MAX_BYTES:
        raise BenchError(
            f"{where} has {count:,} bytes, more than the {MAX_BYTES:,} allowed for one image: "
            "shrink it or take it out"
        )


def check_pixels(width: int, height: int, where: str) -> None:
    """Refuse an image that would fill the memory, before it is decoded."""
    if width * height > MAX_PIXELS:
        raise BenchError(
            f"{where} has {width}x{height} px, more than the {MAX_PIXELS:,} allowed "
            "for one image: shrink it or take it out"
        )


def opened(file: IO[bytes], where: str) -> Image.Image:
    """An image of allowed size with its header read; its pixels are not decoded."""
    try:
        image = Image.open(file, formats=_formats())
    except Exception as error:  # on broken bytes Pillow's decoders raise nearly anything
        raise unreadable(where, error, file) from error
    check_pixels(image.width, image.height, where)
    if image.format == "JPEG2000":  # its decoder makes up missing pixels
        file.seek(0)
        if _END not in file.read():
            raise unreadable(where, EOFError("it is cut short"), file)
    return image


def decode(data: bytes, where: str, fit: Fit) -> np.ndarray:
    """Pixels, uint8 C x H x W: scaled until they just cover the shape, then cropped centrally."""
    channels, height, width = fit.shape
    file = io.BytesIO(data)
    with opened(file, where) as image:
        try:
            pixels = on_ground(view(image), fit.ground)
        except Exception as error:  # as in opened
            raise unreadable(where, error, file) from error
    wanted = "L" if channels == 1 else "RGB"
    if pixels.mode != wanted:
        pixels = pixels.convert(wanted)
    if pixels.size != (width, height):
        pixels = _cover(pixels, width, height, where)
    return np.asarray(pixels).reshape(height, width, channels).transpose(2, 0, 1)


def unreadable(where: str, error: Exception, file: IO[bytes]) -> BenchError:
    """The error for bytes that are no image, a torn one, or one of an unknown format."""
    # Pillow's message may hold the address of a buffer, which tells a person nothing.
    known = not isinstance(error, Image.UnidentifiedImageError)
    empty = not file.seek(0, os.SEEK_END)
    detail = str(error) if known else "it is empty" if empty else "not an image of a known kind"
    return BenchError(f"cannot read the image {where} ({detail}): replace it or take it out")


@functools.cache
def _formats() -> tuple[str, ...]:
    Image.init()
    return tuple(name for name in _FORMATS if name in Image.OPEN)


def _cover(image: Image.Image, width: int, height: int, where: str) -> Image.Image:
    scale = max(width / image.width, height / image.height)
    scaled = (max(width, round(image.width * scale)), max(height, round(image.height * scale)))
    if scaled[0] * scaled[1] > MAX_PIXELS:
        raise BenchError(
            f"{where} has {image.width}x{image.height} px, too long and thin to be made to cover "
            f"{width}x{height}: crop it or take it out"
        )
    left, top = (scaled[0] - width) // 2, (scaled[1] - height) // 2
    resized = image.resize(scaled, Image.Resampling.BILINEAR)
    return resized.crop((left, top, left + width, top + height))
