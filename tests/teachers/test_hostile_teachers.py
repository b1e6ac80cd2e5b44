"""Teachers that would hang, fill the memory or lead elsewhere: refused at once and by name."""

from __future__ import annotations

import json
import os
import struct
import tracemalloc

import pytest
import torch

from benchmark.errors import BenchError
from benchmark.nets import architectures
from benchmark.nets.architectures import build
from support.teacher_files import change_card, replace_weights, save, small_set
from teachers import cards, shelf, weights

KINDS = {
    "FIFO": (getattr(os, "mkfifo", None), "is a FIFO, not a file"),
    "folder": (os.mkdir, "is a folder, not a file"),
    "link to an endless file": (lambda path: os.symlink("/dev/zero", path), "is a device, not a"),
    "link to a FIFO": (
        lambda path: (os.mkfifo(f"{path}.x"), os.symlink(f"{path}.x", path)),
        "is a FIFO, not a file",
    ),
    "link to itself": (lambda path: os.symlink(path, path), "Too many levels of symbolic links"),
}


@pytest.fixture
def saved(tmp_path):
    return save(tmp_path, small_set())


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no FIFOs")
@pytest.mark.parametrize("part", [".safetensors", ".json"])
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_no_file_is_refused_by_name(kind, part, saved, tmp_path, cli):
    make, said = KINDS[kind]
    path = saved.with_suffix(part)
    path.unlink()
    make(path)
    with pytest.raises(BenchError, match=said) as caught:
        cards.read_card(saved)
    assert str(path) in str(caught.value)
    code, output, errors = cli("teacher", "show", saved)
    assert (code, output) == (2, "") and said in errors and errors.count("\n") == 1
    code, output, errors = cli("teacher", "list", "--teacher-dir", tmp_path)
    assert code == 0 and f"broken   {saved}" in output and said in output
    code, output, errors = cli(
        "run", "--methods", "noise", "--dataset", "digits", "--teacher", saved
    )
    assert code == 2 and said in errors and errors.count("\n") == 1


def test_a_link_to_a_teacher_is_one(saved, tmp_path):
    """As package managers and stores of large files make them; the digest decides."""
    (tmp_path / "elsewhere").mkdir()
    for suffix in (".safetensors", ".json"):
        path = saved.with_suffix(suffix)
        target = tmp_path / "elsewhere" / f"blob{suffix}"
        path.rename(target)
        path.symlink_to(target)
    assert cards.load(saved).accuracy >= 0


CLAIMS = {
    "lenet": ([3, 1024, 1024], 65_536),
    "mlp": ([1, 1024, 1024], 10),
    "alexnet": ([3, 512, 512], 65_536),
    "vgg16": ([3, 16, 16], 65_536),
}


@pytest.mark.parametrize("architecture", CLAIMS)
def test_a_card_that_claims_an_absurd_network_costs_nothing(architecture, saved, monkeypatch):
    shape, classes = CLAIMS[architecture]
    change_card(saved, shape=shape, classes=classes, architecture=architecture)
    card = json.loads(saved.with_suffix(".json").read_text())
    there = saved.with_name(f"{cards.stems(card)[0]}.safetensors")
    saved.rename(there)
    saved.with_suffix(".json").rename(there.with_suffix(".json"))
    built = []
    monkeypatch.setattr(
        architectures, "build", lambda *given: built.append(build(*given)) or built[-1]
    )
    with pytest.raises(BenchError, match=r"has [\d,]+ bytes, its card claims a network that needs"):
        cards.load(there)
    assert len(built) == 1
    assert all(of.is_meta for of in built[0].state_dict().values()), "it was built in memory"


@pytest.mark.parametrize("sizes", [([3, 224, 224], 10), ([3, 8, 8], 300), ([1, 300, 300], 2)])
def test_a_large_network_that_is_there_is_loaded(sizes, tmp_path):
    shape, classes = sizes
    torch.manual_seed(0)
    network = build("vgg8" if shape[1] > 8 else "mlp", tuple(shape), classes)
    weights.round_weights(network)
    path = tmp_path / "x.safetensors"
    path.write_bytes(weights.pack(network))
    cards._check_claim(path, "vgg8" if shape[1] > 8 else "mlp", tuple(shape), classes)


def bomb(header: bytes, length: int | None = None, data: bytes = b"") -> bytes:
    return struct.pack("<Q", len(header) if length is None else length) + header + data


def tensors(named: dict[str, tuple[str, list[int]]]) -> bytes:
    """A file whose tensors all claim the same four bytes."""
    header = {
        name: {"dtype": kind, "shape": shape, "data_offsets": [0, 4]}
        for name, (kind, shape) in named.items()
    }
    return bomb(json.dumps(header).encode(), data=bytes(4))


BOMBS = {
    "length of an exabyte": bomb(b"{}", length=2**60),
    "length below zero": bomb(b"{}", length=2**64 - 1),
    "length beyond the file": bomb(b"{}", length=10_000),
    "nested": bomb(b'{"a":' * 100_000 + b"1" + b"}" * 100_000),
    "many tensors": bomb(
        json.dumps(
            {f"t{n}": {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]} for n in range(15_000)}
        ).encode()
    ),
    "a tensor of an exabyte": tensors({"0.weight": ("F32", [2**40, 2**40])}),
    "another type": tensors({"0.weight": ("F8_E8M0", [4])}),
    "no type": tensors({"0.weight": ("X", [4])}),
    "overlapping": tensors({"a": ("F32", [1]), "b": ("F32", [1])}),
    "a key twice": bomb(
        b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},'
        b'"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}',
        data=b"\0" * 4,
    ),
}


@pytest.mark.parametrize("kind", BOMBS)
def test_a_header_that_is_a_bomb_is_refused(kind, saved):
    replace_weights(saved, BOMBS[kind])  # with its digest on the card
    tracemalloc.start()
    with pytest.raises(
        BenchError, match=r"refused: (it is not a safetensors file|missing or unkn)"
    ):
        cards.load(saved)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 64 * 2**20


def test_a_teacher_of_other_images_is_refused_before_its_weights_are_read(saved, cli, monkeypatch):
    monkeypatch.setattr(cards, "load", None)
    code, _, errors = cli("run", "--methods", "noise", "--dataset", "digits", "--teacher", saved)
    assert (code == 2 and "is a teacher for 1x16x16 images of" in errors) or "other data" in errors


def test_a_card_beside_a_shipped_teacher_is_not_needed_to_be_small_to_be_whole():
    for path in shelf.SHIPPED.glob("*.safetensors"):
        assert path.with_suffix(".json").stat().st_size < cards.CARD_LIMIT / 10
