"""DFHL-RS: the student learns images that it is least sure of (Yuan et al. 2024).

Idea. A generator learns, through the student, images of soft classes that are balanced over the
batch. Each image is then pushed to where the student's entropy is high (a *high-entropy example*),
and the teacher is asked about that. Made to copy teachers that are robust to such changes.

Losses. Generator and latents: KL(soft target || p) + balance sum_k pbar_k log10 pbar_k, the target
1 - s on a random class. Push: steps along the sign of the gradient of the student's entropy.
Student: CE(S(x), y_T).

Queries of one round. ``batch``: each pushed image once, its label is stored. ``released`` keeps the
images of the generator without labels and pushes and asks in every student step anew:
``batch`` * ``student_steps``, 128,000.

Variants. ``released``: as above; a budget of 256,000 is two of its 300 rounds. ``clean``: images
are not pushed. ``near``: pushed by 0.063 (16/255) at most, for teachers that are not robust.

Deviations.
1. The default is a cached form: one push and one query for each image, labels replayed within the
   student steps of ``ideal``. The released code buys 500 labels for each image and keeps none.
2. Stored images are shifted and, where they have colours, mirrored, with their label kept. The
   strong augmentation comes before the query or not at all: at the boundary it would change
   labels. ``released`` mirrors in both directions before the query, as published.
3. The rate falls as a cosine over all student steps (``released``: over the budget), not over 300
   rounds. The cached form begins at a tenth of the released 0.1.
4. Values are those of the released CIFAR-10 command (CIFAR-100: s 0.02, 15 generator steps, rates
   0.005 and 0.015), but for the batch of the cached form: with 50 instead of 256 a small budget has
   rounds enough for a generator that is never drawn anew (chosen on held-out digits, 2,000
   queries).
5. The released code asks for a pseudo-label of each generated batch, which this form does not use;
   it is left out.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmark.method import Method, Spec, hot, param
from methods._blocks.allowance import all_steps
from methods._blocks.augment import augment
from methods._blocks.distortions import noisy, turned_alike
from methods._blocks.generators import GeneratorName, HeadName, build
from methods._blocks.losses import batch_information, is_label
from methods._blocks.lowest import Lowest
from methods._blocks.optimisers import adam, descend, restart, set_rate, sgd
from methods._blocks.pool import LabelledPool
from methods._blocks.several import several

CODE = "released code (CIFAR-10)"
LOG10 = 0.4342944819032518  # log10(e): the released code's logarithm
TURNS = (-15.0, 0.0, 15.0)  # degrees
LAST = 2e-3  # the last rate, as a share of the first


class DfhlRs(Method):
    paper = "Yuan et al.: Data-Free Hard-Label Robustness Stealing Attack, AAAI 2024"
    variants = {
        "released": {"cached": False, "batch": 256, "student_lr": 0.1},
        "clean": {"push_steps": 0},
        "near": {"push_reach": 0.063},
    }
    tiny = {
        "batch": 30,
        "generator_steps": 2,
        "generator_width": 4,
        "latent_size": 8,
        "student_steps": 2,
        "replay_steps": 2,
        "final_passes": 1,
    }
    space = {
        "": {
            "generator_lr": (1e-4, 1e-2),
            "student_lr": (1e-3, 3e-1),
            "push_reach": (0.015, 1.0),
            "replay_steps": (1, 50),
        },
    }

    @dataclass(frozen=True)
    class Config:
        batch: int = param(50, "deviation 4; released: 256", low=2, own=True)
        cached: bool = param(True, "deviation 1; false: released")
        generator_steps: int = param(10, CODE + ", N_G", low=1)
        generator_lr: float = param(0.002, CODE + ", Adam", low=0)
        latent_lr: float = param(0.01, CODE + ", Adam", low=0)
        beta1: float = param(0.5, CODE, low=0, high=1)
        generator: GeneratorName = param("upsampling", CODE + "; others: IDEAL, Table 6")
        head: HeadName = param("sigmoid", CODE)
        generator_width: int = param(64, "as IDEAL", low=1)
        latent_size: int = param(256, CODE, low=1)
        smoothing: float = param(0.2, CODE + ", s", low=0, high=1)
        balance: float = param(3.0, CODE + ", lambda", low=0)
        push_steps: int = param(10, CODE, low=0)
        push_size: float = param(0.03, CODE, low=0)
        push_reach: float = param(1.0, CODE + ": no limit; most change of a pixel", low=0)
        student_steps: int = param(500, CODE + ", N_C; released only", low=1)
        replay_steps: int = param(5, "cached: a tenth of a step for each label, as ideal", low=1)
        final_passes: int = param(10, "cached: as ideal", low=0)
        student_lr: float = param(0.01, "deviation 3; released: 0.1", low=0)
        student_momentum: float = param(0.9, CODE, low=0, high=1)
        student_weight_decay: float = param(1e-4, CODE, low=0)

    @classmethod
    def round_cost(cls, config: Config, spec: Spec) -> int:
        return config.batch * (1 if config.cached else config.student_steps)

    def setup(self) -> None:
        c, device = self.config, self.spec.device
        self.generator = build(c.generator, self.spec, c.latent_size, c.generator_width, c.head)
        self.generator.reset()
        self.latents = nn.ParameterList([torch.zeros(c.batch, c.latent_size, device=device)])
        self.generator_optimiser = adam(self.generator, c.generator_lr, (c.beta1, 0.999))
        self.latent_optimiser = adam(self.latents, c.latent_lr, (c.beta1, 0.999))
        self.student_optimiser = sgd(
            self.student, c.student_lr, c.student_momentum, c.student_weight_decay
        )
        budget = self.oracle.budget
        self.pool = LabelledPool(self.spec, budget if c.cached else 0)
        rounds = 0 if c.cached else -(-budget // (c.batch * c.student_steps))
        self.bank = torch.zeros(rounds * c.batch, *self.spec.shape, device=device)
        self.made = self.passes_done = self.steps_done = 0

    def step(self) -> bool:
        c = self.config
        if self.oracle.remaining:
            images = self._generate()
            if c.cached:
                self.pool.add(*self.ask(self._pushed(images)))
                self._learn(self.pool.replay(c.batch, c.replay_steps))
            else:
                self._learn_anew(images)
            return True
        if not c.cached or self.passes_done == c.final_passes:
            return False
        self._learn(self.pool.batches(c.batch))
        self.passes_done += 1
        return True

    def _generate(self) -> Tensor:
        """The images with the lowest loss of the generator, which goes on, and of new latents."""
        c, device = self.config, self.spec.device
        self.student.eval().requires_grad_(False)
        with torch.no_grad():
            self.latents[0].normal_()
        restart(self.generator_optimiser)
        restart(self.latent_optimiser)
        targets = torch.randint(self.spec.classes, (c.batch,), device=device)
        images, loss = self._generator_step(targets)
        best = Lowest(loss, images)
        for _ in range(c.generator_steps - 1):
            images, loss = self._generator_step(targets)
            best.offer(loss, images)
        self.student.requires_grad_(True)
        self.log(generator_loss=best.last)
        (images,) = best.checked("the generator's loss")
        return images

    @hot("generator")
    def _generator_step(self, targets: Tensor) -> tuple[Tensor, Tensor]:
        """One update of G and z; returns the images before it and their loss."""
        c, classes = self.config, self.spec.classes
        images = self.generator(self.latents[0])
        logits = self.student(augment(images, "crop+flip"))
        soft = torch.where(is_label(targets, classes), 1 - c.smoothing, c.smoothing / (classes - 1))
        loss = F.kl_div(logits.log_softmax(dim=1), soft, reduction="batchmean")
        loss = loss + c.balance * LOG10 * classes * batch_information(logits)
        self.latent_optimiser.zero_grad()
        loss = descend(self.generator_optimiser, loss)
        self.latent_optimiser.step()
        return images.detach(), loss

    def _pushed(self, images: Tensor) -> Tensor:
        """Images where the student is least sure: N x C x H x W in [0, 1]; no queries."""
        c = self.config
        if c.push_steps == 0:
            return images
        self.student.eval().requires_grad_(False)
        pushed = noisy(images, 0.001)
        for _ in range(c.push_steps):
            pushed, entropy = self._push(pushed, images)
        self.student.requires_grad_(True)
        self.log(entropy=entropy)
        return pushed

    @hot("generator")
    def _push(self, pushed: Tensor, images: Tensor) -> tuple[Tensor, Tensor]:
        """One step uphill on the student's entropy, and the mean entropy before it."""
        c = self.config
        start = pushed.detach().requires_grad_()
        logs = self.student(start).log_softmax(dim=1)
        entropy = -(logs.exp() * logs).sum(dim=1).mean()
        (slope,) = torch.autograd.grad(entropy, start)
        further = start.detach() + c.push_size * slope.sign()
        low, high = images - c.push_reach, images + c.push_reach
        return torch.minimum(torch.maximum(further, low), high).clamp(0, 1), entropy.detach()

    def _learn(self, batches: Iterable[tuple[Tensor, Tensor]]) -> None:
        """Cached: a student step for each batch of stored labels, on views of the images."""
        c = self.config
        steps = all_steps(self.oracle.budget, c.batch, c.replay_steps, c.final_passes)
        views = "crop+flip" if self.spec.shape[0] > 1 else "crop"
        for images, labels in batches:
            self._update(augment(images, views), labels, self.steps_done / steps)
            self.steps_done += 1

    def _learn_anew(self, images: Tensor) -> None:
        """As released: the images join the bank; every step pushes some and asks about them."""
        c = self.config
        end = self.made + len(images)
        self.bank[self.made : end] = images
        self.made = end
        for _ in range(c.student_steps):
            if self.oracle.remaining == 0:
                return
            chosen = torch.randperm(self.made, device=self.bank.device)[: c.batch]
            views = augment(self.bank[chosen], "crop+flip")
            share = self.oracle.spent / self.oracle.budget
            self._update(*self.ask(self._pushed(strongly(views))), share)

    def _update(self, images: Tensor, labels: Tensor, share: float) -> None:
        """A student step; ``share``: of its schedule."""
        if not several(images):
            return
        fall = LAST + (1 - LAST) * (1 + math.cos(math.pi * min(1, share))) / 2
        set_rate(self.student_optimiser, self.config.student_lr * fall)
        self.student.train()
        (loss,) = self._student_step(images, labels)
        self.log(student_loss=loss)

    @hot("student")
    def _student_step(self, images: Tensor, labels: Tensor) -> tuple[Tensor]:
        loss = F.cross_entropy(self.student(images), labels)
        return (descend(self.student_optimiser, loss),)


def strongly(images: Tensor) -> Tensor:
    """The released strong augmentation, one draw for a batch: N x C x H x W in [0, 1].

    The middle (95 to 100 % of each side) at full size, faint noise, mirrored in each direction half
    of the time, turned by 15 degrees or not.
    """
    sides = images.shape[2:]
    kept = [max(1, math.ceil(size * (0.95 + 0.05 * torch.rand(()).item()))) for size in sides]
    top, left = ((size - keep) // 2 for size, keep in zip(sides, kept, strict=True))
    middle = images[..., top : top + kept[0], left : left + kept[1]]
    images = noisy(F.interpolate(middle, sides, mode="bilinear"), 0.001)
    angle = TURNS[int(torch.randint(len(TURNS), ()))]
    return turned_alike(images, (angle, angle), 0.5, 0).clamp(0, 1)
