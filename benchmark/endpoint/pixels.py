"""Images as an endpoint wants them: numbers in a layout, or base64 of raw bytes or of a PNG."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
from PIL import Image

from benchmark.endpoint.form import Endpoint

# The shortest decimals that a float32 reader turns into exactly n / 255.
SHARES = np.array([float(str(np.float32(n) / np.float32(255))) for n in range(256)])


def arranged(shown: np.ndarray, endpoint: Endpoint) -> np.ndarray:
    """uint8 N x C x H x W in the endpoint's layout, still as uint8."""
    if endpoint.layout == "NHWC":
        return np.ascontiguousarray(shown.transpose(0, 2, 3, 1))
    return shown.reshape(len(shown), -1) if endpoint.layout == "flat" else shown


def valued(arrangement: np.ndarray, endpoint: Endpoint) -> np.ndarray:
    """Its numbers: uint8 from 0 to 255, or float32 from 0 to 1."""
    whole = endpoint.values == "uint8"
    return arrangement if whole else SHARES.astype(np.float32)[arrangement]


def each(shown: np.ndarray, endpoint: Endpoint) -> list[Any]:
    """One JSON value an image: nested lists of numbers, or a text in base64."""
    if endpoint.form == "png":
        return [base64.b64encode(png(one)).decode() for one in shown]
    numbers = arranged(shown, endpoint)
    if endpoint.form == "raw":
        raw = valued(numbers, endpoint)
        return [base64.b64encode(one.tobytes()).decode() for one in raw]
    values: list[Any] = (numbers if endpoint.values == "uint8" else SHARES[numbers]).tolist()
    return values


def png(image: np.ndarray) -> bytes:
    """One uint8 C x H x W image as a PNG file, grey for one channel."""
    pixels = image[0] if image.shape[0] == 1 else np.ascontiguousarray(image.transpose(1, 2, 0))
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()
