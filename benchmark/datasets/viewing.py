"""An image as a viewer shows it: upright, first frame, 8 bits, transparency kept.

Colour profiles and gamma values are not applied: the pixels stay those of the file.
"""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageOps
from PIL.ImageFile import ImageFile

# Grounds for transparent images, by preference; see ``headers.Header.blank``.
GROUNDS = {255: "white", 0: "black", 128: "grey"}
VISIBLE = 16  # levels of 255 that an image must span to show anything

_ORIENTATION = 0x0112  # the EXIF tag
_TURNED = range(2, 9)
_BITS, _PHOTOMETRIC = 258, 262  # tags of TIFF
_GREY = ("1", "L", "LA", "La")
_SCALES = {"L;2": 85, "L;4": 17}  # from 2 and 4 bits to 8


def view(image: Image.Image) -> Image.Image:
    """The first frame in mode L, RGB, LA or RGBA; the last two only for transparent images.

    An image with a palette is grey if its visible pixels are. Raises ``ValueError`` for numbers
    without a known meaning, and Pillow's errors for broken files.
    """
    raw, kind = _raw_mode(image), image.format
    image.load()
    if turned(image):
        image = ImageOps.exif_transpose(image)
    if image.mode in ("I", "F") or image.mode.startswith("I;"):
        return _eight_bits(image, kind)
    _mend_transparency(image, raw)
    clear = image.has_transparency_data
    if image.mode in ("P", "PA"):
        shown = image.convert("RGBA" if clear else "RGB")
        grey = _is_grey(shown)
    else:
        # Pillow has no mode for grey of 16 bits with alpha and shows it as colour.
        grey = image.mode in _GREY or raw == "LA;16B"
        shown = _converted(image, ("LA" if grey else "RGBA") if clear else "L" if grey else "RGB")
    if clear and _is_solid(shown, kind):
        clear = False
    wanted = ("L" if grey else "RGB") + ("A" if clear else "")
    return shown if shown.mode == wanted else shown.convert(wanted)


def on_ground(image: Image.Image, ground: int) -> Image.Image:
    """An image from ``view`` before a uniform ground of that grey level: mode L or RGB."""
    if image.mode not in ("LA", "RGBA"):
        return image
    behind = Image.new("RGBA", image.size, (ground, ground, ground, 255))
    shown = Image.alpha_composite(behind, image.convert("RGBA"))
    return shown.convert("L" if image.mode == "LA" else "RGB")


def is_blank(image: Image.Image, ground: int) -> bool:
    """Whether a transparent image is invisible before that ground."""
    extremes = np.reshape(on_ground(image, ground).getextrema(), (-1, 2))
    return bool((extremes[:, 1] - extremes[:, 0]).max() < VISIBLE)


def turned(image: Image.Image) -> int:
    """The EXIF orientation of an image, 0 if it is upright or has none.

    A broken block counts as none, as in viewers. TIFF has none left once loaded.
    """
    try:
        found = image.getexif().get(_ORIENTATION, 0)
    except Exception:  # parsers of damaged blocks raise nearly anything
        return 0
    return found if found in _TURNED else 0


def _raw_mode(image: Image.Image) -> str:
    """The layout of the pixels in the file; Pillow forgets it when it has loaded them."""
    raw = image.tile[0][3] if isinstance(image, ImageFile) and image.tile else ""
    raw = raw[0] if isinstance(raw, tuple) and raw else raw
    return raw if isinstance(raw, str) else ""


def _mend_transparency(image: Image.Image, raw: str) -> None:
    """Scale the transparent value of a PNG, which Pillow compares with pixels it has scaled."""
    if "transparency" in image.info and raw in _SCALES:
        image.info["transparency"] *= _SCALES[raw]
    if "transparency" in image.info and raw.startswith("RGB;16"):
        raise ValueError("16 bits a channel and one transparent colour: convert it to 8 bits")


def _converted(image: Image.Image, mode: str) -> Image.Image:
    if image.mode == mode:
        return image
    if mode == "LA" and image.mode in ("1", "L"):  # only this way the transparent value counts
        image = image.convert("RGBA")
    return image.convert(mode)


def _is_grey(image: Image.Image) -> bool:
    pixels = np.asarray(image)
    seen = pixels[pixels[..., 3] > 0] if pixels.shape[-1] == 4 else pixels.reshape(-1, 3)
    return bool((seen[:, :1] == seen[:, 1:3]).all())


def _is_solid(image: Image.Image, kind: str | None) -> bool:
    lowest, highest = image.getchannel("A").getextrema()
    # Many programs leave the fourth byte of a BMP empty, and viewers do not take it at its word.
    return lowest == 255 or (highest == 0 and kind in ("BMP", "DIB"))


def _eight_bits(image: Image.Image, kind: str | None) -> Image.Image:
    """Grey of more than 8 bits, scaled; Pillow's own conversion clips it to white."""
    values = np.asarray(image)
    full = _white(image, kind)
    if values.dtype.kind == "f" and not (values.min() >= 0 and values.max() <= full):
        raise ValueError("it has numbers outside 0 to 1, so its white is unknown")
    scaled = np.round(values.astype(np.float64) * (255 / full)).astype(np.uint8)
    if kind == "TIFF" and getattr(image, "tag_v2", {}).get(_PHOTOMETRIC) == 0:
        scaled = 255 - scaled  # its zero is white, which Pillow heeds only up to 8 bits
    grey = Image.fromarray(scaled)
    clear = image.info.get("transparency")
    if clear is not None:
        grey.putalpha(Image.fromarray(np.where(values == clear, 0, 255).astype(np.uint8)))
    return grey


def _white(image: Image.Image, kind: str | None) -> float:
    if image.mode == "F":
        return 1.0
    if image.mode == "I" and kind not in ("PNG", "PPM"):
        raise ValueError("it has whole numbers of 32 bits or with a sign, so its white is unknown")
    bits = getattr(image, "tag_v2", {}).get(_BITS, (16,)) if kind == "TIFF" else (16,)
    return 2.0 ** bits[0] - 1
