"""Tar archives of any layout are read without unpacking; damaged and hostile ones are refused."""

from __future__ import annotations

import bz2
import gzip
import lzma
import tarfile
from pathlib import Path

import pytest

from benchmark import datasets
from benchmark.datasets import archives
from benchmark.errors import BenchError
from support import tiny_formats as tiny
from support.image_files import encoded, image
from support.tiny_formats import damaged_text

SUFFIXES = [".tar", ".tar.gz", ".tar.xz", ".tar.bz2"]


@pytest.fixture
def folder(tmp_path) -> Path:
    return tiny.write_folder(tmp_path / "set")


def header(name: str, size: int, kind: bytes = tarfile.REGTYPE) -> bytes:
    """The block before a member, whatever size it claims."""
    member = tarfile.TarInfo(name)
    member.size, member.type = size, kind
    return member.tobuf(tarfile.GNU_FORMAT)


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize(
    "prefix, folders", [("", True), ("./", False), ("a/b/", True), ("/", False), ("/tmp/x/", True)]
)
def test_archive_equals_its_folder(tmp_path, suffix, prefix, folders):
    folder = tiny.write_folder(tmp_path / "set", test_name="val")
    tiny.write_tar(tmp_path / f"my.set{suffix}", folder, prefix, folders)
    plain = datasets.load("folder:set", tmp_path)
    packed = datasets.load(f"folder:my.set{suffix}", tmp_path)
    assert packed.name == "folder:my.set" and packed.notes == ()
    assert (packed.shape, packed.classes) == (plain.shape, plain.classes)
    assert packed.train.digest == plain.train.digest
    assert packed.test.digest == plain.test.digest
    assert plain.test.digest != plain.train.digest


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
@pytest.mark.parametrize("label", ["x" * 98, "y" * 200, "猫" * 40])
def test_long_names_in_every_form_of_tar(tmp_path, form, label):
    if form == tarfile.USTAR_FORMAT and len(label.encode()) > 98:
        pytest.skip("this form has no such names")
    folder = tiny.write_folder(tmp_path / "set", classes=(label[:80], "other"))
    with tarfile.open(tmp_path / "set.tar.gz", "w:gz", format=form) as archive:
        archive.add(folder, "top/" + label[:60])
    packed = datasets.load("folder:set.tar.gz", tmp_path)
    assert packed.train.digest == datasets.load("folder:set", tmp_path).train.digest


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("share", [0.01, 0.3, 0.66, 0.8])
def test_an_archive_cut_short(folder, tmp_path, suffix, share):
    place = tiny.write_tar(tmp_path / f"set{suffix}", folder)
    place.write_bytes(place.read_bytes()[: int(place.stat().st_size * share)])
    assert f"cannot read {place} as a tar archive" in damaged_text(f"folder:set{suffix}", tmp_path)


def test_an_archive_cut_between_two_members(folder, tmp_path):
    place = tiny.write_tar(tmp_path / "set.tar", folder)
    with tarfile.open(place) as archive:
        last = archive.getmembers()[-1]
    place.write_bytes(place.read_bytes()[: last.offset])
    assert "ends without its closing zeros" in damaged_text("folder:set.tar", tmp_path)


def test_an_archive_broken_in_the_middle(folder, tmp_path):
    place = tiny.write_tar(tmp_path / "set.tar", folder)
    with tarfile.open(place) as archive:
        some = archive.getmembers()[9]
    data = bytearray(place.read_bytes())
    data[some.offset + 150] ^= 1  # in the checksum of its header
    place.write_bytes(data)
    assert "ends without its closing zeros" in damaged_text("folder:set.tar", tmp_path)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_an_archive_that_changed_after_it_was_listed(folder, tmp_path, suffix):
    place = tiny.write_tar(tmp_path / f"set{suffix}", folder)
    found = datasets.load(f"folder:{place}", tmp_path)
    place.write_bytes(place.read_bytes()[:600])
    with pytest.raises(BenchError, match="cannot read"):
        _ = found.train
    place.unlink()
    with pytest.raises(BenchError, match="No such file"):
        _ = found.test


NO_ARCHIVES = {
    "empty": b"",
    "zeros": bytes(100),
    "letters": b"x" * 2000,
    "packed words": gzip.compress(b"no tar"),
    "packed zeros": gzip.compress(bytes(2000)),
    "xz of zeros": lzma.compress(bytes(100)),
}


@pytest.mark.parametrize("content", NO_ARCHIVES.values(), ids=NO_ARCHIVES)  # gzip holds the time
def test_what_is_no_archive_of_images(tmp_path, content):
    (tmp_path / "set.tar").write_bytes(content)
    text = damaged_text("folder:set.tar", tmp_path)
    assert str(tmp_path / "set.tar") in text
    assert "as a tar archive" in text or "no class folders in train/" in text


@pytest.mark.parametrize(
    "kind, shown",
    [
        (tarfile.SYMTYPE, "a link to /etc/passwd"),
        (tarfile.LNKTYPE, "a link to /etc/passwd"),
        (tarfile.FIFOTYPE, "a FIFO"),
        (tarfile.CHRTYPE, "a device"),
        (tarfile.BLKTYPE, "a device"),
        (b"Z", "of an unknown type"),
    ],
)
def test_members_that_are_no_plain_files(folder, tmp_path, kind, shown):
    place = tiny.write_tar(tmp_path / "set.tar", folder)
    tiny.add_member(place, "train/cat/9999.png", kind=kind, link="/etc/passwd")
    text = damaged_text("folder:set.tar", tmp_path)
    assert f"{place}: train/cat/9999.png is {shown}, not a plain file" in text


@pytest.mark.parametrize("name", ["../train/cat/0.png", "train/cat/../../../x.png", "a/../b"])
def test_names_that_climb(folder, tmp_path, name):
    place = tiny.write_tar(tmp_path / "set.tar", folder)
    tiny.add_member(place, name)
    assert f"{place}: {name} climbs out of the archive" in damaged_text("folder:set.tar", tmp_path)


def test_of_two_members_with_one_name_the_later_counts_and_is_said(folder, tmp_path):
    place = tiny.write_tar(tmp_path / "set.tar", folder)
    tiny.add_member(place, "train/cat/0001.png", encoded(image("L").resize((16, 16)), "PNG"))
    found = datasets.load("folder:set.tar", tmp_path)
    assert found.notes[0] == ("1 name more than once: the last file counts (train/cat/0001.png)")
    assert "1 image of 18 is grey" in found.notes[1]
    shown = found.train.images[9]
    assert shown[0].equal(shown[1]) and len(found.train.labels) == 12


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.XGLTYPE])
def test_a_header_of_gigabytes_is_not_read(tmp_path, kind):
    (tmp_path / "set.tar").write_bytes(header("x", 1_500_000_000, kind) + bytes(2048))
    text = damaged_text("folder:set.tar", tmp_path)
    assert "has a header that claims 1,500,000," in text


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_an_image_of_gigabytes_is_not_unpacked(folder, tmp_path, suffix):
    place = tmp_path / f"set{suffix}"
    head = header("train/cat/0.png", 3 * 2**30) + bytes(4096)
    pack = {".tar": bytes, ".tar.gz": gzip.compress, ".tar.xz": lzma.compress}.get(suffix)
    place.write_bytes((pack or bz2.compress)(head))
    text = damaged_text(f"folder:set{suffix}", tmp_path)
    assert "train/cat/0.png" in text and "3,221,225" in text


@pytest.mark.parametrize("name", ["notes.bin", "train/cat/padding.bin"])
def test_a_compressed_archive_that_unpacks_to_gigabytes(folder, tmp_path, monkeypatch, name):
    monkeypatch.setattr(archives, "UNPACKED", 2**20)
    monkeypatch.setattr(archives, "RATIO", 1)
    plain = tiny.write_tar(tmp_path / "plain.tar", folder)
    tiny.add_member(plain, name, bytes(3 * 2**20))
    packed = tmp_path / "set.tar.xz"
    packed.write_bytes(lzma.compress(plain.read_bytes()))
    text = damaged_text("folder:set.tar.xz", tmp_path)
    assert f"{name}: the archive unpacks to 3," in text and "allowed: 1,048,576" in text
    assert len(datasets.load("folder:plain.tar", tmp_path).train.labels) == 12


def test_a_compressed_archive_of_a_million_empty_members(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "UNPACKED", 2**20)
    monkeypatch.setattr(archives, "RATIO", 1)
    (tmp_path / "set.tar.gz").write_bytes(gzip.compress(header("x", 0) * 4000))
    assert "unpacks to 1,049,088 bytes and more" in damaged_text("folder:set.tar.gz", tmp_path)


@pytest.mark.parametrize("size", [-1, -512, -1024, -(2**40)])
def test_members_of_negative_size(tmp_path, size):
    block = bytearray(header("train/cat/0.png", 0))
    block[124:136] = size.to_bytes(12, "big", signed=True)
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    (tmp_path / "set.tar").write_bytes(header("x", 0) + block + bytes(2048))
    assert "as a tar archive" in damaged_text("folder:set.tar", tmp_path)


@pytest.mark.parametrize(
    "content, kind",
    [(b"PK\3\4", "zip"), (b"(\xb5/\xfd", "zstd"), (b"7z\xbc\xaf", "7z"), (b"Rar!", "rar")],
)
def test_archives_of_other_kinds_are_named(tmp_path, content, kind):
    (tmp_path / "set.tar").write_bytes(content + bytes(600))
    text = damaged_text("folder:set.tar", tmp_path)
    assert f"set.tar is a {kind} archive: unpack it and give the folder" in text


def test_headers_within_headers_without_an_end(tmp_path):
    (tmp_path / "set.tar").write_bytes(header("x", 0, tarfile.XHDTYPE) * 5000 + bytes(1024))
    assert "as a tar archive" in damaged_text("folder:set.tar", tmp_path)


def test_members_are_read_in_the_order_of_the_archive(folder, tmp_path):
    archive = archives.Archive(str(tiny.write_tar(tmp_path / "set.tar.xz", folder)))
    entries = sorted(e for some in archive.listing.tree["train"].values() for e in some)
    assert all(isinstance(entry.handle, archives.Member) for entry in entries)
    order = [position for position, _ in archive.read(entries)]
    assert order == list(range(11, -1, -1)), "as written, from the last name to the first"
