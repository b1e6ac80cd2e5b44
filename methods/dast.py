"""DaST: images of chosen classes on which the student disagrees (Zhou et al. 2020).

Idea. A generator is told a class for each image. It is trained so that the student sees that class
(label control, for diversity) and at the same time disagrees with the teacher; the student learns
the teacher's labels of the same images.

Losses. Generator: exp(-CE(S(x), y_T)) + alpha CE(S(x), k), k the chosen class. Student:
CE(S(x), y_T). This is the paper's label-only form, DaST-L (beta = 0).

Queries of one round. batch: one set of labels serves the student's step and the generator's.

Deviations.
1. One generator with a learnt vector for each class added to the latent, the shared generator of
   this suite. The released code has a branch of 1.46 million weights a class and a trunk.
2. alpha is 0.2 and becomes CE(S(x), k) whenever that is at most 0.1, as in the released code for
   MNIST. That for CIFAR has another threshold and never steps the generator; it is not followed.
3. The student is in evaluation mode in the generator's step, so that it learns from answers only.
4. Batch 250 or 1000 as for all methods here (released: 500).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmark.method import Method, hot, param
from methods._blocks.generators import GeneratorName, build
from methods._blocks.optimisers import adam, descend

CODE = "released code (MNIST)"


class Dast(Method):
    paper = "Zhou, Wu, Liu, Liu, Zhu: DaST, Data-Free Substitute Training, CVPR 2020"
    tiny = {"batch": 30, "generator_width": 4, "latent_size": 8}

    @dataclass(frozen=True)
    class Config:
        batch: int = param(500, CODE, low=2)
        control: float = param(0.2, CODE + ", alpha", low=0)
        threshold: float = param(0.1, CODE + ", of CE(S(x), k)", low=0)
        student_lr: float = param(1e-4, CODE + ", Adam", low=0)
        generator_lr: float = param(1e-4, CODE + ", Adam", low=0)
        beta1: float = param(0.5, CODE + ", of both", low=0, high=1)
        generator: GeneratorName = param("upsampling", "as IDEAL; others: its Table 6", later=True)
        generator_width: int = param(64, "as IDEAL", low=1)
        latent_size: int = param(128, CODE, low=1)

    def setup(self) -> None:
        c, device = self.config, self.spec.device
        self.generator = build(c.generator, self.spec, c.latent_size, c.generator_width)
        self.classes = nn.Embedding(self.spec.classes, c.latent_size, device=device)
        betas = (c.beta1, 0.999)
        both = nn.ModuleList([self.generator, self.classes])
        self.generator_optimiser = adam(both, c.generator_lr, betas)
        self.student_optimiser = adam(self.student, c.student_lr, betas)
        self.alpha = torch.tensor(c.control, device=device)

    def step(self) -> bool:
        room = self.oracle.remaining
        if room == 0:
            return False
        latents = self.generator.sample(self.config.batch)
        chosen = torch.arange(self.config.batch, device=self.spec.device) % self.spec.classes
        with torch.no_grad():
            images = self._images(latents, chosen)[:room]
        labels = self.oracle(images)
        if len(images) < 2:  # batch norm cannot learn from one image
            return True
        self.student.train()
        (student_loss,) = self._student_step(images, labels)
        self.student.eval().requires_grad_(False)
        (loss,) = self._generator_step(latents[:room], chosen[:room], labels)
        self.student.requires_grad_(True)
        self.log(student_loss=student_loss, generator_loss=loss, alpha=self.alpha)
        return True

    def _images(self, latents: Tensor, chosen: Tensor) -> Tensor:
        return self.generator(latents + self.classes(chosen))

    @hot("student")
    def _student_step(self, images: Tensor, labels: Tensor) -> tuple[Tensor]:
        loss = F.cross_entropy(self.student(images), labels)
        return (descend(self.student_optimiser, loss),)

    @hot("generator")
    def _generator_step(self, latents: Tensor, chosen: Tensor, labels: Tensor) -> tuple[Tensor]:
        logits = self.student(self._images(latents, chosen))
        control = F.cross_entropy(logits, chosen)
        reached = control.detach() <= self.config.threshold
        self.alpha.copy_(torch.where(reached, control.detach(), self.alpha))
        loss = (-F.cross_entropy(logits, labels)).exp() + self.alpha * control
        return (descend(self.generator_optimiser, loss),)
