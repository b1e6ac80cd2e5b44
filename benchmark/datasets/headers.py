"""Facts on an image before it is decoded: its size as shown, grey or colour, surprises."""

from __future__ import annotations

from struct import unpack_from
from typing import IO, NamedTuple

from PIL import Image
from PIL.GifImagePlugin import GifImageFile

from benchmark.datasets.images import MAX_BYTES, check_pixels, opened, unreadable
from benchmark.datasets.viewing import GROUNDS, is_blank, turned, view

HEAD = 64 * 1024  # bytes that hold the header of most JPEG files

TURNED, FRAMES, DEEP = "turned", "frames", "deep"  # surprises; ``common_form`` has words for them

_PLAIN = ("1", "L", "RGB", "CMYK", "YCbCr")  # modes that mean one thing
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_FRAME = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}  # markers of JPEG that tell the size
_ODD = {*range(0xC0), *range(0xD0, 0xDA), 0xE1, 0xFF}  # EXIF, without a length, or unknown
_PIXELS = 0xDA
_TEXTS = (b"Raw profile type exif", b"XML:com.adobe.xmp")  # of PNG, which may hold an orientation


class Header(NamedTuple):
    """Width and height of an upright image in pixels; ``channels`` is 1 for grey, else 3.

    ``blank``, for an image with transparent parts: for each of ``GROUNDS``, whether the image is
    invisible before it.
    """

    width: int
    height: int
    channels: int
    surprises: tuple[str, ...] = ()
    blank: tuple[bool, ...] | None = None


def quick(data: bytes) -> Header | None:
    """The header of a plain JPEG or PNG file; None for any other file, and for one with surprises.

    Pillow needs 45 microseconds for one, which for 100,000 images is longer than unpacking them.
    """
    if data.startswith(b"\xff\xd8\xff"):
        return _jpeg(data)
    return _png(data) if data.startswith(_SIGNATURE) else None


def look(file: IO[bytes], where: str) -> Header:
    """The header of any image file; reads no more than its format needs.

    An image that may be transparent or has a palette is decoded.
    """
    head = file.read(HEAD)
    if head.startswith(_SIGNATURE):
        head += file.read(MAX_BYTES)
    found = quick(head)
    if found is None:
        with opened(file, where) as image:
            try:
                found = _header(image)
            except Exception as error:  # on broken bytes Pillow raises nearly anything
                raise unreadable(where, error, file) from error
    check_pixels(found.width, found.height, where)
    return found


def _jpeg(data: bytes) -> Header | None:
    """Walk the segments up to the pixels; EXIF, several pictures and CMYK are for Pillow."""
    offset, found = 2, None
    while offset + 9 < len(data) and data[offset] == 0xFF:
        marker = data[offset + 1]
        if marker in _FRAME:
            bits, height, width, planes = unpack_from(">BHHB", data, offset + 4)
            if bits != 8 or planes not in (1, 3) or not (height and width):
                return None
            found = Header(width, height, planes)
        elif marker == _PIXELS:
            return found
        elif marker in _ODD or data.startswith(b"MPF\0", offset + 4):
            return None
        offset += 2 + (data[offset + 2] << 8 | data[offset + 3])
    return None


def _png(data: bytes) -> Header | None:
    """Walk the chunks up to the end, since an orientation may follow the pixels."""
    if len(data) < 33:
        return None
    width, height, bits, colour = unpack_from(">IIBB", data, 16)
    if bits > 8 or colour not in (0, 2) or not (width and height):
        return None
    offset = 33
    while offset + 12 <= len(data):
        kind = data[offset + 4 : offset + 8]
        if kind == b"IEND":
            return Header(width, height, 3 if colour else 1)
        if kind in (b"tRNS", b"eXIf", b"acTL") or data.startswith(_TEXTS, offset + 8):
            return None
        offset += 12 + int.from_bytes(data[offset : offset + 4], "big")
    return None


def _header(image: Image.Image) -> Header:
    surprises = [FRAMES] if _has_frames(image) else []
    if image.mode in ("I", "F") or image.mode.startswith("I;"):
        surprises.append(DEEP)
    # TIFF is its other size before it is loaded, and does not say how it was turned afterwards.
    if image.mode in _PLAIN and not image.has_transparency_data and image.format != "TIFF":
        orientation = turned(image)
        width, height = image.size if orientation < 5 else image.size[::-1]
        channels, blank = 1 if image.mode in ("1", "L") else 3, None
    else:
        shown = view(image)
        orientation, (width, height) = turned(image), shown.size
        channels = 1 if shown.mode in ("L", "LA") else 3
        seen = shown.mode in ("L", "RGB")
        blank = None if seen else tuple(is_blank(shown, ground) for ground in GROUNDS)
    if orientation:
        surprises.append(TURNED)
    return Header(width, height, channels, tuple(surprises), blank)


def _has_frames(image: Image.Image) -> bool:
    if isinstance(image, GifImageFile):  # it must be asked to go to its second frame and back
        try:
            return image.is_animated
        except Exception:  # as in look; the first frame may be whole
            return True
    return bool(getattr(image, "is_animated", False))
