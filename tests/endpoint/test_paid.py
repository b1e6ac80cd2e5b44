"""Queries that cost money: never above the budget, never paid twice, through any fault and kill."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmark.endpoint.paid import Paid, Stopped
from benchmark.files import StoreError
from benchmark.oracle.account import hashes_of
from benchmark.oracle.journal import ANSWERED, Journal, appended
from benchmark.oracle.query import BudgetExhausted
from benchmark.oracle.replies import Denied, NotProcessed, Reply, Unclear
from support.endpoints import endpoint
from support.journals import FORM, Queries, records_in
from support.kills import Killed, life

IMAGES = Queries().images  # 40 of them, as many as the budget
LABELS = np.array([int(one.astype(int).sum()) % 10 for one in IMAGES])
CALL = 8  # images of a method's call
BATCH = 3  # of a question to the endpoint
FATES = ("ok", "busy", "late", "lost", "denied", "killed before", "killed after")
PROCESSED = {"ok", "late", "killed after"}  # the provider worked, and bills
EXAMPLES = int(os.environ.get("BENCH_EXAMPLES", "200"))


@dataclass
class Provider:
    """A paid classifier with a fate for each question, and a count of its own."""

    fates: list[str] = field(default_factory=list)  # "ok" when they have run out
    served: list[int] = field(default_factory=list)  # the sum of each image it worked on
    endpoint = endpoint("http://127.0.0.1:1/score", batch=BATCH, attempts=3)

    def ask(self, shown: np.ndarray) -> Reply:
        fate = self.fates.pop(0) if self.fates else "ok"
        if fate in PROCESSED:
            self.served += hashes_of(shown).tolist()
        if fate.startswith("killed"):
            raise Killed
        if fate == "busy":
            raise NotProcessed("is busy", retry_after=0.0)
        if fate == "denied":
            raise Denied("refuses the key")
        if fate in ("late", "lost"):
            raise Unclear("gave no whole answer")
        return Reply(torch.tensor([int(one.astype(int).sum()) % 10 for one in shown]))


class Resending(Provider):
    endpoint = endpoint("http://127.0.0.1:1/score", batch=BATCH, on_unknown="resend")


@contextmanager
def unsynced() -> Iterator[None]:
    """Nothing waits for the disk, which takes most of the time; no kill of a process needs it."""
    with mock.patch.multiple(appended, _sync=_nothing, _keep_name=_nothing):
        yield


def _nothing(of: object) -> None:
    """In place of a wait for the disk."""


class Life:
    """A run in one folder: processes that ask one image after the other, and may be killed."""

    def __init__(self, provider: Provider) -> None:
        self.provider, self.folder = provider, Path(tempfile.mkdtemp())
        self.saved, self.spent = 0, 0  # in its state; in this process
        self.had: dict[int, int] = {}  # labels that a method has seen, by position
        self.trouble: list[str] = []

    @contextmanager
    def journal(self) -> Iterator[Journal]:
        """That of a process that goes on from its state."""
        with closing(Journal(self.folder / "records", FORM, paid=True)) as journal:
            self._open_images(journal)
            yield journal

    def _open_images(self, journal: Journal) -> None:
        if self.saved:
            seen = [self.had[at] for at in range(self.saved)]
            hashes = hashes_of(IMAGES[: self.saved])
            journal.check(self.saved, hashes, np.array(seen, np.int32))
            journal.resume_images(self.folder / "images", hashes)
        else:
            journal.begin_images(self.folder / "images")

    def live(self, written: int = 2**40, saves: bool = True) -> bool:
        """One process; True where it has come to an end of its own."""
        with suppress(Killed, Stopped), unsynced(), life(written), self.journal() as journal:
            told = {"on_trouble": self.trouble.append, "sleep": lambda seconds: None}
            paid = Paid(self.provider, journal, FORM.budget, **told)
            self.spent = self.saved
            with suppress(BudgetExhausted):
                while self.spent < FORM.budget:
                    self.ask(paid)
                    self.saved = self.spent if saves else self.saved
            return True
        return False

    def ask(self, paid: Paid) -> None:
        part = slice(self.spent, min(self.spent + CALL, FORM.budget))
        before = set(self.provider.served)
        durable = {at for at in range(part.start, part.stop) if at in self.had}
        labels = paid.answer(torch.from_numpy(IMAGES[part]), part.start).labels.tolist()
        hashes = hashes_of(IMAGES[part]).tolist()
        for at, label in zip(range(part.start, part.stop), labels, strict=True):
            assert at not in durable or hashes[at - part.start] in before
            self.had[at] = label
        self.spent = part.stop

    def close(self) -> None:
        shutil.rmtree(self.folder)


LIVES = st.lists(
    st.tuples(st.lists(st.sampled_from(FATES), max_size=6), st.integers(0, 6000), st.booleans()),
    max_size=6,
)


@settings(max_examples=EXAMPLES, deadline=None, derandomize=True, database=None)
@given(LIVES, st.sampled_from([Provider, Resending]))
def test_through_any_kill_and_fault_the_count_is_right(lives, kind):
    """G1 to G5, held against the provider's own count after each life of the process."""
    run = Life(kind())
    for number, (fates, written, saves) in enumerate([*lives, ([], 2**40, False)]):
        run.provider.fates = list(fates)
        first = run.provider.served.copy()
        run.live(written, saves)
        with closing(Journal(run.folder / "records", FORM)) as left:
            charges = left.records.charges
            found = records_in(left.path)
        answered = found[found["state"] == ANSWERED]
        assert charges.total <= FORM.budget, "G1: never above the budget"
        held = dict(zip(answered["position"].tolist(), answered["label"].tolist(), strict=True))
        assert run.had.items() <= held.items(), "G2: no label that the journal does not hold"
        assert len(held) == len(answered), "G3: no position was answered and paid for twice"
        assert all(held[at] == LABELS[at] for at in held)
        served = len(run.provider.served)
        assert charges.answered <= served <= charges.total, "G5: it can be held against a bill"
        assert charges.total == charges.answered + charges.unknown
        assert number < len(lives) or len(first) <= served
    run.close()


def outcome_of(kind: type[Provider], *fates: str) -> tuple[Life, bool, Journal]:
    run = Life(kind(list(fates)))
    ended = run.live()
    journal = Journal(run.folder / "records", FORM)
    journal.close()
    return run, ended, journal


def test_a_question_whose_fate_is_unknown_is_charged_and_told_and_not_sent_again():
    run, ended, journal = outcome_of(Provider, "ok", "late")
    assert not ended and len(run.provider.served) == 2 * BATCH
    assert (journal.asked, journal.records.charges.unknown) == (2 * BATCH, BATCH)
    (line,) = run.trouble
    assert "3 queries from number 3 on are charged, and their answers are unknown" in line
    assert run.live(), "the same command asks again"
    # 40 images and 3 lost ones do not fit into 40: the last call is refused whole.
    assert len(run.provider.served) == 32 + BATCH
    run.close()


def test_a_file_may_say_that_lost_questions_are_sent_again():
    run, ended, journal = outcome_of(Resending, "ok", "late", "lost")
    assert ended and journal.records.charges.unknown == 2 * BATCH
    assert journal.charged_before(3) == 3, "what is lost counts from its position on"
    assert journal.charged_before(6) == 6 + 2 * BATCH
    assert len(run.provider.served) == 32 + BATCH
    run.close()


def test_what_is_lost_in_the_last_call_is_not_sent_above_the_budget():
    run, ended, journal = outcome_of(Resending, *["ok"] * 12, "late", "late")
    assert ended, "it ends as a budget does"
    # Of 8 images that were left 3 are lost twice, and the second try was the last that fitted.
    assert journal.asked == 32 + 2 * BATCH and journal.records.charges.answered == 32
    run.close()


def test_a_question_is_on_the_disk_before_it_is_sent_and_its_end_before_it_is_used(monkeypatch):
    synced: list[int] = []
    monkeypatch.setattr(appended, "_sync", lambda file: synced.append(len(run.provider.served)))
    run = Life(Provider())
    with run.journal() as journal:
        Paid(run.provider, journal, FORM.budget).answer(torch.from_numpy(IMAGES[:2]), 0)
    # Images and records, before the provider has served any, and after it.
    assert synced == [0, 0, 2, 2]
    run.close()


def test_a_question_that_was_not_processed_is_sent_again_and_costs_nothing():
    run, ended, journal = outcome_of(Provider, "busy", "busy", "ok")
    assert ended and journal.asked == len(run.provider.served) == FORM.budget
    run.close()


@pytest.mark.parametrize(
    ("fates", "words"), [(["busy"] * 3, "is busy"), (["denied"], "refuses the key")]
)
def test_a_provider_that_does_not_work_stops_the_run_and_nothing_is_charged(fates, words):
    run = Life(Provider(fates))
    with run.journal() as journal:
        paid = Paid(run.provider, journal, FORM.budget, sleep=lambda seconds: None)
        with pytest.raises(Stopped, match=words):
            paid.answer(torch.from_numpy(IMAGES[:5]), 0)
        assert journal.stopped == words and journal.asked == 0
        with pytest.raises(Stopped, match=words):  # also for a method that asks on
            paid.answer(torch.from_numpy(IMAGES[5:8]), 5)
        assert journal.asked == 0 and run.provider.served == []
    run.close()


def test_a_wait_ends_when_the_run_is_to_stop():
    run = Life(Provider(["busy"]))
    with run.journal() as journal:
        naps: list[float] = []
        paid = Paid(run.provider, journal, 40, stopping=lambda: len(naps) > 1, sleep=naps.append)
        run.provider.ask = refusing  # type: ignore[method-assign]
        with pytest.raises(Stopped, match="asked to stop while it waited"):
            paid.answer(torch.from_numpy(IMAGES[:5]), 0)
        assert naps == pytest.approx([0.2, 0.2], abs=0.01)
    run.close()


def refusing(shown: np.ndarray) -> Reply:
    raise NotProcessed("is busy", retry_after=300.0)


@pytest.mark.parametrize("asked", [0, 7, 40])
def test_the_room_that_a_ledger_still_takes_is_what_it_then_takes(asked):
    """A paid query has two records, its reservation and its end."""
    run = Life(Provider())
    with run.journal() as journal:
        paid = Paid(run.provider, journal, FORM.budget)

        def ask(first: int, last: int) -> None:
            if first < last:
                paid.answer(torch.from_numpy(IMAGES[first:last]), first)

        def size() -> int:
            return sum((run.folder / name).stat().st_size for name in ("records", "images"))

        ask(0, asked)
        left, before = journal.left, size()
        ask(asked, FORM.budget)
        assert (left, journal.left) == (size() - before, 0)
    run.close()


def test_what_was_paid_for_in_vain_takes_no_further_room():
    run, ended, journal = outcome_of(Resending, "ok", "late", *["ok"] * 9)
    assert ended and journal.asked == 32 + BATCH and journal.records.charges.unknown == BATCH
    paid = Journal(journal.path, FORM, paid=True)
    assert paid.left == (FORM.budget - journal.asked) * 2 * FORM.record.itemsize
    paid.close()
    run.close()


def test_a_setup_that_asks_again_pays_once():
    run = Life(Provider())
    with run.journal() as journal:
        paid = Paid(run.provider, journal, FORM.budget)
        for _ in range(2):
            labels = paid.answer(torch.from_numpy(IMAGES[:10]), 0).labels
            assert labels.tolist() == LABELS[:10].tolist()
        assert len(run.provider.served) == 10
    run.close()


def test_probabilities_come_out_of_the_journal_too(tmp_path):
    from dataclasses import replace

    told = torch.rand(5, 10, generator=torch.Generator().manual_seed(1)).softmax(dim=1)
    form = replace(FORM, answers=10)
    provider = Provider()
    provider.ask = lambda shown: Reply(told.argmax(dim=1)[: len(shown)], told[: len(shown)])
    for _ in range(2):
        with closing(Journal(tmp_path / "a", form)) as journal:
            paid = Paid(provider, journal, FORM.budget, tells=True)
            answer = paid.answer(torch.from_numpy(IMAGES[:3]), 0)
            assert torch.equal(answer.probabilities, told[:3])
        provider.ask = refusing  # nothing is asked the second time


def test_labels_where_probabilities_are_needed_are_paid_for_in_vain(tmp_path):
    from dataclasses import replace

    with closing(Journal(tmp_path / "a", replace(FORM, answers=10))) as journal:
        paid = Paid(Provider(), journal, FORM.budget, tells=True)
        with pytest.raises(Stopped, match="answered without probabilities"):
            paid.answer(torch.from_numpy(IMAGES[:3]), 0)
        assert journal.records.charges.unknown == 3


def test_nothing_is_sent_that_a_full_disk_does_not_hold(monkeypatch):
    def refuses(file: int) -> None:
        raise OSError(28, "No space left on device")

    run = Life(Provider())
    with run.journal() as journal:
        monkeypatch.setattr(appended, "_sync", refuses)
        with pytest.raises(StoreError, match="No space left"):
            Paid(run.provider, journal, FORM.budget).answer(torch.from_numpy(IMAGES[:5]), 0)
        assert run.provider.served == [] and journal.problem
    run.close()
