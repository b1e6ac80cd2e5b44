"""DFME: a generator seeks disagreement, its gradient estimated from queries (Truong et al. 2021).

Idea. The generator maximises, the student minimises their disagreement with the teacher on the
generator's images. The teacher gives no gradient, so the one of the generator's loss with respect
to its images is estimated by forward finite differences along random directions, with queries.

Losses. The released code's ``kl`` form with a one-hot teacher: student CE(S(x), y_T), generator
-CE(S(x), y_T(x)), whose difference is taken at x and x + epsilon u before the last tanh.

Queries of one round. batch * (generator_steps * (directions + 1) + student_steps): 7 * batch.

Variants. ``cached``: all labels are stored and replayed as in ``ideal``, those of the generator's
step too; its values are those of the best trial of ``bench tune`` within that limit. ``l1``: the
paper's L1 between logits; the teacher's are the logs of a smoothed label, less their mean.
``student-gradient``: the label is held fixed and the student differentiated, no finite differences
(6 * batch queries), as if no label flipped within epsilon. ``--access score`` gives
the teacher's probabilities, for which the method was made; ``l1`` is then the paper's loss as it
stands.

Deviations.
1. The teacher gives an index, not probabilities: one-hot in ``kl`` form. A label that flips within
   epsilon gives a jump of d / epsilon; it is not clipped.
2. epsilon is 1 where queries are rounded to 8 bits, which leaves nothing of the released 1e-3: the
   estimate then has a cosine of 0.01 with the true gradient, and most shifted images are the same
   8-bit image. With 1 the cosine is that of exact queries with 1e-3 (64 directions; 0.45 on digits,
   0.26 on MNIST). ``--precision float32`` has 1e-3.
3. The learning rates fall by 0.3 at 10, 30 and 50 % of the *budget*. The released schedule counts
   epochs of 89,600 queries; at 250k and less all its milestones fall on the first two.
4. As published, the labels of the generator's images, two sevenths of all, never reach the student.
5. ``cached``: the student's rate is a twentieth of the released 0.1, which a replay of few labels
   does not bear, and falls in the final passes only.
6. Batch 250 or 1000 as for all methods here (released: 256). The rest of the budget after the
   last whole round goes into student steps.
7. The generator's hidden layers are those of ``ideal``; the released ones have biases, of no effect
   before batch norm. Images are scaled from tanh's [-1, 1] to [0, 1].
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from benchmark.method import Spec, hot, param
from methods._blocks.differences import forward_difference, unit_directions
from methods._blocks.finite import finite
from methods._blocks.generators import GeneratorName, HeadName, build
from methods._blocks.losses import divergence, recovered_logits
from methods._blocks.optimisers import adam, descend, set_rate, sgd
from methods._blocks.replay import Replay

CODE = "released code"
MILESTONES, FALL = (0.1, 0.3, 0.5), 0.3  # shares of the budget; released code: of the epochs


class Dfme(Replay):
    paper = "Truong, Maini, Walls, Papernot: Data-Free Model Extraction, CVPR 2021"
    version = 2
    access = ("hard-label", "score")
    variants = {
        "cached": {
            "cached": True,
            "generator_lr": 0.00125,
            "student_lr": 0.00383,
            "replay_steps": 4,
            "batch": 48,
        },
        "l1": {"loss": "l1"},
        "student-gradient": {"gradient": "student"},
    }
    unrounded = {"epsilon": 1e-3}
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
            "student_lr": (3e-3, 3e-1),
            "student_steps": (1, 20),
            "batch": (25, 250),
        },
        "cached": {
            "generator_lr": (1e-5, 1e-2),
            "student_lr": (1e-3, 1e-1),
            "replay_steps": (1, 50),
            "batch": (25, 250),
        },
    }

    @dataclass(frozen=True)
    class Config(Replay.Config):
        batch: int = param(256, CODE, low=2)
        generator_steps: int = param(1, CODE + ", n_G", low=1)
        student_steps: int = param(5, CODE + ", n_S", low=1)
        directions: int = param(1, CODE + ", m", low=1)
        epsilon: float = param(1.0, "deviation 2; released, float32 queries: 1e-3", low=1e-8)
        loss: Literal["kl", "l1"] = param("kl", "released code's option for hard labels; l1: paper")
        smoothing: float = param(0.1, "this suite, for l1 only", low=1e-6, high=1)
        gradient: Literal["estimated", "student"] = param("estimated", "the method")
        student_lr: float = param(0.1, CODE + "; cached: deviation 5", low=0)
        student_momentum: float = param(0.9, CODE, low=0, high=1)
        student_weight_decay: float = param(5e-4, CODE, low=0)
        generator_lr: float = param(1e-4, CODE + ", CIFAR-10 (SVHN: 5e-5)", low=0)
        generator: GeneratorName = param("upsampling", CODE + "; others: IDEAL, Table 6")
        head: HeadName = param("bn-tanh", CODE)
        generator_width: int = param(64, CODE, low=1)
        latent_size: int = param(256, CODE, low=1)

    @classmethod
    def round_cost(cls, config: Config, spec: Spec) -> int:
        generator = config.generator_steps * _generator_cost(config)
        return generator + config.student_steps * config.batch

    @classmethod
    def least_budget(cls, config: Config, spec: Spec) -> int:
        return _generator_cost(config) + config.batch

    def setup(self) -> None:
        super().setup()
        c = self.config
        self.generator = build(c.generator, self.spec, c.latent_size, c.generator_width, c.head)
        self.generator_optimiser = adam(self.generator, c.generator_lr)
        self.student_optimiser = sgd(
            self.student, c.student_lr, c.student_momentum, c.student_weight_decay
        )

    def step(self) -> bool:
        c = self.config
        if self.oracle.remaining == 0:
            return self.final_pass()
        self._set_rates()
        cost = _generator_cost(c)
        for _ in range(c.generator_steps):
            if self.oracle.remaining >= cost:
                self._train_generator()
        for _ in range(c.student_steps):
            self._buy_for_the_student()
        return True

    def _set_rates(self) -> None:
        share = self.oracle.spent / self.oracle.budget
        factor = FALL ** sum(share >= milestone for milestone in MILESTONES)
        set_rate(self.generator_optimiser, self.config.generator_lr * factor)
        if not self.config.cached:
            set_rate(self.student_optimiser, self.config.student_lr * factor)

    def _train_generator(self) -> None:
        """One step of G: query its images, and the shifted ones, then follow the estimate."""
        c = self.config
        latents = self.generator.sample(c.batch)
        self.student.eval().requires_grad_(False)
        with torch.no_grad():
            raw = self.generator.raw(latents)
        bought = [self._ask(raw)]
        if c.gradient == "student":
            (loss,) = self._follow_student(latents, bought[0][1])
        else:
            directions = unit_directions(c.directions, raw)
            bought += [self._ask(raw + c.epsilon * u) for u in directions]
            answers = torch.stack([answers for _, answers in bought])
            (loss,) = self._follow_estimate(latents, directions, answers)
        self.student.requires_grad_(True)
        self.log(generator_loss=finite(loss, "the generator's loss"))
        for images, answers in bought:
            self.learn(images, answers, steps=0)

    def _ask(self, raw: Tensor) -> tuple[Tensor, Tensor]:
        """The images of raw ones, and the answers to them."""
        images = self.generator.squash(raw)
        return images, self.oracle(images)

    @hot("generator")
    def _follow_estimate(
        self, latents: Tensor, directions: Tensor, answers: Tensor
    ) -> tuple[Tensor]:
        """The estimated gradient of -disagreement by the raw images goes back through G."""
        raw = self.generator.raw(latents)
        estimate, losses = self.estimate(raw.detach(), directions, answers)
        descend(self.generator_optimiser, (raw * estimate).sum() / len(raw))
        return (losses.mean(),)

    @torch.no_grad()
    def estimate(self, raw: Tensor, directions: Tensor, answers: Tensor) -> tuple[Tensor, Tensor]:
        """The gradient of each image's -disagreement by its raw pixels, and the losses (N).

        ``raw``: N x C x H x W; ``directions``: m x N x C x H x W; ``answers``: (m + 1) x N or
        (m + 1) x N x K, to the images and to those shifted by epsilon along each direction.
        """
        points = torch.cat([raw[None], raw + self.config.epsilon * directions])
        logits = self.student(self.generator.squash(points.flatten(0, 1)))
        losses = -self._disagreement(logits, answers.flatten(0, 1)).view(points.shape[:2])
        return forward_difference(losses[0], losses[1:], directions, self.config.epsilon), losses[0]

    @hot("generator")
    def _follow_student(self, latents: Tensor, labels: Tensor) -> tuple[Tensor]:
        """The control: the label is a constant, the student's gradient is exact."""
        logits = self.student(self.generator(latents))
        loss = -self._disagreement(logits, labels).mean()
        return (descend(self.generator_optimiser, loss),)

    def _buy_for_the_student(self) -> None:
        """A fresh batch for S, as large as the rest of the budget allows."""
        if self.oracle.remaining == 0:
            return
        with torch.no_grad():
            images = self.generator(self.generator.sample(self.config.batch))
        self.learn(*self.ask(images))

    @hot("student")
    def _student_step(self, images: Tensor, labels: Tensor) -> tuple[Tensor]:
        loss = self._disagreement(self.student(images), labels).mean()
        return (descend(self.student_optimiser, loss),)

    def _disagreement(self, logits: Tensor, answers: Tensor) -> Tensor:
        """Of each image: KL from the answer (CE with a label), or the mean L1 of the logits."""
        if self.config.loss == "kl":
            return divergence(logits, answers)
        target = recovered_logits(answers, logits.shape[1], self.config.smoothing)
        return (logits - target).abs().mean(dim=1)


def _generator_cost(config: Dfme.Config) -> int:
    """Queries of one step of G: its images, and each of the shifted ones."""
    return config.batch * (config.directions + 1 if config.gradient == "estimated" else 1)
