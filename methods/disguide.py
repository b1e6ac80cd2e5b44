"""DisGUIDE: the generator seeks images on which two students disagree (Rosenthal et al. 2023).

Idea. Two students learn the same labels from different starts. Where they disagree one of them is
wrong, so a generator that learns to make them disagree asks useful questions, and its own steps
cost no query. A second term keeps the classes of a batch balanced. All labels are stored and
replayed. The first student is delivered.

Losses. Generator: -mean_{i,k} std_m(p_m,ik) + entropy sum_k pbar_k log pbar_k, pbar the mean over
batch and students. Students: CE(S_m(x), y_T), the sum of both.

Queries of one round. ``batches`` * ``batch``: fresh images, none for the generator's step.

Variants. ``dual-students`` (Beetham et al. 2023), its predecessor: no replay, no balance, the
generator maximises the mean L1 between logits, five batches for each of its steps, a larger rate
that falls earlier, and an average of the first student's weights is delivered.

Deviations.
1. Each student has the steps that ``ideal`` has for a label: a tenth of a step, never more than a
   pass over all, then ten passes; as there are two, that is twice the student steps of ``ideal``
   in all. Three steps on stored labels for each new batch, as released, are few: 388 at 25,000
   queries.
2. Batches of 50 and a students' rate of 0.01, from the tuning sets: with the released batch of 256
   a budget of 2,000 is eight steps of the generator, and the student stays at chance. The rates
   fall at shares of all student steps (released: of epochs of 38,400 queries, by which the students
   begin at less than a tenth of their rate where the budget is smaller than one).
3. The published result is the vote of both students, and the epoch that was best on test images.
   Here it is the first student at the end.
4. ``dual-students``: the generator learns from the images that the students get; in the released
   code from those before the last tanh. No gradient norm of the teacher is measured. The average
   moves with every step, as much in fifty as the released one in ten rounds, and faster at first.
5. The pool holds all labels; the released one keeps the last million.
6. Images are scaled from tanh's [-1, 1] to [0, 1]; the generator's hidden layers are those of
   ``ideal``.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmark.method import Method, Spec, hot, param
from methods._blocks.allowance import all_steps
from methods._blocks.finite import finite
from methods._blocks.generators import GeneratorName, HeadName, build
from methods._blocks.optimisers import adam, descend, set_rate, sgd
from methods._blocks.pool import LabelledPool
from methods._blocks.several import several
from methods._blocks.twins import redrawn, twin

CODE, DUAL = "released code", "; dual-students: its released code"
TUNED = "deviation 2; tuning sets, 2,000 queries, seed 100"
FALLS = {"late": (0.4, 0.8), "early": (0.1, 0.3, 0.5)}  # shares of the student steps
FALL, SMALL = 0.3, 1e-6


class Disguide(Method):
    paper = (
        "Rosenthal et al.: DisGUIDE, AAAI 2023; Beetham et al.: Dual Student Networks, ICLR 2023"
    )
    variants = {
        "dual-students": {
            "batch": 256,
            "gap": "logits",
            "entropy": 0.0,
            "grey_every": 0,
            "batches": 5,
            "student_lr": 0.3,
            "falls": "early",
            "replay_steps": 1,
            "final_passes": 0,
            "average": 0.998,
        },
    }
    tiny = {
        "batch": 10,
        "generator_width": 4,
        "latent_size": 8,
        "replay_steps": 2,
        "final_passes": 1,
    }
    space = {
        "": {
            "generator_lr": (1e-5, 1e-2),
            "student_lr": (1e-3, 3e-1),
            "entropy": (0.02, 2.0),
            "replay_steps": (1, 50),
        },
    }

    @dataclass(frozen=True)
    class Config:
        batch: int = param(50, TUNED + "; released: 256", low=2, own=True)
        batches: int = param(1, CODE + DUAL, low=1)
        gap: Literal["probabilities", "logits"] = param("probabilities", CODE + DUAL)
        entropy: float = param(0.2, CODE + ", CIFAR-10 (CIFAR-100: 0.04)", low=0)
        grey_every: int = param(8, CODE + ", of colour images; 0: none", low=0)
        generator_lr: float = param(1e-4, CODE, low=0)
        generator: GeneratorName = param("upsampling", CODE + "; others: IDEAL, Table 6")
        head: HeadName = param("bn-tanh", CODE)
        generator_width: int = param(64, CODE, low=1)
        latent_size: int = param(256, CODE, low=1)
        replay_steps: int = param(
            5, "a tenth of a step for each label, as ideal; released: 4", low=1
        )
        final_passes: int = param(10, "deviation 1; released: 0", low=0)
        student_lr: float = param(0.01, TUNED + "; released: 0.03" + DUAL, low=0)
        student_momentum: float = param(0.9, CODE, low=0, high=1)
        student_weight_decay: float = param(5e-4, CODE, low=0)
        falls: Literal["late", "early"] = param("late", CODE + DUAL)
        average: float = param(0.0, "0: none" + DUAL + ", 0.9 in ten rounds", low=0, high=0.99999)

    @classmethod
    def round_cost(cls, config: Config, spec: Spec) -> int:
        return config.batches * config.batch

    def setup(self) -> None:
        c = self.config
        self.generator = build(c.generator, self.spec, c.latent_size, c.generator_width, c.head)
        self.generator_optimiser = adam(self.generator, c.generator_lr)
        self.students = nn.ModuleList([self.student, redrawn(twin(self.student))])
        self.student_optimiser = sgd(
            self.students, c.student_lr, c.student_momentum, c.student_weight_decay
        )
        self.averaged = twin(self.student).eval().requires_grad_(False)
        self.pool = LabelledPool(self.spec, self.oracle.budget)
        self.passes_done = self.steps_done = 0

    def step(self) -> bool:
        if self.oracle.remaining:
            self._train_generator()
            for _ in range(self.config.batches):
                self._buy()
            return True
        if self.passes_done == self.config.final_passes:
            return False
        self._train_students(self.pool.batches(self.config.batch))
        self.passes_done += 1
        return True

    def deliver(self) -> nn.Module:
        return self.averaged if self.config.average else self.student

    def _train_generator(self) -> None:
        self.students.eval().requires_grad_(False)
        self.generator.train()
        set_rate(self.generator_optimiser, self.config.generator_lr * self._fall())
        loss, gap = self._generator_step(self.generator.sample(self.config.batch))
        self.students.requires_grad_(True)
        self.log(generator_loss=finite(loss, "the generator's loss"), disagreement=gap)

    @hot("generator")
    def _generator_step(self, latents: Tensor) -> tuple[Tensor, Tensor]:
        """One update; returns the loss, and the mean |p1 - p2|."""
        c = self.config
        images = some_grey(self.generator(latents), c.grey_every)
        first, second = (student(images).float() for student in self.students)
        p, q = first.softmax(dim=1), second.softmax(dim=1)
        apart = F.l1_loss(first, second) if c.gap == "logits" else F.l1_loss(p, q) / math.sqrt(2)
        mean = ((p + q) / 2 + SMALL).mean(dim=0)
        loss = -apart + c.entropy * (mean * mean.log()).sum()
        return descend(self.generator_optimiser, loss), (p - q).abs().mean().detach()

    def _buy(self) -> None:
        """A batch of the generator with its running statistics; then the students' steps."""
        c = self.config
        if self.oracle.remaining == 0:
            return
        with torch.no_grad():
            images = self.generator.eval()(self.generator.sample(c.batch))
            images = some_grey(images, c.grey_every)
        self.pool.add(*self.ask(images))
        self._train_students(self.pool.replay(c.batch, c.replay_steps))

    def _train_students(self, batches: Iterable[tuple[Tensor, Tensor]]) -> None:
        """A step of both students for each batch."""
        self.students.train()
        for images, labels in batches:
            set_rate(self.student_optimiser, self.config.student_lr * self._fall())
            self.steps_done += 1
            if several(images):
                (loss,) = self._student_step(images, labels)
                self.log(student_loss=loss)
                self._average()

    @hot("student")
    def _student_step(self, images: Tensor, labels: Tensor) -> tuple[Tensor]:
        losses = [F.cross_entropy(student(images), labels) for student in self.students]
        return (descend(self.student_optimiser, losses[0] + losses[1]),)

    def _fall(self) -> float:
        """By how much the rates have fallen, at shares of all steps that the budget gives."""
        c, labels = self.config, self.oracle.budget
        share = self.steps_done / all_steps(labels, c.batch, c.replay_steps, c.final_passes)
        return FALL ** sum(share >= milestone for milestone in FALLS[c.falls])

    @torch.no_grad()
    def _average(self) -> None:
        """The average of the first student's weights; statistics of batch norm too."""
        if self.config.average == 0:
            return
        keep = min(self.config.average, self.steps_done / (self.steps_done + 9))
        now = self.student.state_dict()
        for name, kept in self.averaged.state_dict().items():
            if kept.is_floating_point():
                kept.lerp_(now[name], 1 - keep)
            else:
                kept.copy_(now[name])


def some_grey(images: Tensor, every: int) -> Tensor:
    """Every ``every``-th colour image with all channels as one, drawn for the batch.

    The gradient of such an image goes through that channel alone.
    """
    count, channels = images.shape[:2]
    if channels == 1 or every == 0:
        return images
    device = images.device
    drawn = torch.randint(channels, (1,), device=device)
    one = images.index_select(1, drawn)
    same = torch.arange(channels, device=device).view(1, -1, 1, 1) == drawn
    grey = torch.where(same, one, one.detach())
    chosen = torch.arange(count, device=device).view(-1, 1, 1, 1) % every == 0
    return torch.where(chosen, grey, images)
