"""QEDG: images at the boundary, paid for only where the student is unsure (Pei et al. 2025).

Idea. As in ``ideal`` a new generator is trained against the student in every round, but towards the
boundary: its images shall be of a chosen class, not too surely, and unlike others of their class.
Distorted copies are candidates; those of which the student is sure are not paid for. All labels are
stored, and the ones that the student gets wrong weigh more.

Losses. Generator: CE(S(x), y) + a mean_i std_k(p_i) + b / B sum_c sum_{i<j in c} cos(x_i, x_j).
With a = 10 and ten classes the second term holds the confidence near 0.285; with a = 1 nothing
does. Student: CE, of which wrong images count ``wrong_weight`` times.

Queries of one round. At most ``batch``: the candidates of which the student is sure to
``confidence`` or less, but at least a quarter of the batch. The first round pays for all.

Variants. ``colour``: the weights, the latent size and the batch that were released for CIFAR-10 and
SVHN (the default has those of MNIST). ``released``: 100 generator steps, 20 passes over all labels
after each round and 1,000 at the end.

Deviations.
1. All networks start from random weights. The released code starts teacher and student from
   ImageNet weights, so that its published numbers are not data-free; no row here can be held
   against them.
2. 5 generator steps a round, as ``ideal`` and ``cmi``, and student steps within the limit of
   ``ideal``: 25 for each batch of labels, never more than a pass over all, then ten passes with a
   falling rate. The released 20 passes after each round would be 2.4 million steps at 250,000
   queries.
3. If fewer than a quarter of the candidates pass the filter, the least sure quarter is paid for.
   The released loop never ends where the student is sure of all. An untrained student is no judge
   of its first batch.
4. Passes are shuffled and whole; the released ones are neither, and with less than a batch of
   labels they train nothing.
5. Distortions. Grey: a turn by 90 to 180 degrees, mirrors, a shift, as released. Colour: hue,
   perspective and the rotation that enlarges the image are left out, the noise has a deviation of
   0.1 (released: 1), and saturation is a distance from the mean of the channels. The choice between
   the two is by the number of channels.
6. Images are rounded to 8 bits, not truncated. Candidates are judged as they would be paid for.
7. Free flips (mirrored copies of stored images of which the student is sure, labels kept) as
   released, also for grey images, where a mirrored digit may be another one. The student judges in
   evaluation mode.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from benchmark.method import hot, param
from methods._blocks.colours import recoloured
from methods._blocks.distortions import (
    erased,
    noisy,
    shuffled_channels,
    solarised,
    sometimes,
    turned,
    turned_alike,
)
from methods._blocks.generators import GeneratorName, HeadName, build
from methods._blocks.lowest import Lowest
from methods._blocks.optimisers import adam, descend, restart, sgd
from methods._blocks.pool import LabelledPool, from_bytes, to_bytes
from methods._blocks.replay import Pooled, steps_within

CODE = "released code (MNIST)"
TURN, SHIFT = (90.0, 180.0), 4  # of grey images: degrees, pixels
LEAST = 4  # a quarter of the candidates is paid for, whatever the filter says


class Qedg(Pooled):
    paper = "Pei et al.: QEDG, AAAI 2025, arXiv 2412.15276"
    variants = {
        "colour": {
            "batch": 512,
            "latent_size": 1024,
            "spread_weight": 1.0,
            "likeness_weight": 0.01,
            "wrong_weight": 2.0,
        },
        "released": {"generator_steps": 100, "round_passes": 20, "final_passes": 1000},
    }
    tiny = {
        "batch": 60,
        "generator_steps": 2,
        "generator_width": 4,
        "latent_size": 8,
        "replay_steps": 2,
        "final_passes": 1,
    }
    space = {
        "": {
            "generator_steps": (1, 50),
            "generator_lr": (1e-4, 1e-2),
            "student_lr": (1e-3, 1e-1),
            "replay_steps": (1, 50),
        },
    }
    pool: LabelledPool

    @dataclass(frozen=True)
    class Config:
        batch: int = param(256, CODE, low=2)
        generator_steps: int = param(5, "deviation 2; released: 100", low=1)
        generator_lr: float = param(1e-3, CODE + ", Adam", low=0)
        generator: GeneratorName = param("upsampling", CODE + "; others: IDEAL, Table 6")
        head: HeadName = param("sigmoid", CODE)
        generator_width: int = param(64, "as IDEAL", low=1)
        latent_size: int = param(512, CODE, low=1)
        spread_weight: float = param(10.0, CODE + ", a", low=0)
        likeness_weight: float = param(0.1, CODE + ", b", low=0)
        confidence: float = param(0.7, CODE + "; 1: no filter", low=0, high=1)
        wrong_weight: float = param(1.5, CODE + "; Fashion-MNIST: 3", low=0)
        free_flips: float = param(0.05, CODE + ", share of student steps", low=0, high=1)
        sure: float = param(0.95, CODE + ", of free flips", low=0, high=1)
        round_passes: int = param(0, "0: steps as ideal; released: 20", low=0)
        replay_steps: int = param(25, "as ideal", low=1)
        final_passes: int = param(10, "as ideal; released: 1,000", low=0)
        student_lr: float = param(0.01, CODE, low=0)
        student_momentum: float = param(0.9, CODE, low=0, high=1)

    def setup(self) -> None:
        c = self.config
        self.generator = build(c.generator, self.spec, c.latent_size, c.generator_width, c.head)
        self.generator_optimiser = adam(self.generator, c.generator_lr)
        self.student_optimiser = sgd(self.student, c.student_lr, c.student_momentum)
        self.pool = LabelledPool(self.spec, self.oracle.budget)
        self.passes_done = self.replayed = 0

    def step(self) -> bool:
        if self.oracle.remaining == 0:
            return self.final_pass()
        self.student.eval().requires_grad_(False)
        images = self._unsure(self._distorted(self._generate()))
        self.student.requires_grad_(True)
        self.pool.add(*self.ask(images))
        self._distil()
        return True

    def _generate(self) -> Tensor:
        """The views with the lowest loss of a new generator's images."""
        c, device = self.config, self.spec.device
        self.generator.reset()
        restart(self.generator_optimiser)
        latents = self.generator.sample(c.batch)
        targets = torch.randint(self.spec.classes, (c.batch,), device=device)
        views, loss = self._generator_step(latents, targets)
        best = Lowest(loss, views)
        for _ in range(c.generator_steps - 1):
            views, loss = self._generator_step(latents, targets)
            best.offer(loss, views)
        self.log(generator_loss=best.last)
        (views,) = best.checked("the generator's loss")
        return views

    @hot("generator")
    def _generator_step(self, latents: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """One update; returns the views before it and their loss."""
        c = self.config
        views = self._viewed(self.generator(latents))
        logits = self.student(views)
        loss = F.cross_entropy(logits, targets)
        loss = loss + c.spread_weight * logits.softmax(dim=1).std(dim=1).mean()
        loss = loss + c.likeness_weight * likeness(views, targets)
        return views.detach(), descend(self.generator_optimiser, loss)

    def _viewed(self, images: Tensor) -> Tensor:
        """One random view for all images, through which the generator learns."""
        if self.spec.shape[0] == 1:
            return turned_alike(images, TURN, 0.5, SHIFT)
        brightness = torch.empty(1, device=images.device).uniform_(0.5, 1.5)
        return turned_alike((images * brightness).clamp(0, 1), (0.0, 0.0), 0.3, SHIFT)

    def _distorted(self, images: Tensor) -> Tensor:
        """The candidates: of each image a distorted copy, in [0, 1]."""
        if self.spec.shape[0] == 1:
            return turned(images, TURN, 0.5, SHIFT).clamp(0, 1)
        images = recoloured(images, 0.2)
        images = sometimes(images, shuffled_channels(images), 0.5)
        images = sometimes(images, noisy(images, 0.1), 0.2)
        images = sometimes(images, solarised(images), 0.3)
        images = sometimes(images, erased(images), 0.2)
        images = sometimes(images, 1 - images, 0.2)
        return turned(images, (-45.0, 45.0), 0.5, SHIFT, outside="border").clamp(0, 1)

    @torch.no_grad()
    def _unsure(self, images: Tensor) -> Tensor:
        """The candidates to be paid for, the least sure first; no queries."""
        if len(self.pool) == 0:
            return images
        c = self.config
        sure = self.student(from_bytes(to_bytes(images))).softmax(dim=1).amax(dim=1)
        passed = int((sure <= c.confidence).sum())
        self.log(passed=passed / len(images), confidence=sure.mean())
        return images[sure.argsort()[: max(passed, len(images) // LEAST)]]

    def _distil(self) -> None:
        """The student's part of a round: the steps that the labels bought so far still allow."""
        c = self.config
        for _ in range(c.round_passes):
            self.train_student(self.pool.batches(c.batch))
        if c.round_passes:
            return
        allowed = steps_within(len(self.pool), c.batch, c.replay_steps)
        if allowed > self.replayed:
            self.train_student([self.pool.newest(c.batch)])
        self.train_student(self.pool.draw(c.batch) for _ in range(allowed - self.replayed - 1))
        self.replayed = allowed

    def _student_step(self, images: Tensor, answers: Tensor) -> tuple[Tensor]:
        """One update; now and then images of which the student is sure are mirrored first."""
        if torch.rand(()) < self.config.free_flips:  # on the host: no GPU waits
            images = self._flipped(images)
        return self._weighted_step(images, answers)

    @torch.no_grad()
    def _flipped(self, images: Tensor) -> Tensor:
        """Those of which the student is sure, mirrored left to right or top to bottom."""
        sure = self.student.eval()(images).softmax(dim=1).amax(dim=1) > self.config.sure
        self.student.train()
        side = 3 if torch.rand(()) < 0.5 else 2
        return torch.where(sure[:, None, None, None], images.flip(side), images)

    @hot("student")
    def _weighted_step(self, images: Tensor, labels: Tensor) -> tuple[Tensor]:
        logits = self.student(images)
        losses = F.cross_entropy(logits, labels, reduction="none")
        wrong = logits.detach().argmax(dim=1) != labels
        weights = torch.where(wrong, self.config.wrong_weight, 1.0)
        return (descend(self.student_optimiser, (weights * losses).mean()),)


def likeness(images: Tensor, targets: Tensor) -> Tensor:
    """Sum of the cosines of all pairs of one class, over the number of images."""
    with torch.autocast(images.device.type, enabled=False):
        units = F.normalize(images.float().flatten(1), dim=1)
        same = (targets[:, None] == targets).float().triu(diagonal=1)
        return ((units @ units.T) * same).sum() / len(images)
