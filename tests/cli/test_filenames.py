"""Names of sets and of files: any script, any length, every file system."""

from __future__ import annotations

import contextlib
import itertools
import os
import unicodedata
from dataclasses import replace

import pytest

from benchmark import filenames, text
from benchmark.datasets import load
from benchmark.pictures import figures, saving
from support.kept import empty_store, keep, sample_of
from support.made_rows import ROW, seeds
from support.runs import rows
from support.tiny_formats import write_folder, write_tar

NFD = unicodedata.normalize("NFD", "café")
# Names that people give folders, in groups that a careless fold makes one name of.
FOLDERS = (
    "my set",
    "my-set",
    "my  set",
    "my+set",
    "my_set",
    "my.set",
    "my set ",
    " my set",
    "My Set",
    "数据",
    "图片",
    "данные",
    "صور",
    "תמונות",
    "ข้อมูล",
    "हिन्दी",
    "हनद",
    "e\u0301\u0323",
    "café",
    "cafe",
    "CAFÉ",
    "straße",
    "strasse",
    "ﬁle",
    "file",
    "İ",
    "i",
    "😀",
    "😃",
    "...",
    "..a",
    "👩\u200d👧",
    "👩👧",
    "-rf",
    "--help",
    "~",
    "con",
    "CON",
    "con.x",
    "nul.tar",
    "Lpt1",
    "a" * 255,
    "a" * 254 + "b",
    "图" * 85,
    "图" * 84 + "片",
    "a:b",
    "a*b",
    "a|b",
    "a`b",
    "a\nb",
    "a\tb",
    "\u202eb",
    "x\udcff",
    "%",
    "$HOME",
    "'",
    '"',
    ",",
    "#",
    "\\",
    "A",
    "a",
)


def is_safe(name: str) -> bool:
    """A name that every common file system takes, and that means nothing to a shell or to them."""
    return (
        len(name.encode()) <= filenames.LIMIT
        and name == unicodedata.normalize("NFC", name)
        and not name.startswith((".", "-", "~"))
        and not name.endswith((".", " "))
        and name.split(".")[0].casefold() not in filenames.RESERVED
        and not any(c in '/\\:*?"<>|%$ \n\t' or unicodedata.category(c)[0] == "C" for c in name)
    )


@pytest.mark.parametrize("name", FOLDERS, ids=ascii)
def test_any_folders_name_makes_a_safe_name(name):
    for made in (filenames.unique([name]), filenames.unique(["folder", name, "lenet"])):
        assert is_safe(made)
    assert is_safe(replace(ROW, dataset=f"folder:{name}").file_stem.removesuffix(f"-{ROW.id}"))


def test_no_two_names_are_one_even_where_large_and_small_letters_are():
    made = [filenames.unique(["folder", name]) for name in FOLDERS]
    folded = {unicodedata.normalize("NFD", one).casefold() for one in made}
    assert len(set(made)) == len(folded) == len(FOLDERS)


@pytest.mark.parametrize("name", ["digits", "tiny-imagenet", "my.set", "my_set-2", "数据", "हिन्दी"])
def test_what_needs_no_change_has_no_digest(name):
    assert filenames.unique([name]) == name
    assert filenames.unique(["c", name, "lenet"]) == f"c-{name}-lenet"


def test_two_forms_of_a_letter_are_one_name():
    assert NFD != "café"
    assert filenames.unique([NFD]) == filenames.unique(["café"]) == "café"


def test_words_are_cut_where_they_are_longest_and_between_letters():
    assert filenames.joined(["a" * 9, "bb", "c" * 5], 12) == "aaaa-bb-cccc"
    assert filenames.joined(["图" * 9, "bb"], 10) == "图图-bb"
    assert filenames.joined(["a", "b"], 3) == "a-b" and filenames.joined([]) == ""


def test_what_a_machine_cannot_write_is_ascii_there(monkeypatch):
    def encode(name: str) -> bytes:
        return name.encode("latin-1")

    monkeypatch.setattr(os, "fsencode", encode)
    assert filenames.readable(["数据", "lenet"]) == "lenet"
    assert filenames.readable(["café"]) == "café"
    assert filenames.unique(["数据"]) != filenames.unique(["图片"])


@pytest.mark.parametrize("long", ["dataset", "teacher", "student", "method", "variant"])
def test_files_of_rows_stay_short_and_readable(long):
    made = replace(ROW, **{long: "x" * 255}).file_stem
    assert len(made) <= filenames.LIMIT + 13 and made.endswith("-500-0-0123456789ab")
    everything = dict.fromkeys(("dataset", "teacher", "student", "method", "variant"), "x" * 255)
    made = replace(ROW, **everything).file_stem
    assert len(made) <= filenames.LIMIT + 13 and made.endswith("-500-0-0123456789ab")


def test_a_row_and_what_was_kept_with_it_are_found_under_an_older_name(tmp_path):
    store = empty_store(tmp_path)
    row = keep(store, sample_of([2, 1]), dataset="folder:" + "图" * 80)
    for kind in ("runs", "students", "samples"):
        (path,) = (store.root / kind).iterdir()
        path.rename(path.with_name(f"folder_-lenet-{row.id}{path.suffix}"))
    assert store.find(row.id).dataset == row.dataset
    assert store.has_student(row) and store.holds(row, "student", "sample")
    again = replace(row, accuracy=60.0)
    store.write(again, {"student": store.student(row), "sample": store.sample(row)})
    assert [len(list((store.root / kind).iterdir())) for kind in ("runs", "students")] == [1, 1]
    assert store.holds(store.rows()[0], "student", "sample")


@pytest.mark.parametrize(
    "name",
    ["L" * 200, "图" * 80, "con", "a b\n|c", "x\udcff"],
    ids=["long", "long-han", "con", "signs", "no-utf8"],
)
def test_a_set_of_any_name_ends_with_a_row(name, cli, tmp_path):
    write_folder(tmp_path / "data" / name, mode="L", size=(12, 12))
    of = ("--dataset", f"folder:{name}", "--device", "cpu")
    assert cli("teacher", "train", *of, "--architecture", "lenet", "--epochs", 1)[0] in (0, 1)
    run = ("run", "--methods", "random-generator", *of, "--teacher", "lenet", "--student", "lenet")
    more = ("--budget", 50, "--set", "random-generator.batch=25", "--seeds", 0)
    code, output, errors = cli(*run, *more, "--allow-weak-teacher")
    assert (code, errors) == (0, "") and "training one" not in output
    (row,) = rows(tmp_path / "results")
    assert row.dataset == f"folder:{text.line(name)}" and len(row.train_digest) == 64
    files = [path.name for path in tmp_path.rglob("*") if path.suffix in (".json", ".safetensors")]
    assert len(files) == 5  # row, student, sample, teacher and card
    assert max(len(file.encode()) for file in files) <= 130
    assert cli("table", "--dataset", row.dataset)[0] == 0


def test_a_symbolic_link_is_called_by_its_own_name(tmp_path):
    write_folder(tmp_path / "set")
    (tmp_path / "linked").symlink_to("set")
    one, other = (load(f"folder:{name}", tmp_path) for name in ("set", "linked"))
    assert (one.name, other.name) == ("folder:set", "folder:linked")
    assert load("folder:linked/../set/.", tmp_path).name == "folder:set"
    assert (one.train_digest, one.test_digest) == (other.train_digest, other.test_digest)


NAMED = {
    "a.tar.gz": "a",
    "a.b.tar": "a.b",
    ".tar.xz": "unnamed",
    "a.txz": "a",
    "\u202e.tar": "unnamed",
    f"{NFD}.tbz2": "café",
    "a\nb.tar": "a b",
    "\udcff.tar": "unnamed",
}


@pytest.mark.parametrize("file", NAMED, ids=ascii)
def test_an_archive_is_called_by_its_name_without_the_ending(file, tmp_path):
    write_tar(tmp_path / "x.tar", write_folder(tmp_path / "set")).rename(tmp_path / file)
    assert load(f"folder:{file}", tmp_path).name == f"folder:{NAMED[file]}"


@pytest.fixture
def unsaved(monkeypatch):
    """Pictures are named and not drawn; the fixture is the list of their files."""
    written = []
    monkeypatch.setattr(figures.drawing, "style", lambda *_: contextlib.nullcontext())
    monkeypatch.setattr(figures, "_figure", lambda panels, title: None)
    monkeypatch.setattr(saving, "write", lambda figure, path, rows: written.append(path))
    return written


def test_every_setting_has_a_picture_of_its_own(unsaved, tmp_path):
    sets = [f"folder:{name}" for name in FOLDERS if len(name) < 200]
    shown = [row for name in sets for row in seeds(50, dataset=name)]
    shown += [row for sha in "bc" for row in seeds(50, teacher_sha=sha * 64)]
    shown += [row for sha in "bc" for row in seeds(50, dataset="folder:x", train_digest=sha * 64)]
    assert figures.curves(shown, tmp_path / "my c.png") == unsaved
    named = [path.name for path in unsaved]
    assert len({name.casefold() for name in named}) == len(sets) + 4 == len(unsaved)
    assert all(name.startswith("my c-") and len(name.encode()) < 130 for name in named)
    assert {path.parent for path in unsaved} == {tmp_path}
    one = [row for row in shown if row.dataset == "folder:my-set"]
    assert figures.curves(one, tmp_path / "my c.png") == [tmp_path / "my c.png"]


def test_pictures_of_words_with_their_dashes_elsewhere_are_two(unsaved, tmp_path):
    twins = [
        {"dataset": "folder:a-lenet", "teacher": "b"},
        {"dataset": "folder:a", "teacher": "lenet-b"},
    ]
    figures.curves([row for of in twins for row in seeds(50, **of)], tmp_path / "c.png")
    assert len(set(unsaved)) == 2


def test_a_long_name_of_ones_own_leaves_room_for_the_setting(unsaved, tmp_path):
    shown = [row for name in ("mnist", "digits") for row in seeds(50, dataset=name)]
    for letter in "xy":
        figures.curves(shown, tmp_path / f"{'图' * 80}{letter}.png")
    assert len(set(unsaved)) == 4 and max(len(path.name.encode()) for path in unsaved) < 255


def test_all_pairs_of_words_differ():
    pairs = list(itertools.product(("a", "a b", "A"), ("x", "x y", "X")))
    assert len({filenames.unique(pair).casefold() for pair in pairs}) == len(pairs)
