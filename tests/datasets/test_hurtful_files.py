"""Files that would hang, fill the memory, or lie: each is refused quickly and by its name."""

from __future__ import annotations

import errno
import os
import socket
import struct
import sys
import zlib
from pathlib import Path

import pytest

from benchmark import datasets
from benchmark.datasets import images as image_files
from benchmark.datasets import sources
from benchmark.errors import BenchError
from support import tiny_formats as tiny
from support.image_files import chunk, encoded, image, png
from support.tiny_formats import damaged_text

PLACE = "train/cat/9.png"
posix = pytest.mark.skipif(sys.platform == "win32", reason="this system has no such files")


@pytest.fixture
def folder(tmp_path) -> Path:
    return tiny.write_folder(tmp_path / "set")


def listen(path: Path) -> socket.socket:
    """A socket in the file system; its name must be short, so it is bound from its folder."""
    before = Path.cwd()
    os.chdir(path.parent)
    try:
        bound = socket.socket(socket.AF_UNIX)
        bound.bind(path.name)
    finally:
        os.chdir(before)
    return bound


@posix
@pytest.mark.parametrize("kind", ["a FIFO", "a socket", "a device"])
@pytest.mark.parametrize("linked", [False, True])
def test_what_is_no_plain_file_is_refused_without_opening_it(folder, tmp_path, kind, linked):
    path = folder / PLACE
    there = tmp_path / "special" if linked else path
    if kind == "a FIFO":
        os.mkfifo(there)
    elif kind == "a socket":
        listen(there).close()
    else:
        there = Path("/dev/zero")
    if there != path:
        path.symlink_to(there)
    assert f"{path} is {kind}, not a file" in damaged_text("folder:set", tmp_path)


@posix
def test_a_set_that_is_a_fifo_or_a_device(tmp_path):
    os.mkfifo(tmp_path / "set.tar")
    assert "set.tar is a FIFO, not a file" in damaged_text("folder:set.tar", tmp_path)
    assert "/dev/zero is a device, not a file" in damaged_text("folder:/dev/zero", tmp_path)


@posix
def test_links_to_plain_files_and_folders_are_followed_and_said(folder, tmp_path):
    expected = datasets.load("folder:set", tmp_path)
    outside = tmp_path / "outside"
    (folder / "train" / "cat").rename(outside)
    (folder / "train" / "cat").symlink_to(outside)
    kept = tmp_path / "kept.png"
    (folder / "test" / "cat" / "0000.png").rename(kept)
    (folder / "test" / "cat" / "0000.png").symlink_to(kept)
    found = datasets.load("folder:set", tmp_path)
    assert found.notes == ("1 image read through a link (test/cat/0000.png)",)
    assert (found.train.digest, found.test.digest) == (expected.train.digest, expected.test.digest)


@posix
def test_links_that_lead_nowhere_or_round(folder, tmp_path):
    path = folder / PLACE
    path.symlink_to("gone.png")
    assert f"cannot read {path}: a link that leads nowhere" in damaged_text("folder:set", tmp_path)
    path.unlink()
    path.symlink_to(path.name)
    assert f"cannot read {path}:" in damaged_text("folder:set", tmp_path)
    path.unlink()
    (folder / "train" / "cat" / "up").symlink_to(folder / "train")
    text = damaged_text("folder:set", tmp_path)
    assert "leads back to a folder it lies in" in text and "cat" in text


def test_a_file_that_cannot_be_opened(folder, tmp_path, monkeypatch):
    found, path, real = (
        datasets.load("folder:set", tmp_path),
        folder / "train/cat/0001.png",
        os.open,
    )

    def refuse(name, *rest):
        if str(name) == str(path):
            raise PermissionError(errno.EACCES, "Permission denied")
        return real(name, *rest)

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(BenchError, match=r"cannot read .*cat/0001\.png: Permission denied"):
        _ = found.train
    assert "Permission denied" in damaged_text("folder:set", tmp_path)


def test_a_folder_that_cannot_be_listed(folder, tmp_path, monkeypatch):
    real = os.scandir

    def refuse(path):
        if str(path).endswith("cat"):
            raise PermissionError(errno.EACCES, "Permission denied")
        return real(path)

    monkeypatch.setattr(os, "scandir", refuse)
    text = damaged_text("folder:set", tmp_path)
    assert f"cannot list {folder / 'train' / 'cat'}" in text or "test/cat" in text


def test_a_file_that_is_gone_after_it_was_listed(folder, tmp_path):
    found = datasets.load("folder:set", tmp_path)
    (folder / "train" / "cat" / "0001.png").unlink()
    with pytest.raises(BenchError, match=r"cannot read .*cat/0001\.png: No such file"):
        _ = found.train
    assert len(found.test.labels) == 6


def test_a_file_that_became_another_after_it_was_listed(folder, tmp_path):
    found = datasets.load("folder:set", tmp_path)
    (folder / "train" / "cat" / "0001.png").write_bytes(b"")
    with pytest.raises(BenchError, match=r"cat/0001\.png \(it is empty\)"):
        _ = found.train


def test_torn_images_do_not_disturb_the_other_split(folder, tmp_path):
    path = folder / "train" / "cat" / "0001.png"
    path.write_bytes(path.read_bytes()[:-60])
    found = datasets.load("folder:set", tmp_path)
    assert len(found.test.labels) == 6
    with pytest.raises(BenchError, match=r"train/cat/0001\.png"):
        _ = found.train


def test_too_many_pixels_are_refused_by_the_header(folder, tmp_path):
    wide = struct.pack(">II", 40_000, 40_000)
    bomb = png(8, 2, [bytes(12)])
    bomb = bomb[:8] + chunk(b"IHDR", wide + bomb[24:29]) + bomb[33:]
    (folder / PLACE).write_bytes(bomb)
    text = damaged_text("folder:set", tmp_path)
    assert f"{folder / PLACE} has 40000x40000 px, more than the 64,000,000" in text
    gif = encoded(image("P"), "GIF")
    for side, text in ((65_535, "exceeds limit of"), (9000, "has 9000x9000 px, more than")):
        size = struct.pack("<HH", side, side)
        (folder / PLACE).write_bytes(gif[:6] + size + gif[10:])
        assert text in damaged_text("folder:set", tmp_path)
        with pytest.raises(BenchError, match=text):  # where it took the place of another file
            image_files.decode((folder / PLACE).read_bytes(), "x", image_files.Fit((3, 4, 4)))


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("limit, value", [("MAX_PIXELS", 100), ("MAX_BYTES", 10)])
def test_images_that_are_too_large(folder, tmp_path, monkeypatch, packed, limit, value):
    tiny.write_tar(tmp_path / "set.tar", folder)
    monkeypatch.setattr(image_files, limit, value)
    text = damaged_text("folder:set.tar" if packed else "folder:set", tmp_path)
    assert ".png has 16x16 px, more than the 100" in text or "bytes, more than the 10" in text


def test_a_file_of_gigabytes_is_not_read(folder, tmp_path):
    with open(folder / PLACE, "wb") as file:
        file.truncate(3 * 2**30)  # with holes, so it takes no room
    assert f"{folder / PLACE} has 3,221,225,472 bytes" in damaged_text("folder:set", tmp_path)


def test_a_file_that_grows_is_read_to_the_size_it_had(tmp_path, monkeypatch):
    path = tmp_path / "x.png"
    path.write_bytes(bytes(100))
    with sources.open_image(str(path)) as file:
        with open(path, "ab") as more:
            more.write(bytes(10_000))
        monkeypatch.setattr(os, "fstat", lambda _: os.stat_result((0,) * 6 + (100,) + (0,) * 3))
        assert len(sources._rest(file)) == 101


def test_a_text_chunk_that_unpacks_to_gigabytes(folder, tmp_path):
    whole = encoded(image("RGB"), "PNG")
    text = b"zTXt", b"XML:com.adobe.xmp\0\0" + zlib.compress(bytes(80 * 2**20))
    (folder / PLACE).write_bytes(whole[:33] + chunk(*text) + whole[33:])
    assert "cannot read the image" in damaged_text("folder:set", tmp_path)


def test_memory_that_is_not_there_is_named(folder, tmp_path, monkeypatch):
    found = datasets.load("folder:set", tmp_path)

    def refuse(*_, **__):
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory")

    monkeypatch.setattr("torch.empty", refuse)
    with pytest.raises(BenchError, match="GiB of memory: give a smaller --size"):
        _ = found.train
