"""How a student learns from the labels that a method buys: as they come, or stored and replayed.

As published, most methods show a label to the student once (or a few times in a row) and throw it
away, and those bought for a generator's step never reach it. In the *cached* form every label is
stored and shown again under the limit of ``ideal``: K student steps for each batch of labels that
was bought, but never more than a pass over all; after the last query some passes with a falling
rate. So two methods then differ only in the images that they ask about.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import repeat

from torch import Tensor
from torch.optim import Optimizer

from benchmark.method import Method, param
from methods._blocks.optimisers import set_rate
from methods._blocks.pool import LabelledPool
from methods._blocks.several import several


def steps_within(size: int, batch: int, most: int) -> int:
    """Student steps that a pool of ``size`` images, bought batch by batch, may have had so far."""
    return sum(min(most, number) for number in range(1, -(-size // batch) + 1))


class Pooled(Method):
    """Base of methods whose student learns from a pool of labels, in passes after the last query.

    A subclass makes ``pool`` and ``passes_done`` (0) in ``setup`` and has ``student_optimiser``,
    ``_student_step(images, answers) -> (loss,)``, and ``student_lr``, ``final_passes`` and
    ``batch`` in its ``Config``.
    """

    pool: LabelledPool | None  # None: nothing is stored
    passes_done: int
    student_optimiser: Optimizer

    def final_pass(self) -> bool:
        """One pass over the pool, if there is one and another pass; the rate falls pass by pass."""
        c = self.config
        if self.pool is None or self.passes_done == c.final_passes:
            return False
        set_rate(self.student_optimiser, c.student_lr * (1 - self.passes_done / c.final_passes))
        self.train_student(self.pool.batches(c.batch))
        self.passes_done += 1
        return True

    def train_student(self, batches: Iterable[tuple[Tensor, Tensor]]) -> None:
        """A step for each batch of images and answers."""
        self.student.train()
        for images, answers in batches:
            if several(images):
                (loss,) = self._student_step(images, answers)
                self.log(student_loss=loss)

    def _student_step(self, images: Tensor, answers: Tensor) -> tuple[Tensor]:
        raise NotImplementedError(f"{type(self).__name__}._student_step")


class Replay(Pooled):
    """Base of methods with a ``cached`` variant, ``{"cached": True}`` and the values that suit it.

    A subclass calls ``super().setup()``, then ``learn`` with all that it buys, and ends its
    ``step`` with ``final_pass`` when the budget is spent.
    """

    @dataclass(frozen=True)
    class Config:
        cached: bool = param(False, "published: a label is used as it comes; true: replayed")
        replay_steps: int = param(25, "cached only: a batch of labels, as ideal", low=1)
        final_passes: int = param(10, "cached only: as ideal", low=0)

    def setup(self) -> None:
        self.pool = LabelledPool(self.spec, self.oracle.budget) if self.config.cached else None
        self.passes_done = 0

    def learn(self, images: Tensor, answers: Tensor, steps: int = 1) -> None:
        """The student's part of a purchase, N images and their answers.

        As published ``steps`` updates on them, none where a step of the generator was their only
        use (0). Cached: they join the pool, and a replay follows.
        """
        if self.pool is None:
            self.train_student(repeat((images, answers), steps))
        else:
            self.pool.add(images, answers)
            self.train_student(self.pool.replay(self.config.batch, self.config.replay_steps))
