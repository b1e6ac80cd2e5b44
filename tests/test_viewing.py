"""An image is read as a viewer shows it, in every format and mode that Pillow writes."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from PIL import Image, ImageOps, features

from benchmark.datasets import headers
from benchmark.datasets.images import Fit, decode
from benchmark.errors import BenchError
from image_files import HEIGHT, WIDTH, chunk, encoded, image, png

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")

WRITTEN = {
    "BMP": "1 L P RGB RGBA",
    "DIB": "1 L P RGB RGBA",
    "GIF": "1 L LA P RGB RGBA",
    "JPEG": "1 L RGB RGBX CMYK YCbCr",
    "JPEG2000": "L LA RGB RGBA CMYK YCbCr I;16",
    "MPO": "1 L RGB CMYK",
    "PNG": "1 L LA P RGB RGBA I;16",
    "PPM": "1 L RGB I I;16 F",
    "TIFF": "1 L LA P PA RGB RGBA RGBX CMYK YCbCr LAB I;16 I;16B F",
    "WEBP": "1 L LA P PA RGB RGBA CMYK",
    "AVIF": "1 L LA P RGB RGBA CMYK",
    "QOI": "RGB RGBA",
}
OPTIONAL = {"WEBP": "webp", "AVIF": "avif", "JPEG2000": "jpg_2000"}
PAIRS = [(kind, mode) for kind, modes in WRITTEN.items() for mode in modes.split()]
COMPRESSIONS = [None, "tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg", "group4"]


def viewed(data: bytes, ground: int = 255) -> np.ndarray:
    """What Pillow itself makes of a file: upright, on a ground, RGB; deep grey scaled."""
    with Image.open(io.BytesIO(data)) as file:
        upright = ImageOps.exif_transpose(file)
    if upright.mode == "F" or upright.mode.startswith("I"):
        full = 1 if upright.mode == "F" else 65535
        grey = np.round(np.asarray(upright) * (255.0 / full))
        return np.repeat(grey[..., None], 3, axis=2).astype(np.uint8)
    behind = Image.new("RGBA", upright.size, (ground, ground, ground, 255))
    return np.asarray(Image.alpha_composite(behind, upright.convert("RGBA")).convert("RGB"))


def read(data: bytes, ground: int = 255) -> np.ndarray:
    header = headers.look(data, "x")
    pixels = decode(data, "x", Fit((header.channels, header.height, header.width), ground))
    assert header.channels == pixels.shape[0] in (1, 3)
    return np.broadcast_to(pixels, (3, *pixels.shape[1:])).transpose(1, 2, 0)


def is_here(kind: str) -> bool:
    return kind not in OPTIONAL or features.check(OPTIONAL[kind])


@pytest.mark.parametrize("kind, mode", PAIRS)
def test_every_format_and_mode(kind, mode):
    if not is_here(kind):
        pytest.skip(f"this Pillow has no {kind}")
    data = encoded(image(mode), kind)
    for ground in (255, 0):
        np.testing.assert_array_equal(read(data, ground), viewed(data, ground))
    if kind not in ("WEBP", "AVIF"):  # these have no grey, or not beside transparency
        grey = mode in ("1", "L", "LA", "F") or mode.startswith("I")
        assert headers.look(data, "x").channels == (1 if grey else 3)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP", "AVIF", "MPO"])
def test_every_orientation(kind, orientation):
    if not is_here(kind):
        pytest.skip(f"this Pillow has no {kind}")
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(image("RGB"), kind, exif=exif)
    header = headers.look(data, "x")
    size = (WIDTH, HEIGHT) if orientation < 5 else (HEIGHT, WIDTH)
    assert header[:2] == size
    np.testing.assert_array_equal(read(data), viewed(data))
    if kind not in ("TIFF", "AVIF"):  # TIFF loses it when it is loaded, AVIF keeps it otherwise
        assert (headers.TURNED in header.surprises) == (orientation > 1)


@pytest.mark.parametrize("compression", COMPRESSIONS)
@pytest.mark.parametrize("orientation", [1, 3, 6])
def test_compressed_and_turned_tiff(compression, orientation):
    picture = image("1" if compression == "group4" else "RGB")
    data = encoded(picture, "TIFF", compression=compression, tiffinfo={0x0112: orientation})
    np.testing.assert_array_equal(read(data), viewed(data))
    assert read(data).shape[:2] == ((WIDTH, HEIGHT) if orientation == 6 else (HEIGHT, WIDTH))


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("where", ["iTXt", "eXIf"])
def test_an_orientation_in_any_chunk_of_a_png(where, late):
    exif = Image.Exif()
    exif[0x0112] = 6
    note = b'XML:com.adobe.xmp\0\0\0\0\0<x tiff:Orientation="6"/>'
    added = chunk(where.encode(), note if where == "iTXt" else exif.tobytes()[6:])
    whole = encoded(image("RGB"), "PNG")
    at = whole.index(b"IEND") - 4 if late else 33
    data = whole[:at] + added + whole[at:]
    np.testing.assert_array_equal(read(data), viewed(data))
    assert headers.look(data, "x")[:2] == (HEIGHT, WIDTH)


def test_a_broken_exif_block_turns_nothing():
    data = encoded(image("RGB"), "JPEG", exif=b"Exif\0\0MM\0*\0\0\xff\xffnonsense")
    assert read(data).shape == (HEIGHT, WIDTH, 3)
    data = encoded(image("RGB"), "JPEG", exif=b"Exif\0\0no tiff at all")
    assert read(data).shape == (HEIGHT, WIDTH, 3)


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
        (png(16, 4, [big(0, 65535, 25700, 0, 257, 257, 65535, 65535)]),
         [0, 100, 1, 255], [255, 0, 1, 255]),
    ],
)  # fmt: skip
def test_grey_png_of_every_depth_with_transparency(data, grey, alpha):
    header = headers.look(data, "x")
    assert header.channels == 1 and header.blank is not None
    for ground in (0, 255):
        expected = [round((g * a + ground * (255 - a)) / 255)
                    for g, a in zip(grey, alpha, strict=True)]  # fmt: skip
        assert abs(read(data, ground)[0, :, 0].astype(int) - expected).max() <= 1


def test_grey_of_16_bits_is_scaled_and_not_clipped():
    values = np.array([[0, 128, 256, 4095, 32768, 65535]], dtype=np.uint16)
    for kind in ("PNG", "TIFF", "PPM"):
        data = encoded(Image.fromarray(values), kind)
        assert read(data)[0, :, 0].tolist() == [0, 0, 1, 16, 128, 255]
        assert headers.look(data, "x").surprises == (headers.DEEP,)


def tiff(bits: int, photometric: int, content: bytes, width: int, form: int = 1) -> bytes:
    """A grey TIFF as cameras and microscopes write it."""
    tags = [(256, width), (257, 1), (258, bits), (259, 1), (262, photometric), (273, 8),
            (277, 1), (278, 1), (279, len(content)), (339, form)]  # fmt: skip
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
    for call in (lambda: headers.look(data, "a/b"), lambda: decode(data, "a/b", Fit((1, 1, 2)))):
        with pytest.raises(BenchError, match=f"cannot read the image a/b .*{reason}"):
            call()


def test_a_palette_of_greys_is_grey():
    grey = image("L").convert("P")
    assert headers.look(encoded(grey, "PNG"), "x").channels == 1
    palette = [value for level in range(255, -1, -1) for value in (level, level, level)]
    grey.putpalette(palette)
    np.testing.assert_array_equal(read(encoded(grey, "PNG"))[..., 0], 255 - np.asarray(grey))
    hidden = Image.new("P", (4, 4), 1)
    hidden.putpalette([10, 10, 10, 255, 0, 0])
    hidden.putpixel((0, 0), 0)
    data = encoded(hidden, "PNG", transparency=1)  # the red is never seen
    assert headers.look(data, "x").channels == 1 and headers.look(data, "x").blank


@pytest.mark.parametrize("kind", ["GIF", "PNG", "TIFF", "WEBP", "AVIF", "MPO"])
def test_the_first_frame_counts_and_the_others_are_noticed(kind):
    if not is_here(kind):
        pytest.skip(f"this Pillow has no {kind}")
    first, second = image("RGB", seed=1), image("RGB", seed=2)
    data = encoded(first, kind, save_all=True, append_images=[second])
    np.testing.assert_array_equal(read(data), viewed(data))
    alone = viewed(encoded(first, kind))
    assert abs(read(data).astype(int) - alone).mean() < 5, "another frame than the first"
    assert headers.FRAMES in headers.look(data, "x").surprises
    assert headers.FRAMES not in headers.look(encoded(first, kind), "x").surprises


def test_a_bmp_whose_fourth_byte_is_empty_is_solid():
    header = struct.pack("<IiiHHIIiiII", 108, 2, 1, 1, 32, 3, 8, 0, 0, 0, 0)
    masks = struct.pack("<4I", 0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    body = b"BM" + struct.pack("<IHHI", 130, 0, 0, 122) + header + masks + bytes(52)
    empty = body + bytes((1, 2, 3, 0, 4, 5, 6, 0))
    assert read(empty)[0].tolist() == [[3, 2, 1], [6, 5, 4]]
    half = body + bytes((1, 2, 3, 0, 4, 5, 6, 255))
    assert read(half)[0].tolist() == [[255, 255, 255], [6, 5, 4]]


def test_solid_alpha_changes_no_pixel():
    solid = image("RGB").convert("RGBA")
    fit = Fit((3, 5, 5))
    plain = decode(encoded(image("RGB"), "PNG"), "x", fit)
    np.testing.assert_array_equal(decode(encoded(solid, "PNG"), "x", fit), plain)
    assert headers.look(encoded(solid, "PNG"), "x").blank is None
