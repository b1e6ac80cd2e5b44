"""A journal that is torn, exchanged or killed at any byte: no query is lost or counted twice."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmark.oracle.journal import (
    ANSWERED,
    Journal,
    WrongJournal,
    records,
)
from benchmark.oracle.journal.form import HEADER
from support.journals import FORM, Queries, record_at, records_in
from support.kills import Killed, life

SIZE, COUNT = FORM.record.itemsize, 12  # bytes of a record; records in ``SOUND``
ALL = Queries()
often = settings(max_examples=60, deadline=None, derandomize=True, database=None)


def written() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        journal = Journal(Path(folder) / "a", FORM)
        ALL.enter(journal, 0, COUNT, batch=5)
        journal.close()
        return journal.path.read_bytes()


SOUND = written()


@contextmanager
def reading(content: bytes) -> Iterator[Journal]:
    """A journal whose file has this content; raises as opening it does."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a"
        path.write_bytes(content)
        try:
            with mock.patch.object(records, "AT_ONCE", 3 * SIZE):  # bytes that are read at a time
                journal = Journal(path, FORM)
        except WrongJournal:
            assert path.read_bytes() == content, "what is refused is left as it is"
            raise
        yield journal
        journal.close()


def is_kept(content: bytes) -> int | None:
    """The records that are left of a file, which must be the first ones; None: it is refused."""
    try:
        with reading(content) as journal:
            kept = journal.asked
            assert journal.path.read_bytes() == SOUND[: record_at(kept)]
            torn = len(content) > record_at(kept)
            assert bool(journal.note) == torn
            ALL.enter(journal, 0, COUNT, batch=5)
            assert journal.asked == COUNT and journal.path.read_bytes() == SOUND
            return kept
    except WrongJournal:
        return None


@often
@given(st.integers(0, len(SOUND)))
def test_torn_at_any_byte_it_has_the_whole_records_and_goes_on_to_the_same_file(end):
    assert is_kept(SOUND[:end]) == max(0, end - HEADER.size) // SIZE


@often
@given(st.binary(min_size=1, max_size=5 * SIZE))
def test_whatever_follows_the_last_record_is_cut_off(tail):
    assert is_kept(SOUND + tail) == COUNT


@often
@given(st.integers(0, len(SOUND) - 1), st.integers(1, 255), st.integers(1, 3 * SIZE))
def test_a_damaged_byte_is_a_torn_end_or_refused_and_never_another_query(at, by, length):
    content = bytearray(SOUND)
    for place in range(at, min(at + length, len(content))):
        content[place] ^= by
    first, last = (
        (place - HEADER.size) // SIZE for place in (at, min(at + length, len(SOUND)) - 1)
    )
    expected = first if at >= HEADER.size and last == COUNT - 1 else None
    assert is_kept(bytes(content)) == expected


RECORDS = [SOUND[record_at(n) : record_at(n + 1)] for n in range(COUNT)]


@often
@given(st.lists(st.sampled_from(range(COUNT)), max_size=2 * COUNT))
def test_records_in_another_order_or_repeated_are_no_queries(order):
    content = SOUND[: HEADER.size] + b"".join(RECORDS[n] for n in order)
    in_place = [number == n for n, number in enumerate(order)]
    good = len(list(itertools.takewhile(bool, in_place)))
    assert is_kept(content) == (None if any(in_place[good:]) else good)


@often
@given(st.integers(0, COUNT - 1), st.integers(1, 3 * SIZE))
def test_a_record_that_is_too_long_or_too_short_spoils_those_behind_it(which, more):
    for content in (
        SOUND[: record_at(which)] + b"\7" * more + SOUND[record_at(which) :],
        SOUND[: record_at(which)] + SOUND[record_at(which) + more :],
    ):
        assert is_kept(content) == which


@often
@given(st.binary(max_size=HEADER.size + 5))
def test_a_file_of_any_other_content_is_refused(content):
    assert is_kept(content) is None or SOUND.startswith(content)


class Simulated:
    """A run in one folder, without networks: calls of several sizes, a state after some of them."""

    CALLS = (0, 3, 10, 11, 25, 32, 40)

    def __init__(self, folder: Path) -> None:
        self.folder, self.path = folder, folder / "records"
        self.spent, self.records = 0, 0  # in its state
        self.answered: set[tuple[int, int]] = set()  # questions whose answers have left

    def live(self, queries: Queries, saves: set[int], written: int = 2**40) -> int:
        """One process: it goes on from its state, and may be killed. Returns what it ever asked."""
        with suppress(Killed), life(written), closing(Journal(self.path, FORM)) as journal:
            if self.spent:
                state = queries.hashes[: self.spent], queries.labels[: self.spent]
                journal.check(self.records, *state)
                journal.resume_images(self.folder / "images", state[0])
            else:
                journal.begin_images(self.folder / "images")
            self._ask(journal, queries, saves)
            return journal.asked
        return -1

    def _ask(self, journal: Journal, queries: Queries, saves: set[int]) -> None:
        for first, last in itertools.pairwise(self.CALLS):
            if first and last <= self.spent:
                continue  # the first call is of its setup, which is done by every process
            queries.enter(journal, first, last, batch=40)
            self.answered |= set(zip(range(first, last), queries.hashes[first:last], strict=True))
            if last in saves and last > self.spent:
                self.spent, self.records = last, journal.records.count

    def files(self) -> list[bytes]:
        return [(self.folder / name).read_bytes() for name in ("records", "images")]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    run = Simulated(tmp_path_factory.mktemp("undisturbed"))
    run.live(ALL, set())
    return run.files()


FULL = HEADER.size + 40 * SIZE + 40 * FORM.slot.itemsize + 100  # bytes that one life can write
MOMENTS = st.lists(st.integers(0, FULL), max_size=6)
SAVES = st.sets(st.sampled_from(Simulated.CALLS[1:]))


@often
@given(MOMENTS, SAVES)
def test_killed_at_any_byte_any_number_of_times_it_ends_in_the_same_files(
    undisturbed, moments, saves
):
    folder = Path(tempfile.mkdtemp())
    run = Simulated(folder)
    for written in moments:
        run.live(ALL, saves, written)
    assert run.live(ALL, saves) == 40
    assert run.files() == undisturbed
    shutil.rmtree(folder)


@often
@given(MOMENTS, SAVES, st.lists(st.integers(0, 4), min_size=7, max_size=7))
def test_no_answer_of_a_run_that_forgets_is_forgotten(moments, saves, different):
    """Each process asks other images behind its state, as an attacker would."""
    folder = Path(tempfile.mkdtemp())
    run, queries = Simulated(folder), Queries()
    for number, written in enumerate([*moments, 2**40]):
        behind = slice(run.spent, None)
        queries.hashes = queries.hashes.copy()
        queries.hashes[behind] = ALL.hashes[behind] + different[number]
        run.live(queries, saves, written)
    found = records_in(folder / "records")
    noted = set(zip(found["position"].tolist(), found["hash"].tolist(), strict=True))
    assert run.answered <= noted and len(noted) == len(found), "each once"
    shutil.rmtree(folder)


PAID = st.lists(
    st.tuples(st.sampled_from(["answered", "released", "unknown", "lost"]), st.integers(0, 200)),
    min_size=1,
    max_size=8,
)


@often
@given(PAID)
def test_what_a_provider_counts_lies_between_what_is_answered_and_what_is_charged(sent):
    """Each call is a life: reserved, sent, settled; any of it may be the last of the process."""
    folder = Path(tempfile.mkdtemp())
    served = 0  # by the provider's own count
    for number, (outcome, written) in enumerate(sent):
        at, life_ends = slice(number * 5, number * 5 + 5), written if written < 170 else 2**40
        with (
            suppress(Killed),
            life(life_ends),
            closing(Journal(folder / "records", FORM)) as journal,
        ):
            reserved = journal.reserve(at.start, ALL.hashes[at])
            served += 5 * (outcome != "released")
            if outcome == "answered":
                reserved.answered(ALL.labels[at])
            elif outcome != "lost":
                getattr(reserved, outcome)()
    journal = Journal(folder / "records", FORM)
    journal.close()
    left = records_in(folder / "records")
    answered = int((left["state"] == ANSWERED).sum())
    assert answered <= served <= journal.asked <= FORM.budget
    assert len({(one["position"], one["state"]) for one in left}) == len(left)
    shutil.rmtree(folder)
