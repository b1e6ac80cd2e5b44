"""DaST: images of chosen classes on which the student disagrees (Zhou et al. 2020).

Idea. A generator is told a class for each image. It is trained so that the student sees that class
(label control, for diversity) and at the same time disagrees with the teacher; the student learns
the teacher's labels of the same images.

Losses. Student: d = CE(S(x), y_T) + beta MSE(S(x), T(x)), of probabilities. Generator: exp(-d) +
alpha CE(S(x), k), k the chosen class.

Access. ``hard-label``: the paper's DaST-L, in which d is the cross-entropy alone. ``score``: its
DaST-P, with the teacher's probabilities T(x) and y_T the likeliest class.

Queries of one round. batch: one set of labels serves the student's step and the generator's.

Variants. ``cached``: labels are stored and replayed as in ``ideal``.

Deviations.
1. One generator with a learnt vector for each class added to the latent, its layers those of
   ``ideal``. The released code has a branch of 1.46 million weights a class and a trunk. Images of
   the classes pass it class by class, as there, so that batch norm does not mix them. Both start
   nearly grey: the released trunk ends in convolution and sigmoid too.
2. alpha is 0.2 and becomes CE(S(x), k) after any step at which that was at most 0.1, as in the
   released code for MNIST. That for CIFAR has another threshold and never steps the generator; it
   is not followed.
3. The student is in evaluation mode in the generator's step, so that it learns from answers only.
4. Batch 250 or 1000 as for all methods here (released: 500).
5. ``cached``: the generator ends in batch norm and tanh, as that of ``dfme``. It is not the
   paper's; without it the labels that are bought hardly differ. Rates, replays and batch are
   those of the best trial of ``bench tune`` within the limit of ``ideal``.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmark.method import hot, param
from methods._blocks.finite import finite
from methods._blocks.generators import GeneratorName, HeadName, build
from methods._blocks.optimisers import adam, descend
from methods._blocks.replay import Replay
from methods._blocks.several import several

CODE = "released code (MNIST)"


class Dast(Replay):
    paper = "Zhou, Wu, Liu, Liu, Zhu: DaST, Data-Free Substitute Training, CVPR 2020"
    version = 2
    access = ("hard-label", "score")
    variants = {
        "cached": {
            "cached": True,
            "head": "bn-tanh",
            "generator_lr": 0.00013,
            "student_lr": 0.00833,
            "replay_steps": 1,
            "batch": 32,
        },
    }
    tiny = {
        "batch": 30,
        "generator_width": 4,
        "latent_size": 8,
        "replay_steps": 2,
        "final_passes": 1,
    }
    space = {
        "": {
            "generator_lr": (1e-5, 1e-2),
            "student_lr": (1e-5, 1e-2),
            "control": (0.02, 2.0),
            "batch": (25, 250),
        },
        "cached": {
            "generator_lr": (1e-5, 1e-2),
            "student_lr": (1e-4, 1e-1),
            "replay_steps": (1, 50),
            "batch": (25, 250),
        },
    }

    @dataclass(frozen=True)
    class Config(Replay.Config):
        batch: int = param(500, CODE, low=2)
        control: float = param(0.2, CODE + ", alpha", low=0)
        threshold: float = param(0.1, CODE + ", of CE(S(x), k)", low=0)
        beta: float = param(0.1, CODE + "; score access only", low=0, later=True)
        student_lr: float = param(1e-4, CODE + ", Adam; cached: deviation 5", low=0)
        generator_lr: float = param(1e-4, CODE + ", Adam", low=0)
        beta1: float = param(0.5, CODE + ", of both", low=0, high=1)
        generator: GeneratorName = param("upsampling", "as IDEAL; others: its Table 6")
        head: HeadName = param("sigmoid", CODE + "; cached: deviation 5")
        generator_width: int = param(64, "as IDEAL", low=1)
        latent_size: int = param(128, CODE, low=1)

    def setup(self) -> None:
        super().setup()
        c, device = self.config, self.spec.device
        self.generator = build(c.generator, self.spec, c.latent_size, c.generator_width, c.head)
        self.classes = nn.Embedding(self.spec.classes, c.latent_size, device=device)
        betas = (c.beta1, 0.999)
        both = nn.ModuleList([self.generator, self.classes])
        self.generator_optimiser = adam(both, c.generator_lr, betas)
        self.student_optimiser = adam(self.student, c.student_lr, betas)
        self.alpha = torch.tensor(c.control, device=device)

    def step(self) -> bool:
        if self.oracle.remaining == 0:
            return self.final_pass()
        latents = self.generator.sample(self.config.batch)
        chosen = torch.arange(self.config.batch, device=self.spec.device) % self.spec.classes
        with torch.no_grad():
            images = self._images(latents, chosen)
        images, answers, latents, chosen = self.ask(images, latents, chosen)
        self.learn(images, answers)
        if not several(images):
            return True
        self.student.eval().requires_grad_(False)
        (loss,) = self._generator_step(latents, chosen, answers)
        self.student.requires_grad_(True)
        self.log(generator_loss=finite(loss, "the generator's loss"), alpha=self.alpha)
        return True

    def _images(self, latents: Tensor, chosen: Tensor) -> Tensor:
        """A pass of the generator for each class; the classes of ``chosen`` come in turns."""
        told, classes = latents + self.classes(chosen), self.spec.classes
        parts = [self.generator(told[first::classes]) for first in range(min(classes, len(told)))]
        numbers = torch.arange(len(told), device=told.device)
        places = torch.cat([numbers[first::classes] for first in range(len(parts))])
        return torch.cat(parts)[places.argsort()]

    @hot("student")
    def _student_step(self, images: Tensor, answers: Tensor) -> tuple[Tensor]:
        loss = self._distance(self.student(images), answers)
        return (descend(self.student_optimiser, loss),)

    @hot("generator")
    def _generator_step(self, latents: Tensor, chosen: Tensor, answers: Tensor) -> tuple[Tensor]:
        logits = self.student(self._images(latents, chosen))
        control = F.cross_entropy(logits, chosen)
        loss = (-self._distance(logits, answers)).exp() + self.alpha * control
        loss = descend(self.generator_optimiser, loss)
        reached = control.detach() <= self.config.threshold
        self.alpha.copy_(torch.where(reached, control.detach(), self.alpha))
        return (loss,)

    def _distance(self, logits: Tensor, answers: Tensor) -> Tensor:
        """d: of N x K logits to labels (int64 N) or to probabilities (float32 N x K)."""
        if not answers.is_floating_point():
            return F.cross_entropy(logits, answers)
        apart = F.mse_loss(logits.softmax(dim=1), answers)
        return F.cross_entropy(logits, answers.argmax(dim=1)) + self.config.beta * apart
