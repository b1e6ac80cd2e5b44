"""The journal of a run: it knows all that was asked, however often the run was started."""

from __future__ import annotations

import os
import re
from dataclasses import replace

import numpy as np
import pytest

from benchmark.files import StoreError
from benchmark.oracle.journal import (
    ANSWERED,
    RESERVED,
    UNKNOWN,
    Journal,
    WrongJournal,
    appended,
    asked_by_others,
)
from benchmark.oracle.journal.form import HEADER
from support.disks import Full
from support.journals import FORM, Queries, hashes_in, records_in

IMAGES = np.zeros((9, *FORM.shape), np.uint8)


def ask(journal: Journal, first: int, *hashes: int, label: int = 0) -> None:
    labels = np.full(len(hashes), label, np.int32)
    journal.enter(first, IMAGES[: len(hashes)], np.array(hashes), labels)


@pytest.fixture
def opened(tmp_path):
    """``opened() -> Journal`` of one file; what is open is closed before it is opened again."""
    journals = []

    def again(**more) -> Journal:
        for one in journals:
            one.close()
        journals.append(Journal(tmp_path / "a.queries", FORM, **more))
        return journals[-1]

    yield again
    for one in journals:
        one.close()


def test_a_journal_counts_each_question_once_however_often_the_run_is_started(opened):
    first = opened()
    ask(first, 0, 1, 2, 3)
    ask(first, 3, 4, 5)
    assert first.asked == 5
    again = opened()
    ask(again, 0, 1, 2)  # by its setup
    ask(again, 3, 4, 5, 6)  # from its state, and one more
    ask(again, 0, 1, 2)
    assert again.asked == 6
    assert hashes_in(again.path) == [1, 2, 3, 4, 5, 6]
    assert records_in(again.path)["call"].tolist() == [0, 0, 0, 3, 3, 3]


def test_another_image_at_a_position_counts_on_top_and_once_too(opened):
    ask(opened(), 0, 1, 2, 3, 4)
    for _ in range(3):
        again = opened()
        ask(again, 0, 1, 2, 9, 4)
        ask(again, 4, 5)
        assert again.asked == 6
    assert hashes_in(again.path) == [1, 2, 3, 4, 9, 5]


def test_the_same_image_at_another_position_is_another_question(opened):
    journal = opened()
    ask(journal, 0, 1, 1)
    ask(journal, 2, 1)
    assert journal.asked == 3


def test_another_answer_to_the_same_question_counts_on_top(opened):
    ask(opened(), 0, 1, 2)
    again = opened()
    ask(again, 0, 1, 2, label=1)
    assert again.asked == 4


def test_what_one_process_asks_twice_it_asks_once(opened):
    journal = opened()
    ask(journal, 0, 1, 2, 3)
    ask(journal, 1, 2, 7)  # it went back to a state
    ask(journal, 1, 2, 7)
    assert journal.asked == 4 and hashes_in(journal.path) == [1, 2, 3, 7]


def test_a_query_costs_what_the_documentation_says(opened):
    assert FORM.record.itemsize == 28 and FORM.slot.itemsize == 3 * 4 * 5 + 4
    assert replace(FORM, answers=10).record.itemsize == 28 + 40
    ask(opened(), 0, 1, 2, 3)
    journal = opened()
    assert journal.left == (FORM.budget - 3) * 28
    journal.begin_images(journal.path.with_name("images"))
    assert journal.left == (FORM.budget - 3) * 28 + FORM.budget * 64


@pytest.mark.parametrize("answers", [0, 1000])
def test_a_journal_longer_than_what_is_read_at_a_time_is_read_whole(answers, tmp_path, monkeypatch):
    monkeypatch.setattr("benchmark.oracle.journal.records.AT_ONCE", 100)
    form = replace(FORM, answers=answers)
    queries, journal = Queries(form), Journal(tmp_path / "a", form)
    queries.enter(journal, 0, 40)
    journal.close()
    again = Journal(tmp_path / "a", form)
    numbers = again.records.found(queries.hashes, queries.labels)
    assert again.asked == 40 and numbers.tolist() == list(range(40)) and not again.note
    again.close()


FOREIGN = {
    "another run": (replace(FORM, run_id="0" * 12), "is the journal of another run .000000000000"),
    "another code": (replace(FORM, source="cd" * 32), "is the journal of another run .*cdcdcdcdcd"),
    "another shape": (replace(FORM, shape=(1, 4, 5)), "is the journal of another run"),
}


@pytest.mark.parametrize("other", FOREIGN)
def test_a_journal_of_another_run_is_named_and_left_as_it_is(other, tmp_path):
    form, message = FOREIGN[other]
    path = tmp_path / "a.queries"
    Journal(path, form).close()
    before = path.read_bytes()
    with pytest.raises(WrongJournal, match=message):
        Journal(path, FORM)
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"x" * 200, b"queries1" + b"\0" * 200, b"y", b"queries2"])
def test_what_is_no_journal_is_named_and_left_as_it_is(content, tmp_path):
    path = tmp_path / "a.queries"
    path.write_bytes(content)
    with pytest.raises(WrongJournal, match="is no journal of this suite, or damaged at its head"):
        Journal(path, FORM)
    assert path.read_bytes() == content


def test_a_journal_that_has_to_be_there_is_not_begun_anew(tmp_path):
    with pytest.raises(WrongJournal, match=r"a\.queries, the journal of the run, is missing"):
        Journal(tmp_path / "a.queries", FORM, begin=False)
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_file_is_refused(tmp_path):
    (tmp_path / "target").write_text("x")
    (tmp_path / "link.queries").symlink_to(tmp_path / "target")
    (tmp_path / "folder.queries").mkdir()
    os.mkfifo(tmp_path / "pipe.queries")
    for name in ("link.queries", "folder.queries", "pipe.queries"):
        with pytest.raises(StoreError, match=f"cannot open .*{name}"):
            Journal(tmp_path / name, FORM)
    assert (tmp_path / "target").read_text() == "x"


def test_a_saved_state_is_held_against_the_records(opened):
    ask(opened(), 0, 1, 2, 3)
    journal, labels = opened(), np.zeros(3, np.int32)
    journal.check(3, np.array([1, 2, 3]), labels)
    with pytest.raises(WrongJournal, match="has 3 records, but the saved state knows of 4"):
        journal.check(4, np.array([1, 2, 3]), labels)
    with pytest.raises(WrongJournal, match="has no record of query 1 of the saved state"):
        journal.check(3, np.array([1, 9, 3]), labels)
    with pytest.raises(WrongJournal, match="has no record of query 2 of the saved state"):
        journal.check(3, np.array([1, 2, 3]), np.array([0, 0, 1], np.int32))


def test_a_full_disk_is_named_and_what_was_whole_before_it_counts(opened, monkeypatch):
    ask(opened(), 0, 1, 2, 3)
    plain = appended.opened
    with monkeypatch.context() as patch:
        patch.setattr(appended, "opened", lambda *given: Full(plain(*given), 100))
        journal = opened()
        words = re.escape(f"cannot write {journal.path}: No space left on device")
        for _ in range(2):
            with pytest.raises(StoreError, match=words):
                ask(journal, 3, 4, 5, 6, 7, 8)
        assert journal.problem and not journal.images_problem and journal.asked == 3
    again = opened()
    assert "cut off" in again.note and again.asked == 6, "three were written before it was full"
    ask(again, 3, 4, 5, 6, 7, 8)
    assert hashes_in(again.path) == [1, 2, 3, 4, 5, 6, 7, 8]


HASHES = np.array([1, 2, 3])


def test_a_disk_that_does_not_keep_what_is_written_is_named(opened, monkeypatch):
    def refuses(file: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(appended, "_sync", refuses)
    journal = opened()
    with pytest.raises(StoreError, match=r"cannot write .*a\.queries: Input/output error"):
        journal.reserve(0, HASHES)
    assert journal.problem


@pytest.mark.parametrize("outcome", ["answered", "released", "unknown", "none"])
def test_a_reservation_charges_until_it_is_released(outcome, opened, monkeypatch):
    synced = []
    monkeypatch.setattr(appended, "_sync", lambda file: synced.append(file))
    journal = opened()
    reserved = journal.reserve(0, HASHES)
    assert journal.asked == 3 and len(synced) == 1, "it is on the disk before it is sent"
    if outcome == "answered":
        reserved.answered(np.zeros(3, np.int32))
    elif outcome != "none":
        getattr(reserved, outcome)()
    assert len(synced) == 1 + (outcome != "none"), "so is its end"
    charged = 0 if outcome == "released" else 3
    assert journal.asked == charged
    again = opened()
    assert again.asked == charged
    found = again.records.found(HASHES, np.zeros(3, np.int32))
    assert (found >= 0).all() == (outcome == "answered"), "only an answer is an answer"


def test_a_second_attempt_is_charged_too(opened):
    journal = opened()
    first, second = journal.reserve(0, HASHES), journal.reserve(0, HASHES)
    first.unknown()
    second.answered(np.zeros(3, np.int32))
    assert journal.asked == journal.charged_before(3) == opened().asked == 6
    assert opened().charged_before(2) == 4 and opened().charged_before(0) == 0
    states = records_in(journal.path)["state"]
    assert [(states == one).sum() for one in (RESERVED, UNKNOWN, ANSWERED)] == [6, 3, 3]


def test_journals_of_other_code_are_counted_and_unreadable_ones_named(tmp_path):
    forms = [replace(FORM, source=two * 32) for two in ("aa", "bb", "cc")]
    paths = [tmp_path / name for name in ("a", "b", "c")]
    for form, path in zip(forms, paths, strict=True):
        journal = Journal(path, form)
        ask(journal, 0, 1, 2)
        journal.close()
    assert asked_by_others(paths, lambda sha: sha == "bb" * 32) == (4, [])
    paths[0].write_bytes(b"x" * HEADER.size)
    total, trouble = asked_by_others([*paths, tmp_path / "gone"], lambda sha: False)
    assert total == 4 and len(trouble) == 2
    assert trouble[0].startswith(f"not counted as a rerun: {paths[0]} is no journal")
