"""Numbers of any depth are scaled by the white of their file; without one they are refused."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from PIL import Image

from benchmark.datasets import headers
from benchmark.datasets.images import Fit, decode
from benchmark.errors import BenchError
from support.image_files import encoded, look, png, read

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")


def big(*values: int) -> bytes:
    return struct.pack(f">{len(values)}H", *values)


@pytest.mark.parametrize(
    "data, grey, alpha",
    [
        (png(1, 0, [b"\x50"], big(1)), [0, 255, 0, 255], [255, 0, 255, 0]),
        (png(2, 0, [b"\x1b"], big(1)), [0, 85, 170, 255], [255, 0, 255, 255]),
        (png(4, 0, [b"\x01\x2f"], big(1)), [0, 17, 34, 255], [255, 0, 255, 255]),
        (png(8, 0, [bytes((0, 1, 2, 3))], big(1)), [0, 1, 2, 3], [255, 0, 255, 255]),
        (png(16, 0, [big(0, 1, 300, 65535)], big(300)), [0, 0, 1, 255], [255, 255, 0, 255]),
        (
            png(16, 4, [big(0, 65535, 25700, 0, 257, 257, 65535, 65535)]),
            [0, 100, 1, 255],
            [255, 0, 1, 255],
        ),
    ],
)
def test_grey_png_of_every_depth_with_transparency(data, grey, alpha):
    header = look(data)
    assert header.channels == 1 and header.blank is not None
    for ground in (0, 255):
        expected = [
            round((g * a + ground * (255 - a)) / 255) for g, a in zip(grey, alpha, strict=True)
        ]
        assert abs(read(data, ground)[0, :, 0].astype(int) - expected).max() <= 1


@pytest.mark.parametrize(
    "text, expected",
    [
        (b"P2 3 1 7 0 3 7", [0, 109, 255]),
        (b"P2 3 1 1000 0 500 1000", [0, 128, 255]),
        (b"P5 3 1 100 \0\x32\x64", [0, 128, 255]),
        (b"P1 3 1 0 1 0", [255, 0, 255]),
        (b"P5 2 1 1000 \0\0\3\xe8", [0, 255]),
        (b"P4 3 1 \x40", [255, 0, 255]),
        (b"P5 # a comment\n2 1 65535 \x80\0\xff\xff", [128, 255]),
    ],
)
def test_portable_maps_of_any_white(text, expected):
    assert abs(read(text)[0, :, 0].astype(int) - expected).max() <= 1


def test_colour_of_16_bits():
    data = png(16, 2, [big(0, 128, 65535, 0x1234, 0x8000, 0xFF00)], width=2)
    assert abs(read(data)[0].astype(int) - [[0, 0, 255], [0x12, 0x80, 0xFF]]).max() <= 1


def test_grey_of_16_bits_is_scaled_and_not_clipped():
    values = np.array([[0, 128, 256, 4095, 32768, 65535]], dtype=np.uint16)
    for kind in ("PNG", "TIFF", "PPM"):
        data = encoded(Image.fromarray(values), kind)
        assert read(data)[0, :, 0].tolist() == [0, 0, 1, 16, 128, 255]
        assert look(data).surprises == (headers.DEEP,)


def tiff(bits: int, photometric: int, content: bytes, width: int, form: int = 1) -> bytes:
    """A grey TIFF as cameras and microscopes write it."""
    tags = [
        (256, width),
        (257, 1),
        (258, bits),
        (259, 1),
        (262, photometric),
        (273, 8),
        (277, 1),
        (278, 1),
        (279, len(content)),
        (339, form),
    ]
    table = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    content += b"\0" * (len(content) % 2)
    directory = struct.pack("<H", len(tags)) + table + bytes(4)
    return b"II*\0" + struct.pack("<I", 8 + len(content)) + content + directory


@pytest.mark.parametrize(
    "data, expected",
    [
        (tiff(12, 1, b"\x00\x07\xff\xff\xff\x00", 4), [0, 127, 255, 240 * 16 * 255 // 4095]),
        (tiff(16, 1, struct.pack("<3H", 0, 257, 65535), 3), [0, 1, 255]),
        (tiff(16, 0, struct.pack("<3H", 0, 257, 65535), 3), [255, 254, 0]),
        (tiff(8, 0, b"\x00\x01\xff", 3), [255, 254, 0]),
        (tiff(32, 1, struct.pack("<3f", 0, 0.5, 1), 3, form=3), [0, 128, 255]),
        (tiff(32, 0, struct.pack("<3f", 0, 0.5, 1), 3, form=3), [255, 127, 0]),
    ],
)
def test_tiff_says_what_is_white(data, expected):
    assert read(data)[0, :, 0].tolist() == expected


@pytest.mark.parametrize(
    "data, reason",
    [
        (tiff(32, 1, struct.pack("<2I", 0, 9), 2), "32 bits or with a sign"),
        (tiff(16, 1, struct.pack("<2h", -5, 9), 2, form=2), "32 bits or with a sign"),
        (tiff(32, 1, struct.pack("<2f", 0, 200), 2, form=3), "outside 0 to 1"),
        (tiff(32, 1, struct.pack("<2f", 0, float("nan")), 2, form=3), "outside 0 to 1"),
        (tiff(64, 1, struct.pack("<2d", 0, 1), 2, form=3), "not an image of a known kind"),
        (png(16, 2, [big(*range(12))], big(1, 2, 3)), "one transparent colour"),
    ],
)
def test_numbers_without_a_known_meaning_are_refused(data, reason):
    for call in (lambda: look(data, "a/b"), lambda: decode(data, "a/b", Fit((1, 1, 2)))):
        with pytest.raises(BenchError, match=f"cannot read the image a/b .*{reason}"):
            call()
