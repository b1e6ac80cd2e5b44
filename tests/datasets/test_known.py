"""Facts on a split without decoding it: right after any change, and never in the way."""

from __future__ import annotations

import json
import os
import shutil
import time

import pytest

from benchmark import datasets
from benchmark.datasets import known
from support import tiny_formats as tiny

OLD = time.time() - 1000


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """The folder of facts, where a file counts as settled at once."""
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(known, "SETTLED", -1e9)
    return tmp_path / "cache"


@pytest.fixture
def folder(tmp_path):
    return tiny.write_folder(tmp_path / "set", mode="L", size=(8, 8), suffix=".bmp")


@pytest.fixture
def decoded(monkeypatch):
    """The splits that were decoded, in order."""
    names, read = [], datasets.Dataset._decoded

    def note(self, split):
        names.append(split)
        return read(self, split)

    monkeypatch.setattr(datasets.Dataset, "_decoded", note)
    return names


def facts(place, split: str = "train") -> known.Facts:
    return datasets.load(f"folder:{place}", place.parent).facts(split)


def truth(place, split: str = "train") -> str:
    return getattr(datasets.load(f"folder:{place}", place.parent), split).digest


@pytest.mark.parametrize("packed", [False, True])
def test_a_split_is_decoded_once_in_all_commands(packed, folder, cache, decoded, tmp_path):
    place = tiny.write_tar(tmp_path / "set.tar", folder) if packed else folder
    first = facts(place)
    assert decoded == ["train"] and first.counts == (4, 4, 4)
    assert facts(place) == first and decoded == ["train"]
    assert facts(place, "test").counts == (2, 2, 2) and decoded == ["train", "test"]
    assert first.digest == truth(place) and facts(place, "test").digest == truth(place, "test")


def test_a_folder_and_an_archive_of_it_are_the_same_data(folder, cache, tmp_path):
    tiny.write_tar(tmp_path / "packed.tar", folder)
    assert facts(folder) == facts(tmp_path / "packed.tar")


def test_what_was_decoded_for_use_is_not_decoded_again_and_counts_as_known(folder, cache, decoded):
    dataset = datasets.load(f"folder:{folder}")
    assert dataset.train_digest == dataset.train.digest and decoded == ["train", "train"]
    held = datasets.load(f"folder:{folder}")
    assert held.test.digest == held.test_digest and decoded == ["train", "train", "test"]
    assert datasets.load(f"folder:{folder}").test_digest and len(decoded) == 3


def swap_classes(folder):
    for old, new in (("apple", "x"), ("bear", "apple"), ("x", "bear")):
        (folder / "train" / old).rename(folder / "train" / new)


def swap_images(folder):
    one, other = (folder / "train" / name / "0000.bmp" for name in ("apple", "bear"))
    kept = one.read_bytes()
    for path, content in ((one, other.read_bytes()), (other, kept)):
        path.write_bytes(content)
        os.utime(path, (OLD, OLD))


def replace_by_a_file_of_the_same_size_and_time(folder):
    path = folder / "train" / "apple" / "0000.bmp"
    shutil.copy(folder / "train" / "bear" / "0000.bmp", folder / "new")
    os.utime(folder / "new", (OLD, OLD))
    (folder / "new").rename(path)


CHANGES = {
    "one more": lambda folder: tiny.write_image(
        folder / "train" / "apple" / "more.bmp", (8, 8), mode="L"
    ),
    "one less": lambda folder: (folder / "train" / "apple" / "0000.bmp").unlink(),
    "renamed": lambda folder: (folder / "train" / "apple" / "0000.bmp").rename(
        folder / "train" / "apple" / "zzzz.bmp"
    ),
    "class renamed": lambda folder: [
        (folder / split / "apple").rename(folder / split / "zoo") for split in ("train", "test")
    ],
    "classes swapped": swap_classes,
    "images swapped": swap_images,
    "replaced": replace_by_a_file_of_the_same_size_and_time,
}


@pytest.mark.parametrize("change", CHANGES)
def test_any_change_of_the_files_is_seen(change, folder, cache):
    for path in folder.rglob("*.bmp"):
        os.utime(path, (OLD, OLD))
    before, tests = facts(folder), facts(folder, "test")
    assert {path.stat().st_size for path in folder.rglob("*.bmp")} == {8 * 8 + 1078}
    CHANGES[change](folder)
    after = truth(folder)
    assert facts(folder).digest == after and before.digest != after
    assert change.startswith("class") or facts(folder, "test") == tests


def test_another_size_and_other_code_are_other_pixels(folder, cache, decoded, monkeypatch):
    one = datasets.load(f"folder:{folder}", size=4).train_digest
    assert one != facts(folder).digest and decoded == ["train", "train"]
    monkeypatch.setattr(known, "_decoder", lambda: "another version of a library")
    assert facts(folder).digest == truth(folder) and len(decoded) == 4


def test_files_that_are_too_young_or_change_meanwhile_are_not_known(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path / "cache"))
    facts(folder)
    assert not (tmp_path / "cache").exists()  # the next write could leave the same time stamps
    monkeypatch.setattr(known, "SETTLED", -1e9)
    dataset = datasets.load(f"folder:{folder}")
    read = dataset.read

    def slowly(split):
        found = read(split)
        tiny.write_image(folder / "train" / "apple" / "0000.bmp", (8, 8), mode="L", seed=99)
        return found

    object.__setattr__(dataset, "read", slowly)
    assert dataset.train_digest != truth(folder)
    assert not (tmp_path / "cache").exists() and facts(folder).digest == truth(folder)


DAMAGE = {
    "torn": lambda text: text[:40],
    "empty": lambda text: "",
    "list": lambda text: "[]",
    "no digest": lambda text: text.replace('"digest"', '"other"'),
    "short digest": lambda text: text.replace(json.loads(text)["digest"], "abc"),
    "counts": lambda text: json.dumps(json.loads(text) | {"counts": [-1, "2", True]}),
    "no counts": lambda text: json.dumps(json.loads(text) | {"counts": None}),
    "large": lambda text: text + " " * known.LIMIT,
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_file_of_facts_is_made_anew(damage, folder, cache, decoded):
    first = facts(folder)
    (path,) = cache.rglob("*.json")
    sound = path.read_text()
    path.write_text(DAMAGE[damage](sound))
    assert facts(folder) == first and decoded == ["train", "train"] and path.read_text() == sound


def test_a_cache_that_cannot_be_written_is_no_fault(folder, cache, decoded):
    cache.write_text("a file is here")
    assert facts(folder) == facts(folder) and decoded == ["train", "train"]


def test_the_well_known_sets_are_known_too(cache, decoded, tmp_path, monkeypatch):
    tiny.accept_any_checksum(monkeypatch)
    tiny.write_mnist(tmp_path, 20)
    first = datasets.load("mnist", tmp_path)
    assert first.facts("train") == datasets.load("mnist", tmp_path).facts("train")
    assert decoded == ["train"] and sum(first.facts("train").counts) == 20
    assert first.training_id == "" and len(first.train_digest) == 64
    shutil.rmtree(tmp_path / "MNIST")
    tiny.write_mnist(tmp_path, 30)
    assert sum(datasets.load("mnist", tmp_path).facts("train").counts) == 30
