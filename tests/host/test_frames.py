"""Frames: what is sent arrives whole, and what is none is refused before it is read."""

from __future__ import annotations

import json
import pickle
import socket
import struct
import threading

import pytest
import safetensors.torch
import torch

from benchmark.host import frames
from benchmark.host.frames import Ended, Frame, FrameError


@pytest.fixture
def ends():
    one, other = socket.socketpair()
    one.settimeout(10)
    other.settimeout(10)
    yield one, other
    one.close()
    other.close()


def sent(ends, content: bytes) -> None:
    writer = threading.Thread(target=ends[0].sendall, args=(content,))
    writer.start()
    writer.join()


def header(kind: bytes = b"ask", fields: int = 2, tensors: int = 0, magic=frames.MAGIC) -> bytes:
    return frames.HEADER.pack(magic, kind, fields, tensors)


@pytest.mark.parametrize("dtype", frames.DTYPES)
def test_tensors_arrive_bit_for_bit(ends, dtype):
    tensor = torch.arange(24).reshape(2, 3, 4).to(dtype)
    odd = {
        "a": tensor,
        "turned": tensor.transpose(0, 2),
        "part": tensor[:, 1],
        "one": tensor[0, 0, 1],
    }
    frames.send(ends[0], Frame("ask", {"n": 3}, odd))
    found = frames.receive(ends[1], ["ask"])
    assert (found.kind, found.fields) == ("ask", {"n": 3})
    assert all(torch.equal(found.tensors[name], of) for name, of in odd.items())
    assert all(found.tensors[name].dtype == dtype for name in odd)


def test_channels_last_and_values_that_are_no_numbers_arrive_as_they_are(ends):
    images = torch.rand(2, 3, 4, 4).to(memory_format=torch.channels_last)
    images[0, 0, 0, 0] = float("nan")
    frames.send(ends[0], Frame("ask", {}, {"x": images}))
    (found,) = frames.receive(ends[1], ["ask"]).tensors.values()
    assert torch.equal(found.isnan(), images.isnan())
    assert torch.equal(found.nan_to_num(), images.nan_to_num())


def test_a_frame_without_tensors_and_a_large_one_in_parts(ends):
    frames.send(ends[0], Frame("stop"))
    assert frames.receive(ends[1], ["stop"]) == Frame("stop")
    large = torch.arange(3_000_000)
    writer = threading.Thread(target=frames.send, args=(ends[0], Frame("ask", {}, {"x": large})))
    writer.start()
    assert torch.equal(frames.receive(ends[1], ["ask"]).tensors["x"], large)
    writer.join()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (header(magic=b"xxxx") + b"{}", "is no frame"),
        (header(b"other") + b"{}", "a frame 'other' came, where only ask, stop can come"),
        (header(b"\xff\xfe") + b"{}", "where only ask, stop can come"),
        (header(fields=2**20 + 1), "is larger than it may be"),
        (header(tensors=1001) + b"{}", "is larger than it may be"),
        (header() + b"[]", "no JSON object"),
        (header() + b"{,", "no JSON"),
        (header(fields=7) + b'{"a":1,', "no JSON"),
        (header(fields=14) + b'{"a":1,"a":2} ', "no JSON"),
        (header(fields=8) + b'{"a":NaN', "no JSON"),
        (header(fields=40_000) + b"[" * 40_000, "no JSON"),
        (header(tensors=40) + b"{}" + pickle.dumps(print).ljust(40), "its tensors cannot be read"),
        (header(tensors=16) + b"{}" + struct.pack("<QQ", 2**60, 0), "its tensors cannot be read"),
    ],
)
def test_everything_else_is_refused(ends, content, message):
    sent(ends, content)
    with pytest.raises(FrameError, match=message):
        frames.receive(ends[1], ["ask", "stop"], most=1000)


def test_a_length_that_is_announced_takes_no_memory_before_it_comes(ends):
    sent(ends, header(tensors=2**32) + b"{}" + b"x" * 100)
    ends[0].close()
    with pytest.raises(Ended, match="the other side has ended"):
        frames.receive(ends[1], ["ask"], most=2**33)


def test_tensors_of_an_unknown_type_in_a_file_of_the_right_form_are_refused(ends):
    content = safetensors.torch.save({"x": torch.zeros(2)})
    size = int.from_bytes(content[:8], "little")
    text = content[8 : 8 + size].replace(b"F32", b"Z99")
    content = content[:8] + text + content[8 + size :]
    sent(ends, header(tensors=len(content)) + b"{}" + content)
    with pytest.raises(FrameError, match="its tensors cannot be read"):
        frames.receive(ends[1], ["ask"])


@pytest.mark.parametrize("closed", [0, 1])
def test_an_end_in_the_middle_and_a_side_that_is_gone_are_an_end(ends, closed):
    if closed == 0:
        sent(ends, header(fields=10) + b'{"a"')
        ends[0].close()
        with pytest.raises(Ended):
            frames.receive(ends[1], ["ask"])
    else:
        ends[1].close()
        with pytest.raises(Ended):
            for _ in range(3):
                frames.send(ends[0], Frame("ask", {}, {"x": torch.zeros(10**6)}))


def test_what_cannot_be_sent_is_refused_where_it_is_sent(ends):
    with pytest.raises(FrameError, match="cannot be sent"):
        frames.send(ends[0], Frame("ask", {}, {"x": torch.zeros(2, dtype=torch.complex64)}))
    with pytest.raises(FrameError, match="cannot be sent"):
        frames.send(ends[0], Frame("ask", {}, {"x": torch.zeros(2, 2).to_sparse()}))
    with pytest.raises(FrameError, match="too large to be sent"):
        frames.send(ends[0], Frame("ask", {"x": "a" * 2**20}))
    with pytest.raises(ValueError, match="JSON"):
        frames.send(ends[0], Frame("ask", {"x": float("nan")}))
    json.dumps({})
