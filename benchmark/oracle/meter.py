"""The metered oracle: the one door between a method and its teacher.

The teacher lives in a local variable of a server thread, and so do the count and the log of served
images. A method holds an ``Oracle``, which is two queues and three numbers: no attribute, closure,
default argument or exception of it leads to the teacher. The runner holds the ``Account``.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any

from torch import Tensor

from benchmark.oracle import guard, query
from benchmark.oracle.account import Account
from benchmark.oracle.answering import Answerer
from benchmark.oracle.journal import Journal
from benchmark.oracle.query import PRECISIONS, BudgetExhausted, QueryRefused, Spec
from benchmark.oracle.sample import Sample
from benchmark.oracle.serving import Observer, Serving


class Oracle:
    """The oracle of a method. One image is one query, also a duplicate or an augmented copy."""

    __slots__ = ("_answers", "_one_by_one", "_questions", "budget")

    def __init__(self, budget: int, questions: SimpleQueue, answers: SimpleQueue) -> None:
        self.budget, self._questions, self._answers = budget, questions, answers
        # Without it a second thread could get the answer of the first.
        self._one_by_one = threading.Lock()

    def __call__(self, images: Tensor) -> Tensor:
        """Answers to float32 images N x C x H x W in [0, 1], on the device of the images.

        Labels, int64 N; under any other access than "hard-label" class probabilities, float32
        N x K. Costs N queries. Raises ``QueryRefused`` for wrong images and ``BudgetExhausted``
        for a call that does not fit whole; a refused call costs nothing.
        """
        return self._ask(images)

    @property
    def spent(self) -> int:
        """Images paid for so far, from the server's own count: those served, and lost answers."""
        return self._ask("spent")

    @property
    def remaining(self) -> int:
        """Images that can still be asked for."""
        return self.budget - self.spent

    def _ask(self, question: object) -> Any:
        with self._one_by_one:
            self._questions.put(question)
            answer = self._answers.get()
        if isinstance(answer, Exception):
            raise answer.with_traceback(None)  # the server's frames stay with the server
        return answer


def open_oracle(
    spec: Spec,
    budget: int,
    teacher_box: list[Answerer],
    precision: str = "uint8",
    observer: Observer | None = None,
    journal: Journal | None = None,
) -> tuple[Oracle, Account, Callable[[], None]]:
    """Start serving; returns the method's oracle, the runner's account and ``close``.

    ``teacher_box`` is a list with the teacher that is *emptied*, so that no frame above a method
    keeps it. ``precision`` "uint8" rounds queries to 8 bits as any
    image API does, "float32" does not. ``observer`` may look before each call is served.
    ``journal`` holds a batch before its answer leaves.
    """
    if precision not in PRECISIONS:
        raise ValueError(f"precision must be one of {PRECISIONS}, not {precision!r}")
    account = Account(budget, Sample(spec.shape, spec.classes), journal)
    questions: SimpleQueue[Any] = SimpleQueue()
    answers: SimpleQueue[Any] = SimpleQueue()
    looks_on = Aside(observer or Observer())
    box = [Serving(teacher_box.pop(), spec, precision, account, looks_on)]
    server = threading.Thread(target=_serve, args=(box, questions, answers), daemon=True)
    server.start()

    def close() -> None:
        questions.put(None)
        server.join()  # a thread that is inside torch when Python ends would abort the process

    return Oracle(budget, questions, answers), account, close


def _serve(box: list[Serving], questions: SimpleQueue, answers: SimpleQueue) -> None:
    """The server thread. It empties ``box`` so that the thread object does not hold the teacher."""
    serving = box.pop()
    while (question := questions.get()) is not None:
        try:
            if isinstance(question, str):
                answers.put(serving.account.charged)
                continue
            images = query.plain(question)
            _check_unwatched()
            query.check(images, serving.spec)
            answer = serving.serve(query.as_seen(images, serving.precision))
            answers.put(answer.to(images.device))
        except (QueryRefused, BudgetExhausted) as refusal:
            answers.put(refusal.with_traceback(None))
        except Exception as failure:  # only its text travels: a traceback would show the teacher
            answers.put(RuntimeError(f"the oracle failed: {type(failure).__name__}: {failure}"))


def _check_unwatched() -> None:
    """Refuse all calls while a hook or mode watches."""
    if watcher := guard.watcher():
        raise QueryRefused(f"{watcher}: it would see the teacher's inside")


@dataclass
class Aside(Observer):
    """An observer that looks on a thread of its own: it sees no frame of the server's."""

    inner: Observer

    def wants(self, spent: int, after: int) -> bool:
        return self.inner.wants(spent, after)

    def look(self, spent: int) -> None:
        guard.aside(self.inner.look, spent)
        _check_unwatched()  # looking may have run the method's code
