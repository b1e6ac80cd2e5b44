"""An unsound file among the rows is left out and named with its cure; the exit code is 1."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
import torch

from benchmark.files import Unsound
from benchmark.rows import schema
from benchmark.rows.row import Point, Row
from benchmark.rows.store import Store
from support.kept import empty_store, keep, sample_of
from support.made_rows import seeds
from support.runs import NOISE
from support.spoilt import NEEDS, SPOILT, changed
from support.suite import ROOT


@pytest.fixture
def store(tmp_path) -> Store:
    """Three sound rows, of which the first is to be spoilt."""
    made = empty_store(tmp_path)
    for one in seeds(70.0, 72.0, 74.0):
        made.write(one)
    return made


def first(store: Store) -> Path:
    return sorted(store.runs.glob("*.json"))[0]


@pytest.mark.parametrize("how", SPOILT)
def test_an_unsound_file_is_left_out_and_named_with_its_cure(how, store, cli):
    if not hasattr(os, NEEDS.get(how, "name")):
        pytest.skip("this system has no such files")
    spoil, said = SPOILT[how]
    spoil(first(store))
    code, output, errors = cli("table")
    more = how in ("AppleDouble", "hidden", "copy", "twin")  # the row itself stays
    assert "72.00 ± 4.97 (3)" in output if more else "73.00 † (2)" in output
    assert code == 1 and errors.count("\n") == 1, errors
    assert errors.startswith(f"bench: left out: {store.runs}") and said in errors
    assert (len(errors) < 1000 and errors.isprintable()) or errors[:-1].isprintable()
    code, output, errors = cli("table", "--strict")
    assert (code, output) == (2, "") and said in errors and errors.count("\n") == 1


@pytest.mark.skipif(not hasattr(os, "geteuid") or not os.geteuid(), reason="root may read all")
def test_a_file_that_may_not_be_read_is_left_out(store, cli):
    first(store).chmod(0)
    code, output, errors = cli("table")
    assert code == 1 and "73.00 † (2)" in output and "Permission denied; take it" in errors


def test_a_file_that_goes_while_rows_are_read_is_no_trouble(store, monkeypatch, cli):
    """Another command may replace a row by one of another name."""
    seen = [first(store), store.runs / "x-gone.json"]
    monkeypatch.setattr(Path, "glob", lambda *_: seen)
    code, output, errors = cli("table", "--dataset", "digits")
    assert (code, errors) == (0, "") and "70.00 † (1)" in output


def test_where_no_file_is_sound_all_are_named_and_nothing_is_made(cli, tmp_path):
    store = empty_store(tmp_path)
    for name in ("a", "b"):
        (store.runs / f"{name}.json").write_text("")
    code, output, errors = cli("table", "-o", "out.md")
    assert code == 2 and output == "" and not (tmp_path / "out.md").exists()
    assert errors.count("left out") == 2 and "there are no rows" in errors


def test_of_two_rows_of_one_run_counts_the_one_under_its_own_name(store, cli):
    path = first(store)
    other = path.with_name(f"zzz-{path.stem.rpartition('-')[2]}.json")
    shutil.copy(path, other)
    changed(accuracy=10.0)(other)
    code, output, errors = cli("table")
    assert code == 1 and "72.00" in output and f"{other} and {path} hold the same" in errors
    path.rename(path.with_name(f"yyy-{path.stem.rpartition('-')[2]}.json"))  # now neither has it
    code, output, errors = cli("table")
    assert code == 1 and "73.00 † (2)" in output and errors.count("hold the same run") == 2


def test_a_row_of_another_run_under_the_name_of_this_one_is_no_row_of_it(store):
    mine, other = sorted(store.runs.glob("*.json"))[:2]
    run = mine.stem.rpartition("-")[2]
    shutil.copy(other, mine)
    with pytest.raises(Unsound, match=r"holds the run .*, not the one of its name"):
        store.find(run)


SAMPLES = {
    "no images": lambda one: one.pop("images"),
    "other labels": lambda one: one.update(labels=one["labels"][1:]),
    "float labels": lambda one: one.update(labels=one["labels"].float()),
    "float images": lambda one: one.update(images=one["images"].float()),
    "one label too high": lambda one: one["labels"].put_(torch.tensor([3]), torch.tensor([10])),
    "a label below zero": lambda one: one["labels"].put_(torch.tensor([3]), torch.tensor([-1])),
    "two channels": lambda one: one.update(images=one["images"].repeat(1, 2, 1, 1)),
    "no pixels": lambda one: one.update(images=one["images"][..., :0]),
    "rounds of fractions": lambda one: one.update(rounds=one["rounds"].float()),
    "rounds in a table": lambda one: one.update(
        {"rounds": one["rounds"][None], "log/loss": one["log/loss"][None]}
    ),
    "logged whole numbers": lambda one: one.update({"log/loss": one["log/loss"].long()}),
    "logged under an escape": lambda one: one.update({"log/a\x1b[2J": one.pop("log/loss")}),
    "logged under 101 names": lambda one: one.update(
        {f"log/{number}": one["log/loss"].clone() for number in range(100)}
    ),
    "a number more": lambda one: one.update({"log/loss": one["rounds"].float().repeat(2)}),
}


@pytest.mark.parametrize("how", SAMPLES)
def test_a_sample_of_another_form_under_its_hash_is_named(how, tmp_path):
    store, sample = empty_store(tmp_path), sample_of([1] * 10, loss=[1.0, 2.0])
    one = keep(store, sample)
    assert store.sample(one).keys() == sample.keys()
    SAMPLES[how](sample)
    one = store.write(one, {"sample": sample})
    with pytest.raises(Unsound, match=r"the sample .* has .*; run the cell again"):
        store.sample(one)


def test_every_field_that_a_run_writes_is_a_field_of_the_row(cli, tmp_path):
    assert cli(*NOISE)[0] == 0
    (path,) = (tmp_path / "results" / "runs").iterdir()
    content, known = json.loads(path.read_text()), {one.name for one in schema.fields_of(Row)}
    # left out where they have their default
    usual = {"arithmetic_in_id", "isolation", "defended_accuracy", "teacher_name"}
    assert known - content.keys() == usual and content.keys() - known == {"schema"}
    for point in content["curve"]:
        assert point.keys() == {one.name for one in schema.fields_of(Point)}


def test_every_committed_row_is_sound():
    for folder in ("results", "results/bfloat16"):
        assert len(Store(ROOT / folder).rows()) == len([*(ROOT / folder / "runs").iterdir()])
