"""Frames between the suite and the process of a method: no code travels, and no pickle.

A frame is a header (magic, kind, lengths), a flat JSON object of plain values, and tensors as
safetensors. Both sides say which kinds they expect; every length is checked before it is read. A
frame that is anything else is a ``FrameError``: on the suite's side the run fails, whatever the
method's side meant by it.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import safetensors.torch
import torch
from torch import Tensor

from benchmark.errors import BenchError
from benchmark.reading import strict_json

HEADER = struct.Struct("<4s16sIQ")  # magic, kind, bytes of JSON, bytes of tensors
MAGIC = b"bf-1"
MOST_FIELDS = 2**20  # bytes of JSON
MOST_TENSORS = 2**33  # bytes of tensors, where a caller does not say less
DTYPES = (
    torch.bool,
    torch.uint8,
    torch.int8,
    torch.int16,
    torch.int32,
    torch.int64,
    torch.float16,
    torch.bfloat16,
    torch.float32,
    torch.float64,
)


class Connection(Protocol):
    """The part of a socket that frames need."""

    def recv(self, size: int, /) -> bytes: ...

    def sendall(self, content: bytes, /) -> None: ...


class FrameError(BenchError):
    """The other side sent bytes that are no frame, or a frame that cannot come here."""


class Ended(FrameError):
    """The other side has closed the connection."""


@dataclass(frozen=True)
class Frame:
    """One message: its kind in a word, plain values, tensors by name."""

    kind: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    tensors: Mapping[str, Tensor] = field(default_factory=dict)


def send(connection: Connection, frame: Frame) -> None:
    """Send a frame whole. Raises ``Ended`` where nobody reads, ``FrameError`` for a large one."""
    kind = frame.kind.encode("ascii")
    fields = json.dumps(dict(frame.fields), allow_nan=False).encode()
    tensors = _packed(frame.tensors)
    if len(kind) > 16 or len(fields) > MOST_FIELDS:
        raise FrameError(f"a {frame.kind} frame of {len(fields):,} bytes is too large to be sent")
    header = HEADER.pack(MAGIC, kind, len(fields), len(tensors))
    try:
        connection.sendall(header + fields)
        if tensors:
            connection.sendall(tensors)
    except TimeoutError:  # of the connection, set by whoever waits
        raise
    except OSError as problem:
        raise Ended(f"the other side has ended: {problem.strerror}") from None


def receive(connection: Connection, expected: Collection[str], most: int = MOST_TENSORS) -> Frame:
    """The next frame, which must be of an ``expected`` kind, with at most ``most`` tensor bytes.

    Raises ``FrameError`` for everything else, and ``Ended`` where the other side has closed.
    """
    magic, kind, fields, tensors = HEADER.unpack(_read(connection, HEADER.size))
    name = kind.rstrip(b"\0").decode("ascii", "replace")
    if magic != MAGIC:
        raise FrameError("what came is no frame")
    if name not in expected:
        raise FrameError(f"a frame {name[:16]!r} came, where only {_listed(expected)} can come")
    if fields > MOST_FIELDS or tensors > most:
        raise FrameError(f"a {name} frame of {fields + tensors:,} bytes is larger than it may be")
    return Frame(name, _fields(_read(connection, fields), name), _tensors(connection, tensors))


def _read(connection: Connection, size: int) -> bytearray:
    """So many bytes. Memory is taken as they come, not as they are announced."""
    found = bytearray()
    while len(found) < size:
        try:
            part = connection.recv(min(size - len(found), 2**20))
        except TimeoutError:  # of the connection, set by whoever waits
            raise
        except OSError as problem:
            raise Ended(f"the other side has ended: {problem.strerror or problem}") from None
        if not part:
            raise Ended("the other side has ended")
        found += part
    return found


def _fields(content: bytearray, name: str) -> dict[str, Any]:
    try:
        found = strict_json(bytes(content))
    except (ValueError, RecursionError):
        raise FrameError(f"a {name} frame has fields that are no JSON") from None
    if type(found) is not dict:
        raise FrameError(f"a {name} frame has fields that are no JSON object")
    return found


def _tensors(connection: Connection, size: int) -> dict[str, Tensor]:
    if not size:
        return {}
    try:
        return safetensors.torch.load(bytes(_read(connection, size)))
    except FrameError:
        raise
    except Exception as problem:  # whatever the library makes of bytes that are none of its own
        raise FrameError(f"its tensors cannot be read: {type(problem).__name__}") from None


def _packed(tensors: Mapping[str, Tensor]) -> bytes:
    """As safetensors: contiguous copies on the CPU, none of which shares memory with another."""
    if not tensors:
        return b""
    found = {name: _plain(tensor) for name, tensor in tensors.items()}
    return safetensors.torch.save(found)


def _plain(tensor: Tensor) -> Tensor:
    if tensor.dtype not in DTYPES or tensor.layout is not torch.strided:
        raise FrameError(f"a tensor of {tensor.dtype}, {tensor.layout}, cannot be sent")
    return tensor.detach().to("cpu", copy=True, memory_format=torch.contiguous_format)


def _listed(kinds: Collection[str]) -> str:
    return ", ".join(sorted(kinds))
