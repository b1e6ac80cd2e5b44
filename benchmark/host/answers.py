"""The answers of a method's process, read by their form; a ``FrameError`` for any other."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from benchmark.host.frames import Frame, FrameError
from benchmark.host.host import Scalars, Snapshot
from benchmark.method.base import check_names


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
    """A number from the other side, 0 where it is none."""
    return float(found) if type(found) in (int, float) and 0 <= found < math.inf else 0.0


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
    return {name: math.nan if value is None else float(value) for name, value in found.items()}
