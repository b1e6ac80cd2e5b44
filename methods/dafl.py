"""DAFL: the student as a fixed discriminator of a generator's images (Chen et al. 2019).

Idea. The generator makes images on which the network is sure (one-hot loss), whose features are
large (activation loss) and whose classes are balanced over the batch (information entropy). The
student is trained on the same images in the same step.

Losses. Generator: one_hot CE(N(x), y_T) + balance sum_k pbar_k log10 pbar_k - activation mean|f_N|,
pbar the mean prediction of N, f_N the input of its last layer. Student: CE(S(x), y_T); where the
teacher gives probabilities KL(T(x) || S(x)).

Access. ``hard-label``: N is the *student*, which stands in for the teacher. ``white-box``: N is the
teacher, as published, and the gradient of the generator's images comes through it.

Queries of one round. batch: one set of answers serves both steps; in white-box access the teacher
sees the same images once more, with a gradient, beside the queries.

Variants. ``cached``: labels are stored and replayed as in ``ideal``; its values are those of the
best trial of ``bench tune`` within that limit. ``no-activation``: without the third term, which in
the paper asks for large features of a *trained* network; the features here are those of a student
that begins untrained.

Deviations.
1. hard-label: the student in place of the teacher, as above; the pseudo-label argmax T(x) is the
   oracle's label, exactly the same quantity.
2. Weights and rates of the released MNIST command for all data (CIFAR: 0.05, 5, 0.01 and 0.02).
3. The released generator makes normalised images, in units of the data's deviation. A quarter of
   [0, 1] stands for that, around mid-grey, and values outside are cut. Its hidden layers are
   those of ``ideal``: batch norm there has an eps of 0.8, here the usual 1e-5.
4. The student is in evaluation mode in the generator's step, as the teacher is there.
5. Batch 250 or 1000 as for all methods here (released: 512 for MNIST, 1024).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmark.method import hot, param
from methods._blocks.features import penultimate
from methods._blocks.finite import finite
from methods._blocks.generators import GeneratorName, HeadName, build
from methods._blocks.losses import batch_information, distillation
from methods._blocks.optimisers import adam, descend
from methods._blocks.replay import Replay
from methods._blocks.several import several

CODE = "released code (MNIST)"
LOG10 = 0.4342944819032518  # log10(e): the released code's logarithm


class Dafl(Replay):
    paper = "Chen et al.: Data-Free Learning of Student Networks, ICCV 2019"
    version = 2
    access = ("hard-label", "white-box")
    variants = {
        "cached": {
            "cached": True,
            "generator_lr": 0.018,
            "student_lr": 0.00246,
            "replay_steps": 7,
            "batch": 117,
        },
        "no-activation": {"activation": 0.0},
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
            "generator_lr": (1e-3, 1.0),
            "student_lr": (1e-4, 1e-1),
            "balance": (0.5, 50.0),
            "batch": (25, 250),
        },
        "cached": {
            "generator_lr": (1e-3, 1.0),
            "student_lr": (1e-4, 1e-1),
            "replay_steps": (1, 50),
            "batch": (25, 250),
        },
    }

    @dataclass(frozen=True)
    class Config(Replay.Config):
        batch: int = param(512, CODE, low=2)
        one_hot: float = param(1.0, CODE + ", oh", low=0)
        balance: float = param(5.0, CODE + ", ie", low=0)
        activation: float = param(0.1, CODE + ", a", low=0)
        student_lr: float = param(2e-3, CODE + ", Adam", low=0)
        generator_lr: float = param(0.2, CODE + ", Adam", low=0)
        generator: GeneratorName = param("upsampling", CODE + "; others: IDEAL, Table 6")
        head: HeadName = param("tanh-bn", CODE)
        generator_width: int = param(64, "as IDEAL", low=1)
        latent_size: int = param(100, CODE, low=1)

    def setup(self) -> None:
        super().setup()
        c = self.config
        self.generator = build(c.generator, self.spec, c.latent_size, c.generator_width, c.head)
        self.generator_optimiser = adam(self.generator, c.generator_lr)
        self.student_optimiser = adam(self.student, c.student_lr)

    def step(self) -> bool:
        if self.oracle.remaining == 0:
            return self.final_pass()
        latents = self.generator.sample(self.config.batch)
        with torch.no_grad():
            images = self.generator(latents)
        images, answers, latents = self.ask(images, latents)
        if several(images):
            self._train_generator(latents, answers)
        self.learn(images, answers)
        return True

    @property
    def judge(self) -> nn.Module:
        """The network that the generator is trained against: the teacher where it is open."""
        return self.student if self.teacher is None else self.teacher

    def _train_generator(self, latents: Tensor, answers: Tensor) -> None:
        labels = answers.argmax(dim=1) if answers.is_floating_point() else answers
        self.student.eval().requires_grad_(False)
        (loss,) = self._generator_step(latents, labels)
        self.student.requires_grad_(True)
        self.log(generator_loss=finite(loss, "the generator's loss"))

    @hot("generator")
    def _generator_step(self, latents: Tensor, labels: Tensor) -> tuple[Tensor]:
        c = self.config
        with penultimate(self.judge) as features:
            logits = self.judge(self.generator(latents)).float()
        one_hot = F.cross_entropy(logits, labels)
        balance = LOG10 * logits.shape[1] * batch_information(logits)  # a sum over the classes
        loss = c.one_hot * one_hot + c.balance * balance - c.activation * features[0].abs().mean()
        return (descend(self.generator_optimiser, loss),)

    @hot("student")
    def _student_step(self, images: Tensor, answers: Tensor) -> tuple[Tensor]:
        loss = distillation(self.student(images), answers)
        return (descend(self.student_optimiser, loss),)
