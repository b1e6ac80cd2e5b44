"""CMI: a generator whose images must differ from all earlier ones (Fang et al. 2021).

Idea. Every round a new generator and its latent vectors are trained together until the network is
sure of the images, their statistics match its BatchNorm layers, and each image can be told apart
from all others, those of earlier rounds in a memory bank included: a local view must be recognised
as the other view of the same image. The batch joins a pool, from which the student learns.

Losses. Generator, latents and projection head: bn L_bn + oh CE(N(v), y) + adv L_adv + cr L_cr, v
the global view (crop and flip). L_bn as in DeepInversion; L_adv = -mean 1[argmax S = argmax T]
KL(T || S); L_cr: contrastive, between features of a local view (part of the image, resized) and of
v. Student: CE(S(x), y_T); in white-box access by default KL at T = 20 with the teacher's
probabilities.

Access. ``hard-label``: N is the *student*, which stands in for the teacher. T = S makes L_adv 0, so
it is left out; the batch-norm term compares the student with statistics that come from images made
for itself. ``white-box``: N is the teacher, and all terms are there.

Queries of one round. ``batch``.

Variants. ``released``: 200 generator steps and 400 student steps a round, 4096 negatives of a bank
of 40,960. ``hard-labels``: white-box, but the student only gets the likeliest class (CMI* in
IDEAL's Table 1). In hard-label access it is the default.

Deviations.
1. hard-label: the student in place of the teacher, as above. Its features change from round to
   round while the bank keeps the old ones; it is not flushed, but smaller, so that it forgets.
2. 5 generator steps a round, as ``ideal``, instead of 200, and 1,024 negatives instead of 4,096, so
   that a query costs at most half more than in ``ideal`` (README, Speed). From digits, 5,000
   queries, seed 100 alone: 90.1 % with 5 steps, 88.5 with 10, 93.2 with 10 and no L_bn
   (results/tables/tuning.md).
3. Features are means over space at the last BatchNorm layer of each width, as the released code
   does for its ResNet-34 (four stages); of other networks it takes all BatchNorm layers. Without
   BatchNorm: convolutions, or the hidden layers of an MLP, and no L_bn; the row has a note of it.
4. The released code draws y uniformly at random and so do we; its sorting has no effect.
5. Pool images are replayed as in ``ideal``, with no augmented views and no new labels.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmark.method import hot, param
from methods._blocks.augment import augment, resized_crop
from methods._blocks.contrast import FeatureBank, ProjectionHead, contrastive_loss
from methods._blocks.generators import GeneratorName, HeadName, build
from methods._blocks.generators.base import Generator
from methods._blocks.inversion import CODE, RELEASED_STUDENT, Inversion
from methods._blocks.losses import logit_divergence
from methods._blocks.lowest import Lowest
from methods._blocks.optimisers import adam, descend, restart
from methods._blocks.statistics import activations, sample_means, statistics_distance


class Cmi(Inversion):
    paper = (
        "Fang et al.: Contrastive Model Inversion for Data-Free Knowledge Distillation, IJCAI 2021"
    )
    version = 2
    variants = {
        "released": {
            "generator_steps": 200,
            "negatives": 4096,
            "bank": 40960,
            **RELEASED_STUDENT,
        },
        "hard-labels": {"labels": "hard"},
    }
    tiny = {
        "batch": 30,
        "generator_steps": 2,
        "generator_width": 4,
        "latent_size": 8,
        "negatives": 40,
        "bank": 70,
        "projection": 8,
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

    @dataclass(frozen=True)
    class Config(Inversion.Config):
        generator_steps: int = param(5, "deviation 2; released: 200", low=1)
        generator_lr: float = param(1e-3, CODE, low=0)
        generator_beta1: float = param(0.5, CODE, low=0, high=1)
        generator: GeneratorName = param("upsampling", CODE + "; others: IDEAL, Table 6")
        head: HeadName = param("sigmoid", CODE)
        generator_width: int = param(64, CODE + ", ngf", low=1)
        latent_size: int = param(256, CODE + ", nz", low=1)
        bn_weight: float = param(1.0, CODE, low=0)
        one_hot_weight: float = param(1.0, CODE + ", oh", low=0)
        adversarial_weight: float = param(0.5, CODE + ", adv; white-box only", low=0)
        contrast_weight: float = param(0.8, CODE + ", cr", low=0)
        contrast_temperature: float = param(0.1, CODE + ", cr_T (also 0.2)", low=1e-3)
        projection: int = param(256, CODE + ", dimensions", low=1)
        negatives: int = param(1024, "deviation 2; released: 4096", low=1)
        bank: int = param(4096, "deviation 1; released: 40960", low=1)

    def setup(self) -> None:
        super().setup()
        c, device = self.config, self.spec.device
        generator = build(c.generator, self.spec, c.latent_size, c.generator_width, c.head)
        self.source = Source(generator, c.batch).to(device).to(memory_format=torch.channels_last)
        self.source_optimiser = adam(self.source, c.generator_lr, (c.generator_beta1, 0.999))
        features = self._count_features()
        self.head = ProjectionHead(features, c.projection).to(device)
        self.head_optimiser = adam(self.head, c.generator_lr)
        self.bank = FeatureBank(c.bank, 2 * features, device)

    def invert(self) -> Tensor:
        """A new generator's images with the lowest loss; their features join the bank."""
        c = self.config
        self.source.reset()
        restart(self.source_optimiser)
        targets = torch.randint(self.spec.classes, (c.batch,), device=self.spec.device)
        images, features, loss = self._generator_step(targets, *self.bank.draw(c.negatives))
        best = Lowest(loss, images, features)
        for _ in range(c.generator_steps - 1):
            images, features, loss = self._generator_step(targets, *self.bank.draw(c.negatives))
            best.offer(loss, images, features)
        self.log(generator_loss=best.last)
        images, features = best.checked("the generator's loss")
        self.bank.add(features)
        return images

    @hot("generator")
    def _generator_step(
        self, targets: Tensor, stored: Tensor, valid: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """One update of G, z and head; returns the images before it, features of both views, loss.

        ``stored``: features N' x 2F of earlier images, of which only those ``valid`` count.
        """
        c = self.config
        images = self.source()
        view, local_view = augment(images, "crop+flip"), resized_crop(images)
        with activations(self.inverted) as seen:
            logits = self.inverted(view).float()
        with activations(self.inverted) as seen_locally:
            self.inverted(local_view)
        features = torch.cat([sample_means(seen_locally), sample_means(seen)], dim=1)
        loss = c.one_hot_weight * F.cross_entropy(logits, targets)
        loss = loss + c.bn_weight * statistics_distance(seen)
        loss = loss + c.contrast_weight * self._contrast(features, stored, valid)
        if self.teacher is not None:
            loss = loss + c.adversarial_weight * adversarial_loss(self.student(view), logits)
        self.head_optimiser.zero_grad()
        loss = descend(self.source_optimiser, loss)
        self.head_optimiser.step()
        return images.detach(), features.detach(), loss

    def _contrast(self, features: Tensor, stored: Tensor, valid: Tensor) -> Tensor:
        """L_cr: local views must find the global view of their image among all others'."""
        local_features, global_features = torch.cat([features, stored]).chunk(2, dim=1)
        projected = self.head(torch.cat([local_features, global_features]))
        queries, keys = projected.chunk(2)
        return contrastive_loss(queries, keys.detach(), valid, self.config.contrast_temperature)

    def _count_features(self) -> int:
        black = torch.zeros(2, *self.spec.shape, device=self.spec.device)
        was_training = self.inverted.training
        with torch.no_grad(), activations(self.inverted.eval()) as seen:
            self.inverted(black)
        self.inverted.train(was_training)
        return sample_means(seen).shape[1]


class Source(nn.Module):
    """A generator with its own batch of latent vectors, which learn as its weights do."""

    def __init__(self, generator: Generator, count: int) -> None:
        super().__init__()
        self.generator = generator
        self.latents = nn.Parameter(torch.zeros(count, generator.latent))

    def forward(self) -> Tensor:
        """N x C x H x W in [0, 1]."""
        return self.generator(self.latents)

    @torch.no_grad()
    def reset(self) -> None:
        """Draw weights and latent vectors anew, in place."""
        self.generator.reset()
        self.latents.normal_()


def adversarial_loss(student: Tensor, teacher: Tensor) -> Tensor:
    """L_adv: minus the mean of KL(T || S) where the two N x K logits agree on the class."""
    agree = student.argmax(dim=1) == teacher.argmax(dim=1)
    return -(logit_divergence(student, teacher) * agree).mean()
