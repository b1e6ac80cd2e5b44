"""IDEAL: train a generator against the student, label its images once, distil (Zhang et al. 2023).

Idea. The teacher cannot be differentiated, so the *student* stands in for it while a generator
learns to make images of chosen classes (no queries). The batch is then labelled by the teacher, and
the student learns from the labels. The generator starts anew every round.

Losses. Generator: L_gen = CE(S(G(z)), y) + lambda L_info (eq. 3-6). Student: CE(S(x), y_T) (eq. 9).

Queries of one round. ``batch``: each image once, the label is kept. ``released`` asks again for a
fresh view of every image in the pool, so round e costs e * batch.

Variants. The paper's Algorithm 1 takes one student step a round (``alg1``). Its released code
replays the whole pool every round, and labels every augmented view anew: B E (E + 1) / 2 queries
where the paper counts B E (``released``); ``all`` is that replay with stored labels. The default
keeps the paper's count and makes the cost linear in the budget: K student steps a round, but never
more than a pass over the pool, as in ``all``; the first on the newest batch, the others on a
shuffled pass that goes on from round to round. When the budget is spent, ``final_passes`` over the
whole pool follow, with a falling learning rate.
Table 4: ``no-info`` (lambda 0), ``no-ce`` (L_info alone), ``no-reinit`` (neither G nor its Adam
starts anew).
Table 7: the default is the balanced arm. Random y with plain CE: ``uniform-targets``; with a loss
corrected by how often the teacher gave each class so far: ``ldam``, ``cb-focal``.
Table 8, Method_A: ``own-targets`` takes only its images from a default run. Then the student goes
back to its initial weights and learns the classes y that G was asked for, no labels.
(The curve before the end is that of the labelled student.)

Deviations.
1. Default: the pool is replayed (as the code does, not Algorithm 1) with stored labels (as the
   paper counts, not the code). The student sees no augmented views: a stored label is that of the
   image as it was queried, and a mirrored digit has another one.
2. The paper names StyleGAN as generator and releases none; this is the released generator. The
   three of its Table 6 are there as ``generator=dcgan``, ``stylegan`` and ``transformer``.
3. L_info by default as printed (entropy of the batch mean); the code's per-sample form is a flag.
4. One batch of latents and targets a round, and the best batch is kept, as in the released code.
   Algorithm 1 draws both anew at every generator step; as G does not see y, such a step cannot tie
   an image to its class (``alg1`` does as printed).
5. ``released``: its CIFAR runs also crop in the student phase (``student_augment=crop+flip``); a
   method here does not know its data set, so the variant flips only, as for all other sets.
6. Images are rounded to 8 bits, not truncated; the oracle rounds in the same way.
7. The paper does not say how it corrects (Table 7). Here by the labels in the pool, a class without
   any counts as one (and in ``cb-focal``, the sigmoid form, takes most of the weight). ``ldam`` is
   margins alone, at scale 1 as the head is linear.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from benchmark.method import Method, hot, param
from methods._blocks.augment import augment
from methods._blocks.generators import GeneratorName, HeadName, build
from methods._blocks.imbalance import class_balanced_focal, class_counts, ldam
from methods._blocks.losses import INFORMATION
from methods._blocks.lowest import Lowest
from methods._blocks.optimisers import adam, descend, restart, set_rate, sgd
from methods._blocks.pool import LabelledPool
from methods._blocks.several import several
from methods._blocks.targets import balanced_targets

PAPER, CODE = "paper 4.1.3", "released code; the paper is silent"
Augmentation = Literal["none", "flip", "crop", "crop+flip"]


class Ideal(Method):
    paper = "Zhang, Chen, Lyu: IDEAL, ICLR 2023"
    version = 2
    variants = {
        "alg1": {"replay_steps": 1, "final_passes": 0, "latent": "fresh", "keep": "last"},
        "all": {"replay": "all", "final_passes": 0},
        "released": {
            "replay": "all",
            "final_passes": 0,
            "relabel": True,
            "generator_steps": 30,
            "entropy": "sample",
            "student_augment": "flip",
        },
        "no-info": {"info_weight": 0.0},
        "no-ce": {"ce_weight": 0.0},
        "no-reinit": {"reinitialise": False},
        "uniform-targets": {"targets": "uniform"},
        "ldam": {"targets": "uniform", "student_loss": "ldam"},
        "cb-focal": {"targets": "uniform", "student_loss": "cb-focal"},
        "own-targets": {"target_passes": 35},
    }
    tiny = {"batch": 30, "generator_steps": 2, "generator_width": 4, "latent_size": 8}
    space = {
        "": {
            "generator_steps": (1, 50),
            "generator_lr": (1e-4, 1e-2),
            "student_lr": (1e-3, 1e-1),
            "replay_steps": (1, 50),
        },
    }

    @dataclass(frozen=True)
    class Config:
        batch: int = param(250, PAPER + " (1000 at 100 and more classes)", low=1)
        generator_steps: int = param(5, PAPER + ", E_G; A.0.1: 10 for CIFAR-10; code: 30", low=1)
        info_weight: float = param(5.0, PAPER + ", lambda", low=0)
        entropy: Literal["batch", "sample"] = param("batch", "eq. 4-5; sample: released code")
        targets: Literal["balanced", "uniform"] = param("balanced", "A.0.3 and code; uniform: 3.3")
        latent: Literal["fresh", "fixed"] = param("fixed", "released code; fresh: Algorithm 1")
        keep: Literal["last", "best"] = param("best", "released code; last: Algorithm 1")
        reinitialise: bool = param(True, "paper 4.2, Table 4; code")
        generator_augment: Augmentation = param("crop+flip", CODE)
        generator_lr: float = param(1e-3, PAPER + ", eta_G", low=0)
        generator_beta1: float = param(0.5, CODE, low=0, high=1)
        generator: GeneratorName = param("upsampling", "code; others: Table 6, A.0.2", later=True)
        head: HeadName = param("sigmoid", CODE, later=True)
        generator_width: int = param(64, CODE + ", ngf", low=1)
        latent_size: int = param(256, CODE + ", nz", low=1)
        replay: Literal["steps", "all"] = param("steps", "this suite; all: released code")
        replay_steps: int = param(25, "largest K; from MNIST, seeds 100 up; 1: Alg. 1", low=1)
        final_passes: int = param(10, "this suite; 0: paper and released code", low=0)
        relabel: bool = param(False, "paper 3.4: one query a sample; true: released code")
        student_augment: Augmentation = param("none", "deviation 1; flip: released code")
        student_lr: float = param(1e-2, PAPER + ", eta_S", low=0)
        student_momentum: float = param(0.9, PAPER, low=0, high=1)
        student_weight_decay: float = param(5e-4, CODE, low=0)
        ce_weight: float = param(1.0, "eq. 6; 0: Table 4", low=0, later=True)
        student_loss: Literal["ce", "ldam", "cb-focal"] = param(
            "ce", "eq. 9; others: Table 7", later=True
        )
        ldam_margin: float = param(0.5, "Cao et al. 2019, of the rarest", low=0, later=True)
        class_beta: float = param(
            0.9999, "Cui et al. 2019; 0.999 for small pools", low=0.1, high=0.999999, later=True
        )
        focal_gamma: float = param(1.0, "middle of Cui et al.'s 0.5, 1, 2", low=0, later=True)
        target_passes: int = param(
            0, "0: none; Table 8: 35, this suite (25 + 10)", low=0, later=True
        )

    def setup(self) -> None:
        c = self.config
        self.generator = build(c.generator, self.spec, c.latent_size, c.generator_width, c.head)
        self.generator.reset()
        betas = (c.generator_beta1, 0.999)
        self.generator_optimiser = adam(self.generator, c.generator_lr, betas)
        self.student_optimiser = sgd(
            self.student, c.student_lr, c.student_momentum, c.student_weight_decay
        )
        self.pool = LabelledPool(self.spec, self.oracle.budget, targets=c.target_passes > 0)
        self.counts = torch.zeros(self.spec.classes, dtype=torch.int64, device=self.spec.device)
        self.passes_done = 0
        weights = self.student.state_dict() if c.target_passes else {}
        self.initial = {name: tensor.clone() for name, tensor in weights.items()}
        if c.target_passes and (c.keep == "last" or c.relabel):
            raise ValueError("target_passes needs keep=best (new latents have no y), relabel=false")
        if c.student_loss != "ce" and (c.relabel or c.target_passes):
            raise ValueError(f"{c.student_loss} counts stored labels: no relabel, no target_passes")

    def step(self) -> bool:
        room = self.oracle.remaining
        if room == 0:
            return self._final_pass()
        images, targets = self._generate()  # stage 1: no queries
        if self.config.relabel:  # their views are asked for instead
            images, targets = images[:room], targets[:room]
            labels = images.new_zeros(len(images))
        else:
            images, labels, targets = self.ask(images, targets)
        self.pool.add(images, labels, targets)
        self.counts += class_counts(labels, self.spec.classes)
        self._distil()  # stage 2
        return True

    def _generate(self) -> tuple[Tensor, Tensor]:
        """Stage 1: a batch from a generator trained against the frozen student, and its targets."""
        c = self.config
        if c.reinitialise:
            self.generator.reset()
            restart(self.generator_optimiser)
        self.student.eval().requires_grad_(False)
        images, targets = self._train_generator()
        self.student.requires_grad_(True)
        if c.keep == "last":
            with torch.no_grad():
                images = self.generator(self.generator.sample(c.batch))
        return images, targets

    def _train_generator(self) -> tuple[Tensor, Tensor]:
        """E_G updates; returns the batch with the lowest loss among those seen before an update.

        The last one is left out where nothing sees it: images come before it, then a new generator.
        """
        c = self.config
        updates = c.generator_steps - (c.keep == "best" and c.reinitialise)
        latents, targets = self.generator.sample(c.batch), self._targets(c.batch)
        best = None
        for step in range(c.generator_steps):
            if c.latent == "fresh" and step:
                latents, targets = self.generator.sample(c.batch), self._targets(c.batch)
            act = self._generator_step if step < updates else self._generator_loss
            images, loss = act(latents, targets)
            if best is None:
                best = Lowest(loss, images, targets)
            else:
                best.offer(loss, images, targets)
        assert best is not None, "there is a step at least"
        self.log(generator_loss=best.last)
        images, targets = best.checked("the generator's loss")
        return images, targets

    @hot("generator")
    def _generator_step(self, latents: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """One update on eq. 6; returns the images before it and their loss."""
        images, loss = self._images_and_loss(latents, targets)
        return images.detach(), descend(self.generator_optimiser, loss)

    @hot("generator")
    @torch.no_grad()
    def _generator_loss(self, latents: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """The same without the update."""
        return self._images_and_loss(latents, targets)

    def _images_and_loss(self, latents: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """Eq. 6, CE(S(x), y) + lambda L_info."""
        c = self.config
        images = self.generator(latents)
        logits = self.student(augment(images, c.generator_augment))
        information = INFORMATION[c.entropy](logits)
        return images, c.ce_weight * F.cross_entropy(logits, targets) + c.info_weight * information

    def _targets(self, count: int) -> Tensor:
        """Classes to generate: each equally often (the remainder at random), or all at random."""
        classes, device = self.spec.classes, self.spec.device
        if self.config.targets == "balanced":
            return balanced_targets(count, classes, device)
        return torch.randint(classes, (count,), device=device)

    def _distil(self) -> None:
        """Stage 2: student steps on the newest batch and a part of the pool, or on all of it."""
        c = self.config
        if c.replay == "all":
            self._train_student(self.pool.batches(c.batch))
        else:
            self._train_student(self.pool.replay(c.batch, c.replay_steps))

    def _final_pass(self) -> bool:
        """After the last query: one pass over the pool; the learning rate falls pass by pass."""
        c = self.config
        passes = c.target_passes or c.final_passes
        if self.passes_done == passes:
            return False
        if c.target_passes and self.passes_done == 0:
            self.student.load_state_dict(self.initial)
            restart(self.student_optimiser)
        set_rate(self.student_optimiser, c.student_lr * (1 - self.passes_done / passes))
        self._train_student(self.pool.batches(c.batch, targets=c.target_passes > 0))
        self.passes_done += 1
        return True

    def _train_student(self, batches: Iterable[tuple[Tensor, Tensor]]) -> None:
        """A step for each batch, on new views with new labels if these are paid for."""
        self.student.train()
        counts = () if self.config.student_loss == "ce" else (self.counts,)
        for images, labels in batches:
            images = augment(images, self.config.student_augment)
            if self.config.relabel:
                images, labels = self.ask(images)
            if not several(images):
                return
            (loss,) = self._student_step(images, labels, *counts)
            self.log(student_loss=loss)

    @hot("student")
    def _student_step(self, images: Tensor, labels: Tensor, *counts: Tensor) -> tuple[Tensor]:
        """One update on eq. 9, CE(S(x), y_T), or on a loss that weighs by the classes' counts."""
        c, logits = self.config, self.student(images)
        if c.student_loss == "ldam":
            loss = ldam(logits, labels, counts[0], c.ldam_margin)
        elif c.student_loss == "cb-focal":
            loss = class_balanced_focal(logits, labels, counts[0], c.class_beta, c.focal_gamma)
        else:
            loss = F.cross_entropy(logits, labels)
        return (descend(self.student_optimiser, loss),)
