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

import torch
from torch import Tensor, nn

from benchmark.errors import OracleError
from benchmark.oracle import guard
from benchmark.oracle.account import Account
from benchmark.oracle.bought import Bought
from benchmark.oracle.sample import Sample

PRECISIONS = ("uint8", "float32")
ACCESSES = {
    "hard-label": "a class index for each query, and nothing else",
    "score": "class probabilities for each query",
    "white-box": "class probabilities, and the teacher itself: its gradients, features, statistics",
    "real-data": "class probabilities, and the teacher's training images",
}


@dataclass(frozen=True)
class Spec:
    """All a method may know of its task; there is no data set name on purpose."""

    shape: tuple[int, int, int]  # C, H, W; queries are N x C x H x W in [0, 1]
    classes: int
    device: torch.device
    access: str = "hard-label"  # one of ACCESSES


class QueryRefused(OracleError, ValueError):
    """The images are not of a kind that the oracle serves."""


class BudgetExhausted(OracleError, RuntimeError):
    """The call does not fit into the rest of the budget."""


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
        """Images served so far, from the server's own count."""
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


class Observer:
    """Looks at the student between calls; this base class does not."""

    def wants(self, spent: int, after: int) -> bool:
        """Whether to look before the oracle serves a call that takes the count to ``after``."""
        return False

    def look(self, spent: int) -> None:
        """Look now. An exception ends the call, which then costs nothing."""


def open_oracle(
    spec: Spec,
    budget: int,
    teacher_box: list[nn.Module],
    precision: str = "uint8",
    observer: Observer | None = None,
    bought: Bought | None = None,
) -> tuple[Oracle, Account, Callable[[], None]]:
    """Start serving; returns the method's oracle, the runner's account and ``close``.

    ``teacher_box`` is a list with the teacher (maps [0, 1] images to logits) that is *emptied*, so
    that no frame above a method keeps it. ``precision`` "uint8" rounds queries to 8 bits as any
    image API does, "float32" does not. ``observer`` may look before each call is served.
    ``bought``: the file that holds a batch before its answer leaves.
    """
    if precision not in PRECISIONS:
        raise ValueError(f"precision must be one of {PRECISIONS}, not {precision!r}")
    account = Account(budget, Sample(spec.shape, spec.classes), bought)
    questions: SimpleQueue[Any] = SimpleQueue()
    answers: SimpleQueue[Any] = SimpleQueue()
    rest = (spec, precision, observer or Observer(), account)
    box = [(teacher_box.pop(), rest)]
    server = threading.Thread(target=_serve, args=(box, questions, answers), daemon=True)
    server.start()

    def close() -> None:
        questions.put(None)
        server.join()  # a thread that is inside torch when Python ends would abort the process

    return Oracle(budget, questions, answers), account, close


def _serve(box: list, questions: SimpleQueue, answers: SimpleQueue) -> None:
    """The server thread. It empties ``box`` so that the thread object does not hold the teacher."""
    teacher, (spec, precision, observer, account) = box.pop()
    while (question := questions.get()) is not None:
        try:
            if isinstance(question, str):
                answers.put(account.spent)
                continue
            question = _plain(question)
            _check(question, spec, account)
            after = account.spent + len(question)
            if observer.wants(account.spent, after):
                guard.aside(observer.look, account.spent)
                _check(question, spec, account)  # looking may have run the method's code
            answer = _answer(teacher, question, spec, precision, account)
            answers.put(answer.to(question.device))
        except (QueryRefused, BudgetExhausted) as refusal:
            answers.put(refusal.with_traceback(None))
        except Exception as failure:  # only its text travels: a traceback would show the teacher
            answers.put(RuntimeError(f"the oracle failed: {type(failure).__name__}: {failure}"))


def _plain(images: object) -> Tensor:
    """The server's own copy of a query, which nobody else can change. Refuses a subclass."""
    if type(images) is not Tensor:
        raise QueryRefused(f"a query must be a plain torch.Tensor, not {type(images).__name__}")
    return guard.copied(images)


def _check(images: Tensor, spec: Spec, account: Account) -> None:
    """Refuse wrong images, a call over the budget, and all calls while a hook or mode watches."""
    if watcher := guard.watcher():
        raise QueryRefused(f"{watcher}: it would see the teacher's inside")
    if images.dtype != torch.float32 or tuple(images.shape[1:]) != spec.shape or images.ndim != 4:
        expected = "x".join(map(str, spec.shape))
        got = f"{images.dtype} {tuple(images.shape)}".removeprefix("torch.")
        raise QueryRefused(f"a query must be float32 N x {expected}, not {got}")
    low, high = images.aminmax() if len(images) else (0, 1)
    if not (low >= 0 and high <= 1):  # NaN fails both
        raise QueryRefused("a query must hold finite values in [0, 1]; clamp it, check for NaN")
    if account.spent + len(images) > account.budget:
        left = account.budget - account.spent
        raise BudgetExhausted(f"asked for {len(images)} labels, {left} of {account.budget} left")


@torch.no_grad()  # not inference_mode: its tensors cannot be targets of a loss with gradients
def _answer(
    teacher: nn.Module, images: Tensor, spec: Spec, precision: str, account: Account
) -> Tensor:
    """Ask the teacher, log the labels, return the answers under ``spec.access``, no gradient."""
    hard = spec.access == "hard-label"
    if len(images) == 0:
        return torch.zeros(0, dtype=torch.int64) if hard else torch.zeros(0, spec.classes)
    shown = images.mul(255).round_().to(torch.uint8) if precision == "uint8" else images
    pixels = shown.float().div_(255) if precision == "uint8" else images
    device = next(teacher.parameters()).device
    logits = teacher(pixels.to(device))
    labels = logits.argmax(dim=1)
    scores = None if hard else logits.float().softmax(dim=1)
    account.enter(shown.cpu().contiguous().numpy(), labels, scores)
    return labels if scores is None else scores
