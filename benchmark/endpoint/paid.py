"""A teacher that is paid for: asked once a question, through a journal that no kill empties.

Before a batch is sent its images and its reservation are on the disk, and after it came back its
answer, before anybody sees it. What is guaranteed, and tested, through a kill at any point:

G1  no more is charged than the budget;
G2  no label is used that the journal does not hold;
G3  a label that is on the disk is never paid for again by its run;
G4  a question whose fate is unknown stays charged, is told, and is sent again only where the
    endpoint's file says so;
G5  charged = answered + unknown, which can be held against a bill.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from benchmark.endpoint.canary import Asks
from benchmark.errors import OracleError
from benchmark.oracle.account import hashes_of
from benchmark.oracle.answering import Answer
from benchmark.oracle.journal import Journal, Reservation
from benchmark.oracle.query import BudgetExhausted
from benchmark.oracle.replies import Denied, NotProcessed, Reply, Unclear

LONGEST, SHORTEST = 60.0, 1.0  # seconds between two tries, unless the endpoint names its own
SLICE = 0.2  # seconds after which a wait looks whether it is to end


class Stopped(OracleError):
    """No further question is asked for now; the journal's ``stopped`` says the same."""


@dataclass
class Paid:
    """Answers queries out of the journal, and by asking an endpoint for the rest.

    ``tells``: probabilities are asked for, too. ``on_trouble`` is told what costs money in vain.
    """

    client: Asks
    journal: Journal
    budget: int
    tells: bool = False
    on_trouble: Callable[[str], None] = lambda text: None
    stopping: Callable[[], bool] = lambda: False
    sleep: Callable[[float], None] = time.sleep

    def answer(self, shown: Tensor, first: int) -> Answer:
        """See ``Answerer``. Raises ``BudgetExhausted``, and ``Stopped``: then the run is to end.

        ``shown``: uint8. Queries that the journal answers cost nothing.
        """
        if self.journal.stopped:  # a method beside the suite may have caught the first one
            raise Stopped(self.journal.stopped)
        images = shown.cpu().contiguous().numpy()
        hashes = hashes_of(images)
        self.journal.keep(first, images, hashes)
        known, found = self.journal.records.answers(first, hashes)
        missing = np.flatnonzero(~known)
        self._check_budget(len(missing))
        for part in _parts(missing, self.client.endpoint.batch):
            reply = self._asked(first + part.start, images[part], hashes[part])
            found["label"][part] = reply.labels.numpy()
            if self.tells:
                found["answer"][part] = _told(reply)
        labels = torch.from_numpy(found["label"].astype(np.int64))
        told = torch.from_numpy(found["answer"].copy()) if self.tells else None
        return Answer(labels, told, journalled=True)

    def _check_budget(self, asked: int) -> None:
        """Refuse a call of which so many are yet to be paid for."""
        charges = self.journal.records.charges
        left = self.budget - charges.total
        if asked > left:
            raise BudgetExhausted(
                f"asked for {asked:,} labels, {max(left, 0):,} of {self.budget:,} left "
                f"({charges.unknown:,} were paid for in vain)"
            )

    def _asked(self, first: int, images: np.ndarray, hashes: np.ndarray) -> Reply:
        """The answer to a batch, tried as often as the endpoint's file allows."""
        import tenacity

        endpoint = self.client.endpoint
        tries = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(endpoint.attempts),
            wait=_wait,
            retry=tenacity.retry_if_exception_type((NotProcessed, Unclear)),
            sleep=self._sleep,
            reraise=True,
        )
        try:
            return tries(self._once, first, images, hashes)
        except (NotProcessed, Unclear, Denied) as problem:
            raise self._stopped(str(problem)) from None

    def _once(self, first: int, images: np.ndarray, hashes: np.ndarray) -> Reply:
        """Reserve, send, and note what became of it."""
        self._check_budget(len(images))
        reserved = self.journal.reserve(first, hashes)
        try:
            reply = self.client.ask(images)
            told = _told(reply) if self.tells else None
        except (NotProcessed, Denied):
            reserved.released()
            raise
        except Unclear as problem:
            raise self._unclear(reserved, problem) from None
        reserved.answered(reply.labels.numpy().astype(np.int32), told)
        return reply

    def _unclear(self, reserved: Reservation, problem: Unclear) -> OracleError:
        """What to raise: the problem where the question may be sent again, or a stop."""
        reserved.unknown()
        count = len(reserved.hashes)
        self.on_trouble(
            f"{problem}: {count:,} queries from number {reserved.first:,} on are charged, and "
            "their answers are unknown"
        )
        if self.client.endpoint.on_unknown == "resend":
            return problem
        return self._stopped(
            f"{problem}; the same command asks these {count:,} queries again, which costs as much "
            'again (on_unknown = "resend" in the endpoint\'s file does so at once)'
        )

    def _sleep(self, seconds: float) -> None:
        """Wait, but not for a run that is to stop."""
        while seconds > 0:
            if self.stopping():
                raise self._stopped("asked to stop while it waited for the endpoint")
            self.sleep(min(SLICE, seconds))
            seconds -= SLICE

    def _stopped(self, why: str) -> Stopped:
        self.journal.stopped = why
        return Stopped(why)


def _wait(state: object) -> float:
    """Seconds before the next try: those that the endpoint names, or more each time, by lot."""
    import tenacity

    assert isinstance(state, tenacity.RetryCallState) and state.outcome is not None
    problem = state.outcome.exception()
    if isinstance(problem, NotProcessed) and problem.retry_after is not None:
        return problem.retry_after
    return tenacity.wait_random_exponential(min=SHORTEST, max=LONGEST)(state)


def _told(reply: Reply) -> np.ndarray:
    if reply.probabilities is None:
        raise Unclear("the endpoint answered without probabilities, which this access needs")
    return reply.probabilities.numpy()


def _parts(missing: np.ndarray, batch: int) -> Iterator[slice]:
    """Numbers in rising order as ranges without gaps, of at most ``batch`` each."""
    if not len(missing):
        return
    for run in np.split(missing, np.flatnonzero(np.diff(missing) != 1) + 1):
        for at in range(0, len(run), batch):
            part = run[at : at + batch]
            yield slice(int(part[0]), int(part[-1]) + 1)
