"""Image files of every kind that Pillow writes, and some that it only reads."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image

from benchmark.datasets import headers
from benchmark.datasets.images import Fit, decode
from support.tiny_formats import pixels

WIDTH, HEIGHT = 13, 9  # not square, and neither a multiple of a block of pixels


def image(mode: str, seed: int = 0) -> Image.Image:
    """Noise of ``WIDTH`` x ``HEIGHT`` in any mode of Pillow, with every kind of transparency."""
    noise = pixels(HEIGHT, WIDTH, 4, seed=seed)
    colour = Image.fromarray(noise[..., :3])
    alpha = Image.fromarray(np.ascontiguousarray(noise[..., 3]))
    if mode in ("LA", "PA", "RGBA"):
        clear = colour.convert("P" if mode == "PA" else mode[:-1]).convert(mode)
        clear.putalpha(alpha)
        return clear
    if mode in ("La", "RGBa"):
        return image(mode.upper(), seed).convert(mode)
    if mode in ("RGBX", "LAB"):
        return Image.frombytes(mode, colour.size, noise[..., : len(mode)].tobytes())
    if mode == "F":
        return Image.fromarray(noise[..., 0].astype(np.float32) / 255)
    if mode == "I" or mode.startswith("I;16"):
        deep = Image.fromarray(noise[..., 0].astype(np.uint16) * 256 + noise[..., 1])
        return deep if mode == "I;16" else deep.convert("I").convert(mode)
    return colour.convert(mode)


def encoded(picture: Image.Image, kind: str, **options) -> bytes:
    """The bytes of an image file; ``kind`` is Pillow's name of the format."""
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def png(depth: int, colour: int, rows: list[bytes], clear: bytes = b"", width: int = 4) -> bytes:
    """A PNG of a bit depth and colour type that Pillow does not write; ``clear`` is for tRNS."""
    header = struct.pack(">IIBBBBB", width, len(rows), depth, colour, 0, 0, 0)
    content = zlib.compress(b"".join(b"\0" + row for row in rows))
    chunks = [(b"IHDR", header), (b"tRNS", clear), (b"IDAT", content), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        chunk(*item) for item in chunks if item[1] or item[0] == b"IEND"
    )


def chunk(kind: bytes, content: bytes) -> bytes:
    """A chunk of a PNG file."""
    return struct.pack(">I", len(content)) + kind + content + checked(kind + content)


def checked(content: bytes) -> bytes:
    """The checksum of a PNG chunk."""
    return struct.pack(">I", zlib.crc32(content))


def write_set(root: Path, files: dict[str, bytes | Image.Image]) -> Path:
    """A folder of these files by path; images are written as their ending says."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            content.save(path)
    return root


def four(name: str, content: bytes | Image.Image, other: Image.Image | None = None) -> dict:
    """Files of a set with two classes, where ``content`` is the only image of one in train."""
    other = other or image("RGB", seed=9)
    return {
        f"train/a/{name}": content,
        **{f"{place}.png": other for place in ("train/b/1", "test/a/1", "test/b/1")},
    }


def look(data: bytes, where: str = "x") -> headers.Header:
    """The facts that the suite reads from an image file before it decodes it."""
    return headers.look(io.BytesIO(data), where)


def read(data: bytes, ground: int = 255) -> np.ndarray:
    """The pixels of an image file that is a set of its own: H x W x 3."""
    header = look(data)
    pixels = decode(data, "x", Fit((header.channels, header.height, header.width), ground))
    assert header.channels == pixels.shape[0] in (1, 3)
    return np.broadcast_to(pixels, (3, *pixels.shape[1:])).transpose(1, 2, 0)
