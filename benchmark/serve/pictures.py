"""Images that come as files, PNG or JPEG, or in base64: of such a file, or of raw numbers.

Nothing is scaled, turned or converted: an answer is about the image that was sent.
"""

from __future__ import annotations

import base64
import binascii
import io
import math

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from benchmark.serve import arrays
from benchmark.serve.refused import Refused

PNG, JPEG = (b"\x89PNG\r\n\x1a\n", b""), (b"\xff\xd8\xff", b"\xff\xd9")  # begin and end
MODES = {1: "L", 3: "RGB"}
WORDS = {"L": "grey", "RGB": "RGB"}
DEPTH = 24  # the byte of a PNG that tells the bits of a number
Shape = tuple[int, int, int]  # C, H, W


def of_file(content: bytes, shape: Shape) -> Tensor:
    """uint8 1 x C x H x W of a PNG or JPEG. Raises ``Refused``.

    What a file says of its size is looked at before anything is unpacked.
    """
    if not _is_file(content):
        raise Refused(400, "the image is no PNG and no JPEG")
    try:
        with Image.open(io.BytesIO(content), formats=("PNG", "JPEG")) as image:
            _check(image, content, shape)
            pixels = np.array(image)
    except Refused:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Refused(413, "the image has more pixels than any that is taken") from None
    except Exception:  # on broken bytes Pillow's decoders raise nearly anything
        raise Refused(400, "the image is torn, or no whole PNG or JPEG") from None
    channels, height, width = shape
    laid = pixels.reshape(1, height, width, channels).transpose(0, 3, 1, 2)
    return torch.from_numpy(np.ascontiguousarray(laid))


def of_texts(texts: list[str], shape: Shape, values: str | None, most: int) -> Tensor:
    """uint8 N x C x H x W of base64, all of files or all of raw numbers. Raises ``Refused``.

    Raw numbers stand as C x H x W: a byte each from 0 to 255, or a little-endian float32 each
    from 0 to 1, as ``values`` or the length says.
    """
    if len(texts) > most:
        raise Refused(413, f"{len(texts):,} images are more than {most:,}, the most of a request")
    contents = list(map(_unpacked, texts))
    if any(map(_is_file, contents)):
        return torch.cat([of_file(one, shape) for one in contents])
    return torch.cat([_of_raw(one, shape, values) for one in contents])


def _is_file(content: bytes) -> bool:
    return any(content.startswith(begin) and content.endswith(end) for begin, end in (PNG, JPEG))


def _check(image: Image.Image, content: bytes, shape: Shape) -> None:
    """Refuse an image of another size or kind, whose pixels are not unpacked yet."""
    channels, height, width = shape
    if channels not in MODES:
        raise Refused(400, f"this model takes {channels} channels, which no PNG or JPEG has")
    wanted = MODES[channels]
    if (image.size, image.mode) != ((width, height), wanted):
        said = f"{image.width} x {image.height} px, {WORDS.get(image.mode, image.mode)}"
        raise Refused(
            400, f"the image has {said}; this model takes {width} x {height} px, {WORDS[wanted]}"
        )
    if image.format == "PNG" and content[DEPTH] > 8:
        raise Refused(400, "the image has 16 bits a number; this model takes 8")
    if image.has_transparency_data or getattr(image, "n_frames", 1) > 1:
        raise Refused(400, "the image has transparent parts or several pictures; send a plain one")


def _unpacked(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Refused(400, "an image is a text, and no base64") from None


def _of_raw(content: bytes, shape: Shape, values: str | None) -> Tensor:
    size = math.prod(shape)
    lengths = {"uint8": size, "float": 4 * size}
    fits = [name for name in lengths if lengths[name] == len(content) and values in (None, name)]
    if not fits:
        wanted = lengths.values() if values is None else [lengths[values]]
        raise Refused(
            400,
            f"an image in base64 is no PNG, no JPEG, and has {len(content):,} bytes, not "
            f"{' or '.join(f'{one:,}' for one in wanted)}",
        )
    numbers = np.frombuffer(content, np.uint8 if fits[0] == "uint8" else "<f4")
    return arrays.images(numbers, (1, *shape), fits[0], shape, 1)
