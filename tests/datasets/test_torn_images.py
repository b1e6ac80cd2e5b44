"""Image files that are torn, damaged or no images: refused by name, and never shown in part."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from benchmark.datasets.images import Fit, decode
from benchmark.errors import BenchError
from support.image_files import encoded, four, image, look, write_set
from support.tiny_formats import damaged_text

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")

KINDS = [
    ("JPEG", {}),
    ("JPEG", {"progressive": True}),
    ("PNG", {}),
    ("GIF", {}),
    ("BMP", {}),
    ("TIFF", {}),
    ("TIFF", {"compression": "tiff_lzw"}),
    ("TIFF", {"compression": "jpeg"}),
    ("PPM", {}),
    ("WEBP", {}),
    ("JPEG2000", {}),
    ("QOI", {}),
    ("AVIF", {}),
]


def whole_image(kind: str, options: dict) -> bytes:
    Image.init()
    if kind not in Image.SAVE:
        pytest.skip(f"this Pillow writes no {kind}")
    return encoded(image("RGB").resize((40, 40)), kind, **options)


def read(data: bytes) -> bytes:
    look(data, "a/b")
    return decode(data, "a/b", Fit((3, 40, 40))).tobytes()


@pytest.mark.parametrize("kind, options", KINDS)
def test_torn_images_are_refused_wherever_they_end(kind, options):
    whole = whole_image(kind, options)
    offsets = {*range(0, len(whole), len(whole) // 60), len(whole) - 1}
    if kind == "JPEG2000":  # between its header and its pixels
        offsets |= {whole.index(b"\xff\x90") + more for more in range(20)}
    for offset in sorted(offsets):
        try:
            assert read(whole[:offset]) == read(whole), f"other pixels when cut at {offset}"
        except BenchError as error:
            assert "cannot read the image a/b (" in str(error)
    assert len(offsets) > 50


@pytest.mark.parametrize("kind, options", KINDS)
def test_damaged_images_are_refused_or_read_but_never_crash(kind, options):
    whole, rng = np.frombuffer(whole_image(kind, options), np.uint8), np.random.default_rng(0)
    refused = 0
    for _ in range(60):
        broken = whole.copy()
        some = rng.integers(0, min(len(whole), 400), size=int(rng.integers(1, 6)))
        broken[some] = rng.integers(0, 256, size=len(some))
        try:
            assert len(read(broken.tobytes())) == 4800
        except BenchError as error:
            refused += 1
            assert "a/b" in str(error)
    assert refused


def test_torn_images_are_named_with_their_place(tmp_path):
    picture = image("RGB").resize((40, 40))
    whole = encoded(picture, "JPEG")
    folder = write_set(tmp_path / "set", four("9.jpg", whole[:900], picture))
    assert f"cannot read the image {folder}: train/a/9.jpg" in damaged_text("folder:set", tmp_path)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no image",
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff",
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
        b"P6 9999999999 9999999999 255\n",
        bytes(1000),
        b"BM" + bytes(60),
        b"RIFF\x10\0\0\0WEBPVP8 ",
    ],
)
def test_what_is_no_image(tmp_path, content):
    folder = write_set(tmp_path / "set", four("9.png", content))
    text = damaged_text("folder:set", tmp_path)
    path = folder / "train/a/9.png"
    assert f"cannot read the image {path} (" in text or f"{path} has 9999999999x" in text
    assert ("it is empty" in text) == (not content)
    assert "0x" not in text, "an address tells a person nothing"
