"""The answers of a method's process, read by their form; a ``FrameError`` for any other."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from benchmark.host.frames import Frame, FrameError
from benchmark.host.host import Scalars, Snapshot
from benchmark.method.base import check_names
from benchmark.method.visits import NAMES
from benchmark.rows.kinds import LARGEST


def nothing(got: Frame) -> None:
    """Nothing is told but that it is done."""


def stepped(got: Frame) -> tuple[bool, Scalars]:
    going_on = got.fields.get("going_on")
    if type(going_on) is not bool:
        raise FrameError("a step ended without saying whether the method goes on")
    return going_on, _scalars(got.fields.get("new", {}))


def snapshot(got: Frame) -> Snapshot:
    return Snapshot(got.tensors, _scalars(got.fields.get("scalars", {})))


def content(got: Frame) -> Tensor:
    found = got.tensors.get("state")
    if found is None or found.dtype != torch.uint8 or found.ndim != 1:
        raise FrameError("the state of a method is no string of bytes")
    return found


def amount(found: Any) -> float:
    """A number from the other side, 0 where it is none that a row can hold."""
    return float(found) if type(found) in (int, float) and 0 <= found < LARGEST else 0.0


def visits(found: Any) -> dict[str, int]:
    """The counts of images that passed through networks, from the other side."""
    if type(found) is not dict or not found.keys() <= NAMES:
        raise FrameError("the counts of images are none")
    if not all(type(count) is int and 0 <= count < LARGEST for count in found.values()):
        raise FrameError("the counts of images are none")
    return found


def _scalars(found: Any) -> Scalars:
    """Logged numbers from the other side, checked as those of this side are."""
    if type(found) is not dict:
        raise FrameError("the numbers that the method logs are none")
    try:
        check_names(found)
    except ValueError as problem:
        raise FrameError(str(problem)) from None
    if not all(value is None or type(value) in (int, float) for value in found.values()):
        raise FrameError("the numbers that the method logs are none")
    return {name: _number(value) for name, value in found.items()}


def _number(value: float | None) -> float:
    """A logged number: NaN where it is none, infinite where it has more digits than a float."""
    try:
        return math.nan if value is None else float(value)
    except OverflowError:
        return math.inf
