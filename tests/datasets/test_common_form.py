"""The common form of a set's images: size, grey or colour, ground; and the notes on it."""

from __future__ import annotations

import io
import itertools

import numpy as np
import pytest
from PIL import Image

from benchmark import datasets
from benchmark.datasets import common_form, headers, viewing
from benchmark.datasets.images import opened
from benchmark.datasets.sources import Folder
from benchmark.errors import BenchError
from support import tiny_formats as tiny
from support.image_files import HEIGHT, WIDTH, encoded, four, image, look, write_set
from support.tiny_formats import assert_split, damaged_text


def load(tmp_path, files, **options):
    write_set(tmp_path / "set", files)
    return datasets.load(f"folder:{tmp_path / 'set'}", tmp_path, **options)


def glyphs(level: int, count: int = 4) -> dict[str, Image.Image]:
    """A set whose shapes are in the alpha channel alone, painted in one grey level."""
    files = {}
    for split, label, number in itertools.product(("train", "test"), (0, 1), range(count)):
        pixels = np.full((16, 16, 4), level, dtype=np.uint8)
        pixels[..., 3] = 0
        pixels[label * 8 : label * 8 + 8, :, 3] = 255
        files[f"{split}/{label}/{number}.png"] = Image.fromarray(pixels)
    return files


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("odd", ["train/apple/0000.png", "train/cat/0003.png", "test/cat/0001.png"])
def test_images_of_several_sizes_are_refused_without_a_size(tmp_path, odd, packed):
    folder = tiny.write_folder(tmp_path / "set")
    tiny.write_image(folder / odd, (64, 48))
    name = "folder:set"
    if packed:
        tiny.write_tar(tmp_path / "set.tar", folder)
        name = "folder:set.tar"
    text = damaged_text(name, tmp_path)
    assert f"images of 2 sizes (17 of 16x16, 1 of 64x48 as {odd})" in text
    assert "--size 16" in text
    sized = datasets.load(name, tmp_path, size=16)
    assert sized.shape == (3, 16, 16)
    assert_split(sized.train, 12, (3, 16, 16), [0, 1, 2])


def test_a_photograph_turned_by_its_exif_block_has_another_size(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    files = four("1.jpg", encoded(image("RGB"), "JPEG", exif=exif))
    with pytest.raises(BenchError, match=f"1 of {HEIGHT}x{WIDTH} as train/a/1.jpg"):
        load(tmp_path, files)


def test_many_sizes_are_named_in_part(tmp_path):
    files = {
        f"{s}/{c}/{n}.png": Image.new("L", (5 + n, 4))
        for s in ("train", "test")
        for c in "ab"
        for n in range(9)
    }
    with pytest.raises(BenchError) as caught:
        load(tmp_path, files)
    text = str(caught.value)
    assert "images of 9 sizes (4 of 5x4" in text and "and so on)" in text and len(text) < 500
    assert load(tmp_path, files, size=7).shape == (1, 7, 7)


def test_one_size_that_is_too_large_needs_a_size(tmp_path, monkeypatch):
    monkeypatch.setattr(common_form, "MAX_SIDE", 8)
    folder = tiny.write_folder(tmp_path / "set")
    assert "test/apple/0000.png, have 16x16 px" in damaged_text("folder:set", tmp_path)
    assert datasets.load(f"folder:{folder}", tmp_path, size=8).test.images.shape == (6, 3, 8, 8)


@pytest.mark.parametrize(
    "grey",
    [
        ["train/a/0.png"],
        ["train/b/3.png", "test/b/1.png"],
        ["test/a/0.png"],
        [f"train/{c}/{n}.png" for c in "ab" for n in range(4)],
    ],
)
def test_a_set_is_in_colour_if_one_image_is(tmp_path, grey):
    files = {
        f"{split}/{label}/{number}.png": image("RGB", seed=number)
        for split, count in (("train", 4), ("test", 2))
        for label in "ab"
        for number in range(count)
    }
    coloured = len(files) - len(grey)
    files |= {path: image("L", seed=5) for path in grey}
    found = load(tmp_path, files)
    assert found.shape == (3, HEIGHT, WIDTH)
    few = min(len(grey), coloured)
    assert len(found.notes) == 1 and found.notes[0].startswith(
        f"{few} image{'s' * (few > 1)} of 12"
    )
    assert ("grey, the others" in found.notes[0]) == (len(grey) <= coloured)
    split, label, number = grey[0].removesuffix(".png").split("/")
    row = "ab".index(label) * (4 if split == "train" else 2) + int(number)
    shown = getattr(found, split).images[row]
    np.testing.assert_array_equal(shown.numpy(), np.broadcast_to(image("L", 5), shown.shape))


def test_a_set_is_grey_if_all_images_are(tmp_path):
    files = {path: image("L") for path in four("1.png", b"")}
    files |= {
        "train/a/2.png": image("1"),
        "test/b/2.tif": image("I;16"),
        "train/b/2.png": image("L").convert("P"),
        "train/b/3.gif": image("L"),
    }
    found = load(tmp_path, files)
    assert found.shape == (1, HEIGHT, WIDTH) and found.test.is_grey
    assert found.notes == ("1 image has more than 8 bits a channel: scaled to 8 (test/b/2.tif)",)


def test_grey_images_kept_as_colour_are_colour_and_known_as_grey(tmp_path):
    files = {path: image("L", 3).convert("RGB") for path in four("1.png", b"")}
    found = load(tmp_path, files)
    assert found.shape == (3, HEIGHT, WIDTH) and found.notes == ()
    assert found.train.is_grey and found.test.is_grey
    files["train/a/1.png"].putpixel((3, 3), (9, 9, 8))
    assert not load(tmp_path, files).train.is_grey


@pytest.mark.parametrize(
    "level, ground", [(0, "white"), (255, "black"), (250, "black"), (128, "white")]
)
def test_shapes_in_the_alpha_channel_alone_are_seen(tmp_path, level, ground):
    found = load(tmp_path, glyphs(level))
    behind = {"white": 255, "black": 0}[ground]
    assert found.train.images.unique().tolist() == sorted({level, behind})
    lost = " (16 would show nothing before white)" if ground == "black" else ""
    assert found.notes == (f"16 images of 16 are partly transparent, shown before {ground}{lost}",)
    assert not (found.train.images.flatten(1) == found.train.images.flatten(1)[:, :1]).all(1).any()


def test_black_and_white_glyphs_in_one_set_are_both_seen(tmp_path):
    dark, light = glyphs(0), glyphs(255)
    files = {p: dark[p] if int(p[-5]) % 2 else light[p] for p in dark}
    found = load(tmp_path, files)
    assert found.train.images.unique().tolist() == [0, 128, 255]
    assert "shown before grey (8 would show nothing before white)" in found.notes[0]


def test_both_splits_have_one_ground(tmp_path):
    files = {
        p: picture.convert("RGB") if p.startswith("train") else picture
        for p, picture in glyphs(255).items()
    }
    found = load(tmp_path, files)
    assert found.test.images.unique().tolist() == [0, 255]
    files = {
        p: picture.convert("RGB") if p.startswith("test") else picture
        for p, picture in glyphs(255).items()
    }
    assert load(tmp_path, files).train.images.unique().tolist() == [0, 255]


def test_images_that_show_nothing_at_all_are_said(tmp_path):
    files = glyphs(0) | {"train/0/9.png": Image.new("RGBA", (16, 16), (9, 9, 9, 0))}
    assert load(tmp_path, files).notes[0].endswith("shown before white; 1 show nothing")


@pytest.mark.parametrize("seed", range(20))
def test_no_image_that_shows_something_is_blank_before_two_grounds(seed):
    rng = np.random.default_rng(seed)
    colour = rng.choice([0, 255, int(rng.integers(256))], (6, 6, 3)) * rng.integers(0, 2)
    alpha = rng.choice([0, 255, int(rng.integers(256))], (6, 6, 1))
    picture = Image.fromarray(np.concatenate([colour, alpha], axis=2).astype(np.uint8))
    uniform = {
        ground: len(viewing.on_ground(picture, ground).getcolors()) == 1
        for ground in viewing.GROUNDS
    }
    assert sum(uniform.values()) in (0, 1, 3)
    assert all(viewing.is_blank(picture, ground) for ground in uniform if uniform[ground])


def test_forced_shapes_say_nothing_of_colour(tmp_path):
    place = tiny.write_imagenet12(tmp_path)
    tiny.write_image(place / "train" / "apple" / "0000.JPEG", (90, 70), mode="L")
    assert datasets.load("imagenet12", tmp_path).notes == ()


@pytest.mark.parametrize(
    "kind, options",
    [
        ("JPEG", {}),
        ("JPEG", {"progressive": True}),
        ("JPEG", {"subsampling": 2, "quality": 5}),
        ("JPEG", {"icc_profile": b"x" * 70_000}),
        ("JPEG", {"comment": b"\xff\xc0 no frame"}),
        ("JPEG", {"restart_marker_blocks": 1}),
        ("JPEG", {"keep_rgb": True}),
        ("PNG", {}),
        ("PNG", {"optimize": True}),
        ("PNG", {"icc_profile": b"x" * 70_000}),
        ("PNG", {"dpi": (72, 72)}),
    ],
)
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_the_quick_look_sees_what_pillow_sees(kind, options, mode, tmp_path):
    data = encoded(image(mode), kind, **options)
    with opened(io.BytesIO(data), "x") as picture:
        assert headers.quick(data) == headers._header(picture)
    path = write_set(tmp_path, four(f"1.{kind.lower()}", data, image(mode)))
    source = Folder(str(path))
    entries = source.listing.tree["train"]["a"]
    assert [*source.headers(entries)] == [look(data)]


@pytest.mark.parametrize("cut", [2, 3, 11, 25, 40, 160])
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_header_cut_anywhere_is_refused_by_name(kind, cut):
    data = encoded(image("RGB"), kind)[:cut]
    assert headers.quick(data) is None
    if cut < 100:
        with pytest.raises(BenchError, match="cannot read the image some/file"):
            look(data, "some/file")


class Counting(io.BytesIO):
    """A file that knows how far it was read."""

    far = 0

    def read(self, count=-1):
        data = super().read(count)
        self.far = max(self.far, self.tell())
        return data


@pytest.mark.parametrize("options", [{}, {"icc_profile": b"x" * 70_000}, {"turn": 6}])
def test_of_a_large_photograph_only_the_beginning_is_read(options):
    exif = Image.Exif()
    exif[0x0112] = options.pop("turn", 1)
    noise = Image.fromarray(tiny.pixels(900, 800, 3))
    data = encoded(noise, "JPEG", quality=100, exif=exif, **options)
    file = Counting(data)
    turned = exif[0x0112] == 6
    assert headers.look(file, "x")[:2] == ((900, 800) if turned else (800, 900))
    assert file.far < 200_000 < 1_000_000 < len(data)
