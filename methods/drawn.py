"""Drawn: random drawings instead of a generator, labelled once and learnt well (this suite, 2026).

Idea. No generator is trained. Images are random drawings of six families: pen strokes, level lines
of a smooth field, sharpened noise, overlapping shapes, pairs of these, smooth noise; in colour each
drawing is a mask between random textures. The student then learns from scratch on all of them, half
of each batch moved and turned a little with its label kept, at a rate that falls to 0.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from benchmark.method import Method, hot, param
from methods._blocks.drawings import FAMILIES, drawings
from methods._blocks.losses import distillation
from methods._blocks.moves import Moves
from methods._blocks.optimisers import adam, descend, set_rate
from methods._blocks.pool import LabelledPool

UPDATES_A_STEP = 100


class Drawn(Method):
    paper = "a method of this suite; no paper"
    variants = {"no-moves": {"moved": 0.0}}
    tiny = {"batch": 30, "passes": 1, "least_updates": 3, "student_batch": 16}

    @dataclass(frozen=True)
    class Config:
        batch: int = param(250, "as IDEAL, paper 4.1.3", low=2)
        strokes: float = param(2.0, "to be settled", low=0)
        lines: float = param(1.0, "to be settled", low=0)
        blobs: float = param(1.0, "to be settled", low=0)
        shapes: float = param(1.0, "to be settled", low=0)
        pairs: float = param(1.0, "to be settled", low=0)
        smooth: float = param(0.5, "to be settled", low=0)
        student_batch: int = param(128, "not tuned", low=2)
        passes: int = param(20, "to be settled", low=1)
        least_updates: int = param(1000, "to be settled", low=1)
        student_lr: float = param(2e-3, "to be settled", low=0)
        warm_up: float = param(0.05, "share of the updates; not tuned", low=0, high=1)
        moved: float = param(0.5, "to be settled", low=0, high=1)
        degrees: float = param(10, "largest rotation; not tuned", low=0)
        stretch: float = param(0.1, "largest change of a side, and shear; not tuned", low=0, high=1)
        shift: float = param(0.07, "largest, of a side; not tuned", low=0, high=1)

    def setup(self) -> None:
        c = self.config
        self.pool = LabelledPool(self.spec, self.oracle.budget)
        self.optimiser = adam(self.student, c.student_lr)
        self.updates_done = 0
        if not any(self._shares().values()):
            raise ValueError(f"all of {', '.join(FAMILIES)} are 0: nothing is left to draw")

    def step(self) -> bool:
        room = self.oracle.remaining
        if room:
            count = min(self.config.batch, room)
            images = drawings(count, self.spec.shape, self.spec.device, self._shares())
            self.pool.add(images, self.oracle(images))
            return True
        c = self.config
        updates = max(c.least_updates, math.ceil(c.passes * len(self.pool) / c.student_batch))
        left = updates - self.updates_done
        if not left:
            return False
        self.student.train()
        for _ in range(min(UPDATES_A_STEP, left)):
            set_rate(self.optimiser, c.student_lr * self._rate(self.updates_done / updates))
            (loss,) = self._student_step(*self.pool.draw(c.student_batch))
            self.updates_done += 1
        self.log(student_loss=loss)
        return True

    def _shares(self) -> dict[str, float]:
        return {name: getattr(self.config, name) for name in FAMILIES}

    def _rate(self, progress: float) -> float:
        """Of the peak: linear up, half a cosine down."""
        rise = min(1.0, (progress + 1e-3) / max(self.config.warm_up, 1e-3))
        return rise * 0.5 * (1 + math.cos(math.pi * progress))

    @hot("student")
    def _student_step(self, images: Tensor, labels: Tensor) -> tuple[Tensor]:
        """One update on cross-entropy, with a part of the images moved."""
        c = self.config
        many = round(c.moved * len(images))
        moves = Moves(c.degrees, c.stretch, c.shift, mirror=self.spec.shape[0] > 1)
        images = torch.cat([moves(images[:many]), images[many:]])
        return (descend(self.optimiser, distillation(self.student(images), labels)),)
