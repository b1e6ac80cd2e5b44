"""NAME: the idea in one line (authors, year). Copy this file to ``methods/NAME.py`` and edit.

Idea. Three lines that a reader of the field recognises.

Queries of one round. A formula in Config fields, as ``batch``.

Deviations.
1. A difference from the paper or its released code, and the reason; "none" is a fine answer.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from benchmark.method import Method, hot, param
from methods._blocks.optimisers import descend, sgd
from methods._blocks.pool import LabelledPool


class Template(Method):
    paper = "Authors: Title, Venue Year"
    variants = {"large-batch": {"batch": 1000}}  # `--methods NAME:large-batch`
    tiny = {"batch": 20}  # makes the contract tests quick
    space = {"": {"batch": (25, 250), "student_lr": (1e-3, 1e-1)}}  # where `bench tune` looks

    @dataclass(frozen=True)
    class Config:
        batch: int = param(250, "paper, section 4", low=1)
        student_lr: float = param(0.01, "paper, section 4", low=0)

    def setup(self) -> None:
        """Build everything that has weights or state here, as plain attributes."""
        self.pool = LabelledPool(self.spec, self.oracle.budget)
        self.optimiser = sgd(self.student, self.config.student_lr, momentum=0.9)

    def step(self) -> bool:
        """One round; False when nothing is left to do."""
        if self.oracle.remaining == 0:
            return False
        images = torch.rand(self.config.batch, *self.spec.shape, device=self.spec.device)
        self.pool.add(*self.ask(images))  # as many as the budget still pays for
        self.student.train()
        # Replay of everything labelled so far; stored labels cost nothing.
        for shown, labels in self.pool.batches(self.config.batch):
            (loss,) = self._student_step(shown, labels)
            self.log(student_loss=loss)
        return True

    @hot("student")  # a CUDA graph on a GPU, timed by `bench profile`
    def _student_step(self, images: Tensor, labels: Tensor) -> tuple[Tensor]:
        loss = F.cross_entropy(self.student(images), labels)
        return (descend(self.optimiser, loss),)
