"""An image is read as a viewer shows it, in every format and mode that Pillow writes."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from PIL import Image, ImageOps, features

from benchmark.datasets import headers
from benchmark.datasets.images import Fit, decode
from support.image_files import HEIGHT, WIDTH, chunk, encoded, image, look, read

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
    """A file as Pillow itself reads it: upright, on a ground, RGB; deep grey scaled."""
    with Image.open(io.BytesIO(data)) as file:
        upright = ImageOps.exif_transpose(file)
    if upright.mode == "F" or upright.mode.startswith("I"):
        full = 1 if upright.mode == "F" else 65535
        grey = np.round(np.asarray(upright) * (255.0 / full))
        return np.repeat(grey[..., None], 3, axis=2).astype(np.uint8)
    behind = Image.new("RGBA", upright.size, (ground, ground, ground, 255))
    return np.asarray(Image.alpha_composite(behind, upright.convert("RGBA")).convert("RGB"))


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
        assert look(data).channels == (1 if grey else 3)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP", "AVIF", "MPO"])
def test_every_orientation(kind, orientation):
    if not is_here(kind):
        pytest.skip(f"this Pillow has no {kind}")
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(image("RGB"), kind, exif=exif)
    header = look(data)
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
    assert look(data)[:2] == (HEIGHT, WIDTH)


def test_a_broken_exif_block_turns_nothing():
    data = encoded(image("RGB"), "JPEG", exif=b"Exif\0\0MM\0*\0\0\xff\xffnonsense")
    assert read(data).shape == (HEIGHT, WIDTH, 3)
    data = encoded(image("RGB"), "JPEG", exif=b"Exif\0\0no tiff at all")
    assert read(data).shape == (HEIGHT, WIDTH, 3)


@pytest.mark.parametrize(
    "kind, mode, clear",
    [
        ("PNG", "RGB", (0, 0, 0)),
        ("PNG", "L", 7),
        ("PNG", "1", 0),
        ("PNG", "P", 3),
        ("PNG", "P", bytes(range(256))),
        ("GIF", "P", 3),
        ("GIF", "L", 7),
    ],
)
def test_one_transparent_value(kind, mode, clear):
    picture = image(mode)
    if mode == "RGB":
        picture.paste(clear, (2, 2, 5, 5))
    elif mode != "1":
        picture.paste(clear if isinstance(clear, int) else 3, (2, 2, 5, 5))
    data = encoded(picture, kind, transparency=clear)
    header = look(data)
    assert header.blank is not None and header.channels == (3 if mode in ("RGB", "P") else 1)
    for ground in (255, 0):
        np.testing.assert_array_equal(read(data, ground), viewed(data, ground))
    if not isinstance(clear, bytes) and mode != "1":
        assert read(data, 99)[3, 3].tolist() == [99] * 3


def test_a_palette_of_greys_is_grey():
    grey = image("L").convert("P")
    assert look(encoded(grey, "PNG")).channels == 1
    palette = [value for level in range(255, -1, -1) for value in (level, level, level)]
    grey.putpalette(palette)
    np.testing.assert_array_equal(read(encoded(grey, "PNG"))[..., 0], 255 - np.asarray(grey))
    hidden = Image.new("P", (4, 4), 1)
    hidden.putpalette([10, 10, 10, 255, 0, 0])
    hidden.putpixel((0, 0), 0)
    data = encoded(hidden, "PNG", transparency=1)  # the red is never seen
    assert look(data).channels == 1 and look(data).blank


@pytest.mark.parametrize("kind", ["GIF", "PNG", "TIFF", "WEBP", "AVIF", "MPO"])
def test_the_first_frame_counts_and_the_others_are_noticed(kind):
    if not is_here(kind):
        pytest.skip(f"this Pillow has no {kind}")
    first, second = image("RGB", seed=1), image("RGB", seed=2)
    data = encoded(first, kind, save_all=True, append_images=[second])
    np.testing.assert_array_equal(read(data), viewed(data))
    alone = viewed(encoded(first, kind))
    assert abs(read(data).astype(int) - alone).mean() < 5, "another frame than the first"
    assert headers.FRAMES in look(data).surprises
    assert headers.FRAMES not in look(encoded(first, kind), "x").surprises


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
    assert look(encoded(solid, "PNG")).blank is None
