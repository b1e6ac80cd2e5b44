"""Which files of a folder or archive are images of a set; whatever is not is counted and said."""

from __future__ import annotations

import os
import shutil
import unicodedata
from pathlib import Path

import pytest
from PIL import Image

from benchmark import datasets
from benchmark.datasets import images, listing
from benchmark.errors import BenchError
from support import tiny_formats as tiny
from support.image_files import encoded, four, image, write_set
from support.tiny_formats import damaged_text

FORMATS = {
    "JPEG": ".jpg .jpeg .jpe .jfif .jif .JPG .JPEG .Jpg",
    "PNG": ".png .PNG .apng",
    "TIFF": ".tif .tiff .TIF",
    "BMP": ".bmp .BMP",
    "DIB": ".dib",
    "GIF": ".gif .GIF",
    "PPM": ".ppm .pgm .pnm",
    "WEBP": ".webp",
    "JPEG2000": ".jp2 .j2k",
    "MPO": ".mpo",
    "QOI": ".qoi",
    "AVIF": ".avif",
}
ENDINGS = [(kind, suffix) for kind, some in FORMATS.items() for suffix in some.split()]


@pytest.fixture(params=["folder", "archive"])
def load(request, tmp_path):
    """Load the folder ``set``, or an archive of it; both must say the same."""

    def loaded(**options):
        name = "folder:set"
        if request.param == "archive":
            tiny.write_tar(tmp_path / "set.tar", tmp_path / "set")
            name = "folder:set.tar"
        return datasets.load(name, tmp_path, **options)

    return loaded


@pytest.fixture
def folder(tmp_path) -> Path:
    return tiny.write_folder(tmp_path / "set")


@pytest.mark.parametrize("kind, suffix", ENDINGS)
def test_an_image_may_have_any_ending_of_its_kind(tmp_path, kind, suffix):
    Image.init()
    if kind not in Image.SAVE:
        pytest.skip(f"this Pillow writes no {kind}")
    write_set(tmp_path / "set", four(f"1{suffix}", encoded(image("RGB"), kind)))
    found = datasets.load("folder:set", tmp_path)
    assert len(found.train.labels) == 2 and found.notes == ()


def test_the_endings_are_those_that_pillow_knows():
    Image.init()
    formats = {*images._FORMATS, "MPO"}
    known = {suffix for suffix, kind in Image.registered_extensions().items() if kind in formats}
    assert known <= images.SUFFIXES, "an ending of a format that is read"
    assert {".jif", ".avif", ".avifs"} >= images.SUFFIXES - known, "an ending of no format"
    assert not images.SUFFIXES & images.UNREAD


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "BMP", "TIFF", "PPM"])
@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp"])
def test_the_content_counts_and_not_the_ending(tmp_path, kind, suffix):
    data = encoded(image("RGB"), kind)
    write_set(tmp_path / "right", four(f"1.{kind.lower()}", data))
    write_set(tmp_path / "wrong", four(f"1{suffix}", data))
    right, wrong = (datasets.load(f"folder:{name}", tmp_path) for name in ("right", "wrong"))
    assert right.train.digest == wrong.train.digest


@pytest.mark.parametrize(
    "name, why",
    [
        ("._0000.png", "hidden or of the desktop"),
        (".DS_Store", "hidden or of the desktop"),
        (".0000.png", "hidden or of the desktop"),
        ("Thumbs.db", "hidden or of the desktop"),
        ("desktop.ini", "hidden or of the desktop"),
        (".ipynb_checkpoints/0000.png", "hidden or of"),
        ("__MACOSX/0000.png", "hidden or of the desktop"),
        ("notes.txt", "ending in .txt"),
        ("0000.xml", "ending in .xml"),
        ("0000", "without an ending"),
        ("0000.png.part", "in .part"),
        ("more.tar.gz", "ending in .gz"),
        ("more.zip", "ending in .zip"),
        ("0000.npy", "in .npy"),
        ("clip.mp4", "ending in .mp4"),
        ("0000.png~", "ending in .png~"),
        ("a.PDF", "ending in .pdf"),
        ("../0000.png", "in no class folder"),
        ("../labels.csv", "ending in .csv"),
        ("../.hidden/0000.png", "hidden or of the desktop"),
    ],
)
def test_whatever_is_left_out_is_said(folder, load, name, why):
    digest = datasets.load(f"folder:{folder}").train.digest
    path = folder / "train" / "cat" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"x")
    found = load()
    assert found.train.digest == digest
    shown = path.resolve().relative_to(folder.resolve())
    assert len(found.notes) == 1 and why in found.notes[0]
    assert found.notes[0].startswith("1 file left out: 1 ")
    assert found.notes[0].endswith(f"({shown})")


def test_what_is_left_out_is_counted_by_kind(folder, load):
    for number in range(3):
        (folder / "train" / "cat" / f"{number}.txt").write_text("")
        (folder / "test" / "cat" / f"._{number}").write_text("")
    for suffix in ("a", "b", "c", "d", "e"):
        (folder / "train" / "bear" / f"x.{suffix}").write_text("")
    (note,) = load().notes
    assert note == (
        "11 files left out: 3 ending in .txt, 3 hidden or of the desktop, 1 ending in .a, "
        "1 ending in .b, 1 ending in .c and others (train/cat/0.txt)"
    )


@pytest.mark.parametrize(
    "suffix",
    [".heic", ".HEIF", ".svg", ".psd", ".tga", ".ico", ".dng", ".jxl", ".eps", ".exr", ".dcm"],
)
def test_images_that_nobody_here_can_read_are_refused(folder, load, suffix):
    (folder / "train" / "cat" / f"9{suffix}").write_bytes(b"x")
    with pytest.raises(BenchError, match=f"1 {suffix.lower()}, as train/cat/9{suffix}") as caught:
        load()
    assert "convert them to PNG or JPEG" in str(caught.value)


def test_folders_in_class_folders_are_read_and_said(folder, load):
    plain = datasets.load(f"folder:{folder}").train.digest
    for number, place in enumerate(["cat/images", "cat/one/two", "bear/images"]):
        inner = folder / "train" / place
        inner.mkdir(parents=True)
        shutil.move(folder / "train" / place.split("/")[0] / f"000{number}.png", inner)
    found = load()
    assert found.notes == (
        "3 images in a folder inside a class folder, read as of that class "
        "(train/bear/images/0002.png)",
    )
    assert sorted(found.train.labels.tolist()) == [0] * 4 + [1] * 4 + [2] * 4
    assert found.train.digest != plain  # in another order
    assert found.train.images.sort(0)[0].equal(
        datasets.load(f"folder:{folder}").train.images.sort(0)[0]
    )


def test_a_folder_with_the_name_of_an_image_is_refused(folder, load):
    (folder / "train" / "cat" / "9.png").mkdir()
    with pytest.raises(BenchError, match=r"train/cat/9\.png is a folder with the name of an image"):
        load()


def test_other_splits_and_folders_are_said(folder, load):
    shutil.copytree(folder / "test", folder / "val")
    shutil.copytree(folder / "test", folder / "extra")
    (folder / "README").write_text("x")
    assert load().notes == ("not read: extra/, val/",)


def test_classes_without_test_images_are_said(folder, load):
    shutil.rmtree(folder / "test" / "bear")
    found = load()
    assert found.notes == ("test/ has no images of 1 of the classes (bear)",)
    assert set(found.test.labels.tolist()) == {0, 2}


def test_one_class_is_no_set(tmp_path):
    tiny.write_folder(tmp_path / "set", classes=("only",))
    assert "has one class only (only)" in damaged_text("folder:set", tmp_path)


@pytest.mark.parametrize(
    "label",
    [
        "a,b",
        "a b",
        " a",
        "été",
        "猫",
        "кот",
        "🐈",
        "a'b\"c",
        "a%b",
        "[a]",
        "-a",
        "train",
        "test",
        "a" * 200,
    ],
)
def test_names_of_any_kind(tmp_path, label, monkeypatch):
    root = tmp_path / f"my {label}"
    folder = tiny.write_folder(root, classes=(label, "other"))
    (folder / "train" / label / "0000.png").rename(folder / "train" / label / f"x,{label[:60]}.png")
    for name in (f"folder:{root}", f"folder:my {label}"):
        found = datasets.load(name, tmp_path)
        assert found.classes == tuple(sorted((label, "other")))
        assert len(found.train.labels) == 8 and found.name == f"folder:my {label}"
    packed = tiny.write_tar(tmp_path / f"{label[:60]},x.tar", folder)
    assert datasets.load(f"folder:{packed}", tmp_path).train.digest == found.train.digest


def test_a_letter_written_in_two_ways_is_one_class(folder, load, tmp_path):
    one, two = (unicodedata.normalize(form, "é") for form in ("NFC", "NFD"))
    (folder / "train" / "cat").rename(folder / "train" / one)
    (folder / "test" / "cat").rename(folder / "test" / two)
    assert load().classes == ("apple", "bear", "é")
    shutil.copytree(folder / "train" / one, folder / "train" / two)
    (tmp_path / "set.tar").unlink(missing_ok=True)
    with pytest.raises(BenchError, match="differ only in how their letters are encoded"):
        load()


@pytest.mark.parametrize("above", ["", "set", "a/b", "test", "train"])
def test_a_folder_around_the_splits_is_found_in_archives(tmp_path, above):
    folder = tiny.write_folder(tmp_path / "plain")
    shutil.copytree(folder, tmp_path / "outer" / above, dirs_exist_ok=True)
    packed = tiny.write_tar(tmp_path / "packed.tar", tmp_path / "outer")
    found = datasets.load(f"folder:{packed}", tmp_path)
    assert found.train.digest == datasets.load(f"folder:{folder}", tmp_path).train.digest
    assert found.notes == ()


@pytest.mark.parametrize("names", [("Train", "Test"), ("training", "testing"), ("a", "b")])
def test_folders_of_other_names_are_named(tmp_path, names):
    folder = tiny.write_folder(tmp_path / "set")
    for old, new in zip(("train", "test"), names, strict=True):
        (folder / old).rename(folder / f"{new}-")
    text = damaged_text("folder:set", tmp_path)
    there = ", ".join(f"{name}-/" for name in sorted(names))
    assert f"no class folders in train/ (there is {there})" in text


def test_a_folder_around_the_splits_is_named(tmp_path):
    tiny.write_folder(tmp_path / "outer" / "my set")
    text = damaged_text("folder:outer", tmp_path)
    assert f"give folder:{os.path.join('outer', 'my set')}" in text


def test_two_sets_in_one_archive_are_refused(tmp_path):
    tiny.write_folder(tmp_path / "outer" / "one")
    tiny.write_folder(tmp_path / "outer" / "two", test_name="val")
    tiny.write_tar(tmp_path / "both.tar", tmp_path / "outer")
    assert "holds several sets (one and two)" in damaged_text("folder:both.tar", tmp_path)
    shutil.rmtree(tmp_path / "outer" / "two" / "val")
    tiny.write_tar(tmp_path / "part.tar", tmp_path / "outer")
    assert "holds several sets (one and two)" in damaged_text("folder:part.tar", tmp_path)


def test_root_of_nothing_is_the_top():
    assert listing.root_of([], "x") == () == listing.root_of([("a", "b.png")], "x")
