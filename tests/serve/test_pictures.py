"""Images as files and in base64: of one size and kind, within limits, or refused with a reason."""

from __future__ import annotations

import base64
import io
import json
import struct
import zlib

import numpy as np
import pytest
import torch
from PIL import Image

from benchmark.endpoint import pixels
from benchmark.serve import pictures
from benchmark.serve.refused import Refused
from support.endpoints import images
from support.serving import NAME, SHAPE, serving

SHOWN = images(3, SHAPE)
PNG = pixels.png(SHOWN[0])


def saved(mode, size=(16, 16), kind="PNG", **more):
    file = io.BytesIO()
    Image.new(mode, size).save(file, kind, **more)
    return file.getvalue()


def packed(content):
    return base64.b64encode(content).decode()


def claiming(width, height):
    """A PNG that says it has so many pixels, in a few bytes."""
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)

    def chunk(kind, data):
        check = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)

    parts = (chunk(b"IHDR", head), chunk(b"IDAT", zlib.compress(bytes(5000))), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


@pytest.fixture(scope="module")
def running():
    with serving(batch=4, body=100_000) as running:
        yield running


@pytest.mark.parametrize("shape", [(1, 6, 8), (3, 6, 8)])
def test_a_png_is_read_as_it_was_and_a_jpeg_as_pillow_reads_it(shape):
    shown = images(1, shape)[0]
    assert torch.equal(pictures.of_file(pixels.png(shown), shape)[0], torch.from_numpy(shown))
    file = io.BytesIO()
    Image.open(io.BytesIO(pixels.png(shown))).save(file, "JPEG")
    read = np.asarray(Image.open(file)).reshape(6, 8, shape[0]).transpose(2, 0, 1)
    assert np.array_equal(pictures.of_file(file.getvalue(), shape)[0], read)


REFUSED = [
    (saved("L", (16, 17)), 400, "16 x 17 px, grey; this model takes 16 x 16 px, grey"),
    (saved("RGB"), 400, "16 x 16 px, RGB; this model takes 16 x 16 px, grey"),
    (saved("LA"), 400, "16 x 16 px, LA"),
    (saved("P"), 400, "16 x 16 px, P"),
    (saved("I;16"), 400, "16 x 16 px, I;16"),
    (saved("L", transparency=0), 400, "transparent parts"),
    (saved("CMYK", kind="JPEG"), 400, "16 x 16 px, CMYK"),
    (saved("L", kind="GIF"), 400, "no PNG and no JPEG"),
    (b"", 400, "no PNG and no JPEG"),
    (PNG[: len(PNG) // 2], 400, "torn"),
    (PNG[:20], 400, "torn"),
    (PNG[:60] + bytes(20) + PNG[80:], 400, "torn"),
    (claiming(9_000, 9_000), 400, "9000 x 9000 px"),
    (claiming(10_000, 10_000), 413, "more pixels"),
    (claiming(2**31 - 1, 2**31 - 1), 413, "more pixels"),
]


@pytest.mark.parametrize(("content", "status", "reason"), REFUSED)
@pytest.mark.parametrize("way", ["file", "base64"])
def test_a_file_that_is_not_as_the_model_takes_it(running, content, status, reason, way):
    before = running.meter.told()["anyone"]
    if way == "file":
        found, answer, _ = running.ask("POST", "/classify", content, {"Content-Type": "image/png"})
    else:
        found, answer, _ = running.ask("POST", "/classify", {"inputs": packed(content)})
        if "no PNG" in reason:
            reason = "no PNG, no JPEG"
    assert (found, reason in answer["error"]) == (status, True), answer
    after = running.meter.told()["anyone"]
    assert (after["images"], after["refused"]) == (before["images"], before["refused"] + 1)


@pytest.mark.parametrize(
    ("path", "body", "status", "reason"),
    [
        ("/classify", {"inputs": [packed(PNG)]}, 400, '{"inputs": "base64 of one image"}'),
        ("/classify", {"data": packed(PNG)}, 400, '{"inputs": "base64 of one image"}'),
        ("/score", {"data": [packed(PNG)] * 5}, 413, "5 images are more than 4"),
        ("/score", {"data": [packed(PNG), 7]}, 400, "str"),
        ("/score", {"data": ["not base64!"]}, 400, "no base64"),
        ("/score", {"data": ["\u00e9"]}, 400, "no base64"),
        ("/score", {"data": [packed(bytes(255))]}, 400, "255 bytes, not 256 or 1,024"),
        ("/score?values=float", {"data": [packed(bytes(256))]}, 400, "256 bytes, not 1,024"),
        ("/score", {"data": [packed(PNG), packed(bytes(256))]}, 400, "no PNG and no JPEG"),
        ("/score", {"data": [packed(np.full(256, np.nan, "<f4"))]}, 400, "not finite"),
        ("/invocations", {"inputs": [{"b64": 5}]}, 400, "'image' or 'b64' alone"),
        ("/invocations", {"inputs": [{"image": {"b65": ""}}]}, 400, "'image' or 'b64' alone"),
    ],
)
def test_a_text_that_is_no_image(running, path, body, status, reason):
    found, answer, _ = running.ask("POST", path, body)
    assert (found, reason in answer["error"]) == (status, True), answer


def test_a_body_of_too_many_bytes_is_refused_whatever_it_holds(running):
    content = PNG[:-12] + bytes(200_000) + PNG[-12:]
    status, answer, _ = running.ask("POST", "/classify", content, {"Content-Type": "image/png"})
    assert status == 413 and "more than 100,000 bytes" in answer["error"]


def test_an_instance_may_be_named_in_each_way(running):
    text = packed(PNG)
    ways = [{"b64": text}, {"image": text}, {"image": {"b64": text}}]
    path = f"/v1/models/{NAME}:predict"
    status, answer, _ = running.ask("POST", path, {"instances": ways})
    assert status == 200 and len(set(answer["predictions"])) == 1
    numbers = running.ask("POST", "/score", {"data": SHOWN[:1].tolist()})[1]
    assert answer["predictions"][:1] == numbers["labels"]


def test_a_picture_without_a_place_for_16_bits_or_other_channels():
    file = io.BytesIO()
    Image.fromarray(np.zeros((16, 16), np.uint16)).save(file, "PNG")
    with pytest.raises(Refused, match="I;16"):
        pictures.of_file(file.getvalue(), SHAPE)
    with pytest.raises(Refused, match="2 channels, which no PNG"):
        pictures.of_file(PNG, (2, 16, 16))


def test_the_door_takes_json_of_any_name(running):
    body = json.dumps({"inputs": packed(PNG)}).encode()
    kind = {"Content-Type": "application/vnd.mine+json; charset=utf-8"}
    assert running.ask("POST", "/classify", body, kind)[0] == 200
