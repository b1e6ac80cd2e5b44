"""The common part of the inversion methods: the network to invert, and the student's learning.

A round makes a batch of images by inverting a network, pays for their labels once and takes some
student steps on all labels bought so far. When the budget is spent, some passes follow.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from torch import Tensor, nn

from benchmark.method import hot, param
from methods._blocks.losses import distillation
from methods._blocks.optimisers import descend, set_rate, sgd
from methods._blocks.pool import LabelledPool
from methods._blocks.replay import Pooled
from methods._blocks.statistics import has_statistics

CODE = "CMI's released code"
RELEASED_STUDENT = {
    "replay_steps": 400,
    "final_passes": 0,
    "schedule": "cosine",
    "student_lr": 0.1,
    "student_weight_decay": 1e-4,
}


class Inversion(Pooled):
    """A subclass says in ``invert`` how a batch is made from ``self.inverted``."""

    access = ("hard-label", "white-box")
    pool: LabelledPool

    @dataclass(frozen=True)
    class Config:
        batch: int = param(256, "released code", low=1)
        labels: Literal["soft", "hard"] = param("soft", "white-box only; hard: IDEAL Table 1, CMI*")
        temperature: float = param(20.0, CODE + ", T; soft labels", low=1e-3)
        replay_steps: int = param(25, "as ideal; released: 400", low=1)
        final_passes: int = param(10, "as ideal; released: 0", low=0)
        schedule: Literal["constant", "cosine"] = param("constant", "as ideal; cosine: " + CODE)
        student_lr: float = param(1e-2, "as ideal; released: 0.1", low=0)
        student_momentum: float = param(0.9, CODE, low=0, high=1)
        student_weight_decay: float = param(5e-4, "as ideal; released: 1e-4", low=0)

    def setup(self) -> None:
        c = self.config
        self.student_optimiser = sgd(
            self.student, c.student_lr, c.student_momentum, c.student_weight_decay
        )
        self.pool = LabelledPool(self.spec, self.oracle.budget)
        self.passes_done = 0
        if not has_statistics(self.inverted):
            self.note(f"the {self.role} has no BatchNorm: no statistics to match")

    @property
    def inverted(self) -> nn.Module:
        """The network whose training data the images imitate: the teacher where it is open."""
        return self.student if self.teacher is None else self.teacher

    @property
    def role(self) -> str:
        """The name of ``inverted``."""
        return "student" if self.teacher is None else "teacher"

    def invert(self) -> Tensor:
        """``batch`` x C x H x W in [0, 1]; no queries."""
        raise NotImplementedError(f"{type(self).__name__}.invert")

    def step(self) -> bool:
        if self.oracle.remaining == 0:
            return self.final_pass()
        self._set_rate()
        self.student.eval().requires_grad_(False)
        images = self.invert()
        self.student.requires_grad_(True)
        self.pool.add(*self.ask(images))
        self._distil()
        return True

    def _set_rate(self) -> None:
        c = self.config
        if c.schedule == "cosine":
            share = self.oracle.spent / self.oracle.budget
            set_rate(self.student_optimiser, c.student_lr * (1 + math.cos(math.pi * share)) / 2)

    def _distil(self) -> None:
        """K steps: the newest batch, then a shuffled pass that goes on from round to round.

        Also while the pool has fewer batches than K, unlike ``ideal``: as released, and the
        student's statistics need some steps until they are those of its images.
        """
        c = self.config
        self.train_student([self.pool.newest(c.batch)])
        self.train_student(self.pool.draw(c.batch) for _ in range(c.replay_steps - 1))

    @hot("student")
    def _student_step(self, images: Tensor, answers: Tensor) -> tuple[Tensor]:
        """CE with labels or with the likeliest classes; KL from probabilities where they count."""
        if answers.is_floating_point() and self.config.labels == "hard":
            answers = answers.argmax(dim=1)
        loss = distillation(self.student(images), answers, self.config.temperature)
        return (descend(self.student_optimiser, loss),)
