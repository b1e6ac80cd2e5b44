"""ZSKT: adversarial belief matching, many student steps a batch (Micaelli & Storkey 2019).

Idea. A generator step maximises the divergence of student and teacher on a batch of images; then
the student takes ten steps that minimise it on the same batch, made anew by the changed generator.

Losses. Generator: -KL(T(x) || S(x)). Student: KL(T(x) || S(x)). From a label, which is a one-hot
teacher, the divergence is CE(S(x), y_T).

Access. ``hard-label``: y_T is a constant, and the generator's gradient goes through the student
alone. ``white-box``: it goes through both networks, as published.

Queries of one round. 2 * batch: the batch before the generator's step, and after it; 1 * batch in
white-box access, where the teacher itself is shown the first, with a gradient, beside the queries.

Variants. ``cached``: all labels are stored and replayed as in ``ideal``, those of the generator's
step too; its values are those of the best trial of ``bench tune`` within that limit.

Deviations.
1. No attention transfer (it is said to add about 2 points): labels give no activations, and in
   white-box access teacher and student need not have layers that correspond.
2. hard-label: no gradient through the teacher, no soft labels. CE has no bound where the divergence
   from a soft teacher has one, so the clipping of the gradient matters.
3. The released generator ends in batch norm and makes normalised images, in units of the data's
   deviation. A quarter of [0, 1] stands for that, around mid-grey, and values outside are cut.
   Its hidden layers are those of ``ideal``; the released ones have biases, of no effect before
   batch norm.
4. Learning rates fall as half a cosine over the *budget*, as released over 80,000 batches.
   ``cached``: that of the student falls in the final passes only, as in ``ideal``.
5. The gradient's scale: CE is a mean over the batch, the released KL over batch and classes; so
   it is in white-box access.
6. The batch is the released 128 whatever the data set's is; ten steps on 250 images at a time
   learn less from as many labels.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from benchmark.method import Spec, hot, param
from methods._blocks.finite import finite
from methods._blocks.generators import GeneratorName, HeadName, build
from methods._blocks.losses import distillation, logit_divergence
from methods._blocks.optimisers import adam, descend, set_rate
from methods._blocks.replay import Replay


class Zskt(Replay):
    paper = "Micaelli, Storkey: Zero-shot Knowledge Transfer via Adversarial Belief Matching, 2019"
    version = 2
    access = ("hard-label", "white-box")
    variants = {
        "cached": {
            "cached": True,
            "generator_lr": 0.00128,
            "student_lr": 0.00183,
            "replay_steps": 14,
            "batch": 246,
        },
    }
    tiny = {
        "batch": 10,
        "student_steps": 3,
        "generator_width": 4,
        "latent_size": 8,
        "replay_steps": 2,
        "final_passes": 1,
    }
    space = {
        "": {
            "generator_lr": (1e-4, 1e-1),
            "student_lr": (1e-4, 1e-1),
            "student_steps": (1, 50),
            "batch": (25, 250),
        },
        "cached": {
            "generator_lr": (1e-4, 1e-1),
            "student_lr": (1e-4, 1e-1),
            "replay_steps": (1, 50),
            "batch": (25, 250),
        },
    }

    @dataclass(frozen=True)
    class Config(Replay.Config):
        batch: int = param(128, "released code", low=2, own=True)
        generator_steps: int = param(1, "released scripts", low=1)
        student_steps: int = param(10, "released scripts; its default: 7", low=1)
        clip: float = param(5.0, "released code, norm of either gradient", low=0)
        student_lr: float = param(2e-3, "released code, Adam", low=0)
        generator_lr: float = param(1e-3, "released code, Adam", low=0)
        generator: GeneratorName = param("upsampling", "released code; others: IDEAL, Table 6")
        head: HeadName = param("bn-affine", "released code")
        generator_width: int = param(64, "as IDEAL", low=1)
        latent_size: int = param(100, "released code", low=1)

    @classmethod
    def round_cost(cls, config: Config, spec: Spec) -> int:
        asked = config.generator_steps if spec.access == "hard-label" else 0
        return config.batch * (asked + 1)

    def setup(self) -> None:
        super().setup()
        c = self.config
        self.generator = build(c.generator, self.spec, c.latent_size, c.generator_width, c.head)
        self.generator_optimiser = adam(self.generator, c.generator_lr)
        self.student_optimiser = adam(self.student, c.student_lr)

    def step(self) -> bool:
        c, room = self.config, self.oracle.remaining
        if room == 0:
            return self.final_pass()
        self._set_rates()
        latents = self.generator.sample(c.batch)
        if room >= self.round_cost(c, self.spec):  # else the rest is for the student
            for _ in range(c.generator_steps):
                self._train_generator(latents)
        self.learn(*self._ask(latents), c.student_steps)
        return True

    def _set_rates(self) -> None:
        factor = (1 + math.cos(math.pi * self.oracle.spent / self.oracle.budget)) / 2
        set_rate(self.generator_optimiser, self.config.generator_lr * factor)
        if not self.config.cached:
            set_rate(self.student_optimiser, self.config.student_lr * factor)

    @torch.no_grad()
    def _ask(self, latents: Tensor) -> tuple[Tensor, Tensor]:
        """The images of these latents, as many as the budget pays for, and the answers."""
        return self.ask(self.generator(latents))

    def _train_generator(self, latents: Tensor) -> None:
        """One step of G against the student, which is in training mode here as released."""
        bought = self._ask(latents) if self.teacher is None else None
        self.student.train().requires_grad_(False)
        if bought is None:
            (loss,) = self._open_generator_step(latents)
        else:
            (loss,) = self._generator_step(latents, bought[1])
        self.student.requires_grad_(True)
        self.log(generator_loss=finite(loss, "the generator's loss"))
        if bought is not None:
            self.learn(*bought, steps=0)

    @hot("generator")
    def _generator_step(self, latents: Tensor, labels: Tensor) -> tuple[Tensor]:
        loss = -F.cross_entropy(self.student(self.generator(latents)), labels)
        return (descend(self.generator_optimiser, loss, self.config.clip),)

    @hot("generator")
    def _open_generator_step(self, latents: Tensor) -> tuple[Tensor]:
        assert self.teacher is not None, "a step of white-box access"
        images = self.generator(latents)
        loss = -logit_divergence(self.student(images), self.teacher(images).float()).mean()
        loss = loss / self.spec.classes
        return (descend(self.generator_optimiser, loss, self.config.clip),)

    @hot("student")
    def _student_step(self, images: Tensor, answers: Tensor) -> tuple[Tensor]:
        loss = distillation(self.student(images), answers)
        if answers.is_floating_point():
            loss = loss / self.spec.classes
        return (descend(self.student_optimiser, loss, self.config.clip),)
