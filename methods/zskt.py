"""ZSKT: adversarial belief matching, many student steps a batch (Micaelli & Storkey 2019).

Idea. A generator step maximises the divergence of student and teacher on a batch of images; then
the student takes ten steps that minimise it on the same batch, made anew by the changed generator.

Losses. Generator: -CE(S(x), y_T), which is -KL from a one-hot teacher, with y_T a constant: the
gradient goes through the student alone. Student: CE(S(x), y_T).

Queries of one round. 2 * batch: the batch before the generator's step, and after it.

Variants. ``keep-labels``: the labels from before the generator's step serve the student too; batch
queries a round, and images whose label the step has changed are taught wrongly.

Deviations.
1. No attention transfer: it needs the teacher's activations (it is said to add about 2 points).
2. No gradient through the teacher, no soft labels. CE has no bound where the divergence from a soft
   teacher has one, so the clipping of the gradient matters.
3. The shared generator of this suite, images in [0, 1]; the released one ends in batch norm.
4. Learning rates fall as half a cosine over the *budget*, as released over 80,000 batches.
5. The gradient's scale: CE is a mean over the batch, the released KL over batch and classes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from benchmark.method import Method, hot, param
from methods._blocks.generators import GeneratorName, build
from methods._blocks.optimisers import adam, descend, set_rate


class Zskt(Method):
    paper = "Micaelli, Storkey: Zero-shot Knowledge Transfer via Adversarial Belief Matching, 2019"
    variants = {"keep-labels": {"relabel": False}}
    tiny = {"batch": 10, "student_steps": 3, "generator_width": 4, "latent_size": 8}

    @dataclass(frozen=True)
    class Config:
        batch: int = param(128, "released code", low=2)
        generator_steps: int = param(1, "released scripts", low=1)
        student_steps: int = param(10, "released scripts; its default: 7", low=1)
        relabel: bool = param(True, "released code: the teacher sees the new images")
        clip: float = param(5.0, "released code, norm of either gradient", low=0)
        student_lr: float = param(2e-3, "released code, Adam", low=0)
        generator_lr: float = param(1e-3, "released code, Adam", low=0)
        generator: GeneratorName = param("upsampling", "as IDEAL; others: its Table 6", later=True)
        generator_width: int = param(64, "as IDEAL", low=1)
        latent_size: int = param(100, "released code", low=1)

    @classmethod
    def round_cost(cls, config, spec) -> int:
        return config.batch * (config.generator_steps + config.relabel)

    def setup(self) -> None:
        c = self.config
        self.generator = build(c.generator, self.spec, c.latent_size, c.generator_width)
        self.generator_optimiser = adam(self.generator, c.generator_lr)
        self.student_optimiser = adam(self.student, c.student_lr)

    def step(self) -> bool:
        c, room = self.config, self.oracle.remaining
        if room == 0:
            return False
        self._set_rates()
        self.student.train()
        latents = self.generator.sample(c.batch)
        labels = None
        if room >= self.round_cost(c, self.spec):  # else the rest is for the student
            for _ in range(c.generator_steps):
                labels = self.oracle(self._images(latents))
                self._train_generator(latents, labels)
        self._train_student(latents, labels)
        return True

    def _set_rates(self) -> None:
        factor = (1 + math.cos(math.pi * self.oracle.spent / self.oracle.budget)) / 2
        set_rate(self.student_optimiser, self.config.student_lr * factor)
        set_rate(self.generator_optimiser, self.config.generator_lr * factor)

    @torch.no_grad()
    def _images(self, latents: Tensor) -> Tensor:
        return self.generator(latents)

    def _train_generator(self, latents: Tensor, labels: Tensor) -> None:
        self.student.requires_grad_(False)
        (loss,) = self._generator_step(latents, labels)
        self.student.requires_grad_(True)
        self.log(generator_loss=loss)

    def _train_student(self, latents: Tensor, labels: Tensor | None) -> None:
        images = self._images(latents)
        if self.config.relabel or labels is None:
            images = images[: self.oracle.remaining]
            labels = self.oracle(images)
        if len(images) < 2:  # batch norm cannot learn from one image
            return
        for _ in range(self.config.student_steps):
            (loss,) = self._student_step(images, labels)
        self.log(student_loss=loss)

    @hot("generator")
    def _generator_step(self, latents: Tensor, labels: Tensor) -> tuple[Tensor]:
        loss = -F.cross_entropy(self.student(self.generator(latents)), labels)
        return (descend(self.generator_optimiser, loss, self.config.clip),)

    @hot("student")
    def _student_step(self, images: Tensor, labels: Tensor) -> tuple[Tensor]:
        loss = F.cross_entropy(self.student(images), labels)
        return (descend(self.student_optimiser, loss, self.config.clip),)
