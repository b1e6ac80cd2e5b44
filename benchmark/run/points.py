"""The points of a run's curve: the official numbers of a student, from its weights alone."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from torch import Tensor, nn

from benchmark.host.failure import MethodFailure
from benchmark.host.host import Snapshot
from benchmark.nets.health import NotFinite
from benchmark.oracle import Observer, guard
from benchmark.rows import kept
from benchmark.rows.row import Point
from benchmark.run.record import Record
from benchmark.run.setting import Judge


def marks(budget: int) -> list[int]:
    """The marks of a curve in images: 100, 200, 500, 1k ... with 25k and 250k, below the budget."""
    series = [m * 10**e for e in range(2, 8) for m in (1, 2, 5)] + [25_000, 250_000, 2_500_000]
    return sorted(mark for mark in series if mark < budget)


class Marks(Observer):
    """The marks of a curve; the student is looked at before the call that passes one.

    ``on_mark(mark, spent)`` runs once for a call, for the largest mark that it passes.
    """

    def __init__(self, points: Iterable[int], on_mark: Callable[[int, int], None]) -> None:
        self.left, self.on_mark = sorted(points), on_mark
        self.passed: list[int] = []  # by the call that is looked at

    def wants(self, spent: int, after: int) -> bool:
        """Whether a mark is passed; those behind are forgotten, as a resumed run has had them."""
        self.left = [mark for mark in self.left if mark >= spent]
        self.passed = [mark for mark in self.left if mark < after]
        return bool(self.passed)

    def look(self, spent: int) -> None:
        """Look at the student, which has seen at most as many labels as the mark says."""
        self.left = [mark for mark in self.left if mark > self.passed[-1]]
        self.on_mark(self.passed[-1], spent)


@dataclass
class Examiner:
    """Judges the weights of a run's student, in a copy that the method never holds.

    The copy gets the student's weights and nothing else: hooks and patches of a method neither see
    the test images nor answer in the student's place.
    """

    judged: nn.Module
    architecture: str
    judge: Judge
    record: Record

    def examine(self, mark: int, spent: int, seen: Snapshot) -> None:
        """Judge a student as it was seen: a point of the curve. No code of the method runs here.

        Raises ``MethodFailure`` for a student of another architecture, and for weights or answers
        that are not finite: argmax would still name a class.
        """
        self._take(seen.weights)
        record = self.record
        try:
            record.soundness.check(record.steps, self.judged.state_dict())
            if watcher := guard.watcher():
                raise RuntimeError(f"{watcher}: it would see the test images")
            accuracy, agreement = self.judge.score(self.judged)
        except NotFinite as problem:
            # Without frames: no line of the method's is at fault.
            raise MethodFailure(problem.with_traceback(None)) from None
        except Exception as problem:
            raise MethodFailure(problem) from None
        point = Point(
            mark=mark,
            queries=spent,
            step=record.steps,
            accuracy=accuracy,
            agreement=agreement,
            seconds=round(record.clock.seconds, 3),
            student_images=record.visits["student"],
            labels_digest=record.account.digest(),
            student_digest=kept.digest(self.judged.state_dict()),
            logged={name: of if math.isfinite(of) else None for name, of in seen.scalars.items()},
        )
        record.curve.append(point)

    def _take(self, weights: Mapping[str, Tensor]) -> None:
        try:
            self.judged.load_state_dict(weights)
        except Exception as problem:
            reason = str(problem).splitlines()[0].rstrip(":")
            text = f"the student is not of the architecture {self.architecture}: {reason}"
            raise MethodFailure(TypeError(text)) from None
