"""Spend the whole budget on images first, then train on the answers for some passes."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from benchmark.method import Method, hot, param
from methods._blocks.losses import distillation
from methods._blocks.optimisers import adam, descend
from methods._blocks.pool import LabelledPool


class Collect(Method):
    """A method that learns no images; a subclass says where they come from."""

    @dataclass(frozen=True)
    class Config:
        batch: int = param(250, "as IDEAL, paper 4.1.3", low=1)
        passes: int = param(12, "fixed by this suite, the same for every data set", low=1)
        student_lr: float = param(1e-3, "Adam's default", low=0)

    @property
    def temperature(self) -> float:
        """Of the softmax of teacher and student, where the answers are probabilities."""
        return 1.0

    def setup(self) -> None:
        self.pool = LabelledPool(self.spec, self.oracle.budget)
        self.optimiser = adam(self.student, self.config.student_lr)
        self.passes_done = 0

    def next_images(self, count: int) -> Tensor:
        """``count`` x C x H x W in [0, 1]."""
        raise NotImplementedError(f"{type(self).__name__}.next_images")

    def step(self) -> bool:
        room = self.oracle.remaining
        if room:
            images = self.next_images(min(self.config.batch, room))
            self.pool.add(images, self.oracle(images))
            return True
        if self.passes_done == self.config.passes:
            return False
        self._pass()
        self.passes_done += 1
        return True

    def _pass(self) -> None:
        self.student.train()
        for images, answers in self.pool.batches(self.config.batch):
            (loss,) = self._student_step(images, answers)
        self.log(student_loss=loss)

    @hot("student")
    def _student_step(self, images: Tensor, answers: Tensor) -> tuple[Tensor]:
        loss = distillation(self.student(images), answers, self.temperature)
        return (descend(self.optimiser, loss),)
