"""Numbers of a request, checked and made into the 8-bit images that a teacher sees."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import chain
from typing import Any

import numpy as np
import torch
from torch import Tensor

from benchmark.oracle import query
from benchmark.serve.refused import Refused

DEEPEST = 4  # levels of lists: N x C x H x W
VALUES = ("uint8", "float")  # whole numbers from 0 to 255, numbers from 0 to 1


def unpacked(nested: Any) -> tuple[list[int], list[Any]]:
    """The shape of nested lists, and their numbers in one list. ``Refused`` for ragged lists."""
    if not isinstance(nested, list):
        raise Refused(400, f"the images are {type(nested).__name__}, no list")
    shape, level = [len(nested)], nested
    while any(isinstance(one, list) for one in level):
        if not all(isinstance(one, list) for one in level):
            raise Refused(400, "the images are ragged: lists and numbers stand side by side")
        lengths = set(map(len, level))
        if len(lengths) > 1:
            raise Refused(400, f"the images are ragged: lists of {_some(lengths)} numbers")
        if len(shape) == DEEPEST:
            raise Refused(400, f"the images are nested more than {DEEPEST} levels deep")
        shape.append(lengths.pop())
        level = list(chain.from_iterable(level))
    return shape, level


def numbers(flat: list[Any], values: str | None) -> tuple[np.ndarray, str]:
    """Numbers of JSON as an array, and which of ``VALUES`` they are where nobody says it.

    Whole numbers alone are 0 to 255. Raises ``Refused`` for all but numbers, and for a 1 among
    0s alone, which may be either.
    """
    kinds = set(map(type, flat))
    if not kinds <= {int, float}:
        wrong = sorted(one.__name__ for one in kinds - {int, float})
        raise Refused(400, f"an image holds {' and '.join(wrong)}, not numbers alone")
    if values is None:
        values = "float" if float in kinds else "uint8"
        if values == "uint8" and max(flat, default=0) == 1:
            raise Refused(
                400,
                "all numbers are 0 or 1, of 255 or of 1: say it with ?values=uint8 or "
                "?values=float, or ask by /v2, which names the datatype",
            )
    try:
        return np.array(flat, np.int64 if kinds == {int} else np.float64), values
    except OverflowError:
        raise Refused(400, _outside(values)) from None


def images(
    array: np.ndarray, stated: Sequence[int], values: str, shape: tuple[int, int, int], most: int
) -> Tensor:
    """uint8 N x C x H x W of an array of numbers in a stated shape, rounded as an oracle does.

    ``stated``: N x C x H x W, N x H x W x C, or N x (C H W) of images of ``shape``; ``most``: the
    images of a request. Raises ``Refused``.
    """
    order = _order(stated, shape, most)
    if array.size != math.prod(stated):
        said = " x ".join(map(str, stated))
        raise Refused(400, f"the shape {said} says {math.prod(stated):,} numbers, not {array.size}")
    made = _whole(array) if values == "uint8" else _rounded(array, shape)
    count, (channels, height, width) = stated[0], shape
    if order == "NHWC":
        return made.reshape(count, height, width, channels).permute(0, 3, 1, 2).contiguous()
    return made.reshape(count, *shape)


def _order(stated: Sequence[int], shape: tuple[int, int, int], most: int) -> str:
    """NCHW, NHWC or flat."""
    channels, height, width = shape
    known = {
        shape: "NCHW",
        (height, width, channels): "NHWC",
        (channels * height * width,): "flat",
    }
    orders = dict(reversed(known.items()))  # NCHW before NHWC
    if not stated[0]:
        raise Refused(400, "there is no image in it")
    order = orders.get(tuple(stated[1:]))
    if order is None:
        forms = ", ".join("N x " + " x ".join(map(str, inner)) for inner in known)
        said = " x ".join(map(str, stated[: 2 * DEEPEST]))
        raise Refused(400, f"the images have the shape {said}; this model takes {forms}")
    if stated[0] > most:
        raise Refused(413, f"{stated[0]:,} images are more than {most:,}, the most of a request")
    return order


def _whole(array: np.ndarray) -> Tensor:
    """Numbers from 0 to 255."""
    if array.dtype == np.uint8:
        return torch.from_numpy(array.copy())  # a buffer of bytes cannot be written
    if not (array.min() >= 0 and array.max() <= 255):  # NaN fails both
        raise Refused(400, _outside("uint8"))
    whole = array.astype(np.uint8)
    if (whole != array).any():
        raise Refused(400, "a number has decimals, though values of uint8 are whole")
    return torch.from_numpy(whole)


def _rounded(array: np.ndarray, shape: tuple[int, int, int]) -> Tensor:
    """Numbers from 0 to 1, as the nearest of 256 levels, in the oracle's own arithmetic."""
    with np.errstate(over="ignore"):  # what is too large for float32 is infinite, and refused
        shares = torch.from_numpy(array.astype(np.float32)).reshape(-1, *shape)
    try:
        query.check(shares, query.Spec(shape, 2, shares.device))
    except query.QueryRefused:
        raise Refused(400, _outside("float")) from None
    return query.as_seen(shares, "uint8")


def _outside(values: str) -> str:
    span = "0 to 255" if values == "uint8" else "0 to 1, or not finite"
    return f"a number is outside {span}"


def _some(lengths: set[int]) -> str:
    return ", ".join(map(str, sorted(lengths)[:3]))
