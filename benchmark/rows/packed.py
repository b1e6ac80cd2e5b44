"""States of unfinished runs as bytes, and back without executing code."""

from __future__ import annotations

import copy
import io
import zipfile
from typing import Any

import torch


def pack(state: dict[str, Any]) -> bytes:
    """A state as bytes that ``unpack`` reads."""
    buffer = io.BytesIO()
    torch.save(_compact(state), buffer)
    return buffer.getvalue()


def _compact(value: Any) -> Any:
    """The same without the storage that a tensor does not show: ``torch.save`` writes all of it,
    so the filled part of a pool would weigh as much as the whole.
    """
    if isinstance(value, dict):
        held = copy.copy(value)  # of its own class, with a module's own attributes
        held.update({name: _compact(one) for name, one in value.items()})
        return held
    if type(value) in (list, tuple):
        return type(value)(map(_compact, value))
    if type(value) is torch.Tensor and value.layout is torch.strided:
        return value.clone() if value.nbytes < value.untyped_storage().nbytes() else value
    return value


def unpack(content: bytes) -> Any:
    """A packed state, on the CPU; anything that would execute code is refused.

    Raises any kind of error for other bytes; also for parts that are packed smaller than they are,
    as ``pack`` makes none: a few of these bytes could fill the memory.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        if any(part.compress_type != zipfile.ZIP_STORED for part in parts.infolist()):
            raise ValueError("its parts are compressed")
    return torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
