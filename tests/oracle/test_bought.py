"""The file of a run's purchases: written records are read back, damaged ones are named."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmark.files import StoreError, Unsound
from benchmark.oracle.bought import Bought, Form, Pages
from benchmark.oracle.bought.form import HEADER
from support.disks import Full

FORM = Form("abcdef012345", (3, 4, 5), 0, 8, 40, seed=7)
BATCH = 10


class Queries:
    """Random queries of a form and their answers."""

    def __init__(self, form: Form) -> None:
        drawn = np.random.default_rng(1)
        shape = (form.budget, *form.shape)
        self.images = drawn.integers(0, 256, shape, dtype=np.uint8)
        if form.bits == 32:
            self.images = drawn.random(shape, dtype=np.float32)
        self.hashes = drawn.integers(-(2**62), 2**62, form.budget)
        self.labels = drawn.integers(0, 10, form.budget).astype(np.int32)
        self.answers = drawn.random((form.budget, form.answers), dtype=np.float32)

    def enter(self, bought: Bought, first: int, last: int) -> None:
        for at in range(first, last, BATCH):
            part = slice(at, min(at + BATCH, last))
            told = self.answers[part] if bought.form.answers else None
            known = self.images[part], self.hashes[part], self.labels[part]
            bought.enter(at, *known, told)


@pytest.fixture(autouse=True)
def closed(monkeypatch):
    """Close the files that a test leaves open, as a warning of one is an error."""
    opened = []
    for kind in (Bought, Pages):

        def begin(self, *parts, usual=kind.__init__):
            usual(self, *parts)
            opened.append(self)

        monkeypatch.setattr(kind, "__init__", begin)
    yield
    for one in opened:
        one.close()


@pytest.fixture
def written(tmp_path):
    """``write(form, count) -> (path, queries)``: a file with so many queries of a form."""

    def write(form: Form = FORM, count: int = FORM.budget):
        bought, queries = Bought.begin(tmp_path / "a.bought", form), Queries(form)
        queries.enter(bought, 0, count)
        bought.close()
        return bought.path, queries

    return write


def resumed(path: Path, queries: Queries, count: int, form: Form = FORM) -> Bought:
    return Bought.resume(path, form, queries.hashes[:count], queries.labels[:count])


def whole(pages: Pages):
    return [part.numpy() for part in pages[np.arange(len(pages))]]


@pytest.mark.parametrize("answers", [0, 10], ids=["labels", "probabilities"])
def test_what_was_bought_is_read_back_in_any_order(answers, written):
    form = replace(FORM, answers=answers)
    path, queries = written(form)
    assert path.stat().st_size == form.size
    bought = resumed(path, queries, form.budget, form)
    pages, order = bought.pages(), np.random.default_rng(2).permutation(form.budget)
    images, targets = pages[order]
    assert len(pages) == form.budget and bought.left == 0
    assert np.array_equal(images.numpy(), queries.images[order])
    wanted = queries.answers if answers else queries.labels
    assert np.array_equal(targets.numpy(), wanted[order])
    pages.close()
    bought.close()


def test_a_float32_query_is_kept_as_the_nearest_byte(written):
    form = replace(FORM, bits=32)
    path, queries = written(form)
    images, _ = whole(resumed(path, queries, form.budget, form).pages())
    assert images.dtype == np.uint8
    assert np.abs(images / 255.0 - queries.images).max() <= 0.5 / 255 + 1e-6


def test_a_run_that_goes_on_from_an_older_state_writes_the_same_file(written):
    path, queries = written(count=30)
    first = path.read_bytes()
    bought = resumed(path, queries, 20)
    assert path.stat().st_size == FORM.offset(20) and bought.count == 20
    assert bought.left == FORM.size - FORM.offset(20)
    queries.enter(bought, 0, 10)  # as a setup asks them again
    queries.enter(bought, 15, 30)  # half of the first batch is there
    assert path.read_bytes() == first
    bought.close()


@pytest.mark.parametrize("cut", [1, 30, 70])
def test_a_torn_tail_behind_the_state_is_cut_off(cut, written):
    path, queries = written()
    os.truncate(path, FORM.size - cut)
    bought = resumed(path, queries, 30)
    assert path.stat().st_size == FORM.offset(30)
    queries.enter(bought, 30, 40)
    assert np.array_equal(whole(bought.pages())[0], queries.images)


def damaged(path: Path, at: int) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)


HARM = {
    "missing": (lambda path: path.unlink(), "is missing"),
    "empty": (lambda path: path.write_bytes(b""), "of another run, or damaged at its head"),
    "another file": (lambda path: path.write_bytes(b"x" * 10_000), "of another run, or damaged"),
    "shorter than the state": (
        lambda path: os.truncate(path, FORM.offset(17) + 3),
        "after 17 of the 30 queries",
    ),
    "a hole": (lambda path: os.truncate(path, 100) or os.truncate(path, FORM.size), "after 0 of"),
    "a damaged head": (lambda path: damaged(path, 9), "of another run, or damaged at its head"),
    "a damaged image": (lambda path: damaged(path, int(FORM.offset(5)) + 20), "after 5 of the 30"),
    "a damaged label": (lambda path: damaged(path, int(FORM.offset(6)) + 8), "after 6 of the 30"),
    "a link": (
        lambda path: path.rename(path.with_name("b")) and path.symlink_to(path.with_name("b")),
        "cannot read",
    ),
    "a folder": (lambda path: path.unlink() or path.mkdir(), "cannot read"),
}


@pytest.mark.parametrize("harm", HARM)
def test_a_file_that_does_not_fit_the_state_is_named(harm, written):
    path, queries = written()
    act, words = HARM[harm]
    act(path)
    with pytest.raises(Unsound, match=words) as found:
        resumed(path, queries, 30)
    assert str(path) in str(found.value)


OTHERS = {
    "run": {"run_id": "0123456789ab"},
    "shape": {"shape": (3, 5, 4)},
    "answers": {"answers": 10},
    "precision": {"bits": 32},
    "budget": {"budget": 50},
    "seed": {"seed": 8},
    "limit": {"limit": 9},
}


@pytest.mark.parametrize("other", OTHERS)
def test_a_file_of_another_form_is_refused(other, written):
    path, queries = written()
    with pytest.raises(Unsound, match="of another run, or damaged at its head"):
        resumed(path, queries, 30, replace(FORM, **OTHERS[other]))


def test_records_in_each_others_place_are_damage(written):
    path, queries = written()
    content, size = path.read_bytes(), int(FORM.offset(1)) - HEADER.size
    first, second = (content[HEADER.size + n * size :][:size] for n in (0, 1))
    path.write_bytes(content[: HEADER.size] + second + first + content[HEADER.size + 2 * size :])
    with pytest.raises(Unsound, match="after 0 of the 30"):
        resumed(path, queries, 30)


def test_a_file_of_other_queries_than_the_state_is_named(written):
    path, queries = written()
    queries.labels[12] += 1
    with pytest.raises(Unsound, match="has another query 12 than the state"):
        resumed(path, queries, 30)


SAMPLED = replace(FORM, budget=400, limit=60)


def test_of_more_images_than_the_limit_a_uniform_sample_is_kept(written):
    path, queries = written(SAMPLED, 400)
    assert path.stat().st_size == SAMPLED.size
    bought = resumed(path, queries, 400, SAMPLED)
    images, targets = whole(bought.pages())
    assert np.array_equal(images, queries.images[SAMPLED.kept]) and len(images) == 60
    assert np.array_equal(targets, queries.labels[SAMPLED.kept])
    assert np.array_equal(bought.whole(400)["label"], queries.labels), "all receipts are there"
    queries.enter(resumed(path, queries, 137, SAMPLED), 137, 400)
    assert np.array_equal(whole(resumed(path, queries, 400, SAMPLED).pages())[0], images)


def test_the_sample_depends_on_the_seed_alone_and_prefers_no_part_of_the_run():
    assert SAMPLED.kept.tolist()[:4] == replace(SAMPLED, run_id="0").kept.tolist()[:4]
    forms = [replace(SAMPLED, seed=seed) for seed in range(300)]
    assert all(len(set(form.kept.tolist())) == 60 for form in forms)
    counts = np.bincount(np.concatenate([form.kept for form in forms]), minlength=400)
    assert counts.min() > 45 * 0.4 and counts.max() < 45 * 1.8  # 45 each, a deviation of 6.2
    quarters = counts.reshape(4, 100).sum(axis=1)
    assert np.abs(quarters - 4500).max() < 4 * 58


def test_a_full_disk_is_named_and_what_was_whole_before_it_counts(written):
    path, queries = written(count=20)
    bought = resumed(path, queries, 20)
    bought._file = Full(bought._file, 100)
    words = re.escape(f"cannot write {path}: No space left on device")
    with pytest.raises(StoreError, match=words):
        queries.enter(bought, 20, 30)
    assert bought.problem and bought.count == 20
    assert path.stat().st_size == FORM.offset(20) + 100
    bought.close()
    queries.enter(resumed(path, queries, 20), 20, 40)
    assert path.stat().st_size == FORM.size


def test_a_new_file_that_cannot_be_made_is_named(tmp_path):
    with pytest.raises(StoreError, match=r"cannot write .*nowhere"):
        Bought.begin(tmp_path / "nowhere" / "a.bought", FORM)


@pytest.mark.skipif(not Path("/proc/self/smaps").exists(), reason="this system does not tell")
def test_little_of_a_mapped_file_is_held_in_memory(tmp_path, monkeypatch):
    form = Form("a", (3, 64, 64), 0, 8, 2000, 0)
    bought, queries = Bought.begin(tmp_path / "large", form), Queries(form)
    queries.enter(bought, 0, form.budget)
    monkeypatch.setattr(Pages, "HELD", 4 * 2**20)
    pages, most = bought.pages(), 0.0
    for part in np.array_split(np.arange(form.budget), 100):
        pages[part]
        most = max(most, held(bought.path))
    assert form.size > 23 * 2**20 and 0 < most <= 4


def held(path: Path) -> float:
    """MB of a mapped file that are resident in this process."""
    _, _, found = Path("/proc/self/smaps").read_text().partition(f" {path}\n")
    return int(re.search(r"Rss:\s+(\d+) kB", found)[1]) / 1024
