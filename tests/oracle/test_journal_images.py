"""The images of a journal: what was bought is read back, and a damaged file is named."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmark.files import StoreError, Unsound
from benchmark.oracle.journal import Form, Journal, Pages, appended
from benchmark.oracle.journal.form import IMAGES_HEADER
from support.disks import Full
from support.journals import FORM, Queries


@pytest.fixture
def journals(tmp_path):
    """``opened(queries, count, form) -> Journal`` of one run, whose state has so many queries."""
    made = []

    def opened(queries: Queries, count: int | None = None, form: Form = FORM) -> Journal:
        for one in made:
            one.close()
        made.append(Journal(tmp_path / "records", form))
        if count is None:
            made[-1].begin_images(tmp_path / "images")
        else:
            made[-1].resume_images(tmp_path / "images", queries.hashes[:count])
        return made[-1]

    yield opened
    for one in made:
        one.close()


@pytest.fixture
def written(journals):
    """``write(form, count) -> (path, queries)``: images of so many queries of a form."""

    def write(form: Form = FORM, count: int = FORM.budget):
        queries = Queries(form)
        journal = journals(queries, None, form)
        queries.enter(journal, 0, count)
        journal.close()
        return journal.images.file.path, queries

    return write


def whole(journal: Journal, queries: Queries, count: int) -> list[np.ndarray]:
    pages = journal.pages(queries.hashes[:count], queries.labels[:count])
    found = [part.numpy() for part in pages[np.arange(len(pages))]]
    pages.close()
    return found


def offset(query: int, form: Form = FORM) -> int:
    return IMAGES_HEADER.size + form.images(query) * form.slot.itemsize


@pytest.mark.parametrize("answers", [0, 10], ids=["labels", "probabilities"])
def test_what_was_bought_is_read_back_in_any_order(answers, written, journals):
    form = replace(FORM, answers=answers)
    path, queries = written(form)
    assert path.stat().st_size == offset(form.budget, form)
    journal = journals(queries, form.budget, form)
    pages, order = journal.pages(queries.hashes, queries.labels), np.random.permutation(form.budget)
    images, targets = pages[order]
    assert len(pages) == form.budget and journal.left == 0
    assert np.array_equal(images.numpy(), queries.images[order])
    wanted = queries.answers if answers else queries.labels
    assert np.array_equal(targets.numpy(), wanted[order])
    pages.close()


def test_a_float32_query_is_kept_as_the_nearest_byte(written, journals):
    form = replace(FORM, bits=32)
    _, queries = written(form)
    images, _ = whole(journals(queries, form.budget, form), queries, form.budget)
    assert images.dtype == np.uint8
    assert np.abs(images / 255.0 - queries.images).max() <= 0.5 / 255 + 1e-6


def test_a_run_that_goes_on_from_an_older_state_writes_the_same_files(written, journals):
    path, queries = written(count=30)
    first = path.read_bytes()
    journal = journals(queries, 20)
    records = journal.path.read_bytes()
    assert path.stat().st_size == offset(20)
    queries.enter(journal, 0, 10)  # as a setup asks them again
    queries.enter(journal, 15, 30)  # half of the first batch is there
    assert path.read_bytes() == first and journal.path.read_bytes() == records
    assert journal.asked == 30


def test_a_setup_that_asks_other_images_than_the_state_leaves_its_images(written, journals):
    _, queries = written(count=30)
    journal, other = journals(queries, 20), Queries()
    other.images, other.hashes = other.images[::-1], other.hashes[::-1]
    other.enter(journal, 0, 30)
    queries.enter(journal, 20, 40)
    assert np.array_equal(whole(journal, queries, 40)[0], queries.images)
    assert np.array_equal(whole(journal, queries, 40)[1], queries.labels)
    assert journal.asked == 70


@pytest.mark.parametrize("cut", [1, 30, 70])
def test_a_torn_tail_behind_the_state_is_cut_off(cut, written, journals):
    path, queries = written()
    os.truncate(path, offset(40) - cut)
    journal = journals(queries, 30)
    assert path.stat().st_size == offset(30)
    queries.enter(journal, 30, 40)
    assert np.array_equal(whole(journal, queries, 40)[0], queries.images)


def damaged(path: Path, at: int) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)


HARM = {
    "missing": (lambda path: path.unlink(), "is missing"),
    "empty": (lambda path: path.write_bytes(b""), "of another run, or damaged at its head"),
    "another file": (lambda path: path.write_bytes(b"x" * 10_000), "of another run, or damaged"),
    "shorter than the state": (
        lambda path: os.truncate(path, offset(17) + 3),
        "after 17 of the 30 queries",
    ),
    "a hole": (lambda path: os.truncate(path, 100) or os.truncate(path, offset(40)), "after 0 of"),
    "a damaged head": (lambda path: damaged(path, 9), "of another run, or damaged at its head"),
    "a damaged image": (lambda path: damaged(path, offset(5) + 20), "after 5 of the 30"),
    "a damaged check": (lambda path: damaged(path, offset(7) - 1), "after 6 of the 30"),
    "a link": (
        lambda path: path.rename(path.with_name("b")) and path.symlink_to(path.with_name("b")),
        "cannot read",
    ),
    "a folder": (lambda path: path.unlink() or path.mkdir(), "cannot read"),
}


@pytest.mark.parametrize("harm", HARM)
def test_a_file_that_does_not_fit_the_state_is_named(harm, written, journals):
    path, queries = written()
    act, words = HARM[harm]
    act(path)
    with pytest.raises(Unsound, match=words) as found:
        journals(queries, 30)
    assert str(path) in str(found.value)


OTHERS = {
    "budget": {"budget": 50},
    "seed": {"seed": 8},
    "limit": {"limit": 9},
}


@pytest.mark.parametrize("other", OTHERS)
def test_a_file_of_another_choice_is_refused(other, written, journals):
    _, queries = written()
    with pytest.raises(Unsound, match="of another run, or damaged at its head"):
        journals(queries, 30, replace(FORM, **OTHERS[other]))


def test_images_in_each_others_place_are_damage(written, journals):
    path, queries = written()
    content, size = path.read_bytes(), FORM.slot.itemsize
    first, second = (content[offset(n) :][:size] for n in (0, 1))
    path.write_bytes(content[: offset(0)] + second + first + content[offset(2) :])
    with pytest.raises(Unsound, match="after 0 of the 30"):
        journals(queries, 30)


SAMPLED = replace(FORM, budget=400, limit=60)


def test_of_more_images_than_the_limit_a_uniform_sample_is_kept(written, journals):
    path, queries = written(SAMPLED, 400)
    assert path.stat().st_size == offset(400, SAMPLED)
    journal = journals(queries, 400, SAMPLED)
    images, targets = whole(journal, queries, 400)
    assert np.array_equal(images, queries.images[SAMPLED.kept]) and len(images) == 60
    assert np.array_equal(targets, queries.labels[SAMPLED.kept])
    assert journal.asked == 400, "all records are there"
    queries.enter(journals(queries, 137, SAMPLED), 137, 400)
    assert np.array_equal(whole(journals(queries, 400, SAMPLED), queries, 400)[0], images)


def test_the_sample_depends_on_the_seed_alone_and_prefers_no_part_of_the_run():
    assert SAMPLED.kept.tolist()[:4] == replace(SAMPLED, run_id="0").kept.tolist()[:4]
    forms = [replace(SAMPLED, seed=seed) for seed in range(300)]
    assert all(len(set(form.kept.tolist())) == 60 for form in forms)
    counts = np.bincount(np.concatenate([form.kept for form in forms]), minlength=400)
    assert counts.min() > 45 * 0.4 and counts.max() < 45 * 1.8  # 45 each, a deviation of 6.2
    quarters = counts.reshape(4, 100).sum(axis=1)
    assert np.abs(quarters - 4500).max() < 4 * 58


def test_a_full_disk_leaves_no_record_without_its_image(written, journals, monkeypatch):
    path, queries = written(count=20)
    plain = appended.opened

    def full(of: Path, more: int = 0):
        return Full(plain(of, more), 100) if of == path else plain(of, more)

    with monkeypatch.context() as patch:
        patch.setattr(appended, "opened", full)
        journal = journals(queries, 20)
        words = re.escape(f"cannot write {path}: No space left on device")
        with pytest.raises(StoreError, match=words):
            queries.enter(journal, 20, 30)
    assert journal.problem is journal.images_problem is not None and journal.asked == 20
    assert path.stat().st_size == offset(20) + 100
    queries.enter(journals(queries, 20), 20, 40)
    assert path.stat().st_size == offset(40)


def test_images_that_cannot_be_begun_are_named(tmp_path):
    journal = Journal(tmp_path / "records", FORM)
    with pytest.raises(StoreError, match=r"cannot write .*nowhere"):
        journal.begin_images(tmp_path / "nowhere" / "images")
    journal.close()


@pytest.mark.skipif(not Path("/proc/self/smaps").exists(), reason="this system does not tell")
def test_little_of_a_mapped_file_is_held_in_memory(journals, monkeypatch):
    form = Form("a", "0" * 64, (3, 64, 64), 0, 8, 500)
    queries = Queries(form)
    journal = journals(queries, None, form)
    queries.enter(journal, 0, form.budget)
    monkeypatch.setattr(Pages, "HELD", 2**20)
    pages, most = journal.pages(queries.hashes, queries.labels), 0.0
    path = journal.images.file.path
    for number, part in enumerate(np.array_split(np.random.permutation(form.budget), 100)):
        pages[part]
        most = max(most, held(path) if number % 7 == 0 else 0)
    pages.close()
    assert path.stat().st_size > 5 * 2**20 and 0 < most <= 1 + 20 * 2**16 / 2**20


def held(path: Path) -> float:
    """MB of a mapped file that are resident in this process."""
    _, _, found = Path("/proc/self/smaps").read_text().partition(f" {path}\n")
    return int(re.search(r"Rss:\s+(\d+) kB", found)[1]) / 1024
