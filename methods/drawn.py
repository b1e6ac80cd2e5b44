"""Drawn: random drawings instead of a generator, labelled once and learnt well (this suite, 2026).

Idea. No generator is trained. Images are random drawings of six families: pen strokes, level lines
of a smooth field, sharpened noise, overlapping shapes, pairs of these, smooth noise; in colour each
drawing is a mask between random textures. The student then learns from scratch on all of them, half
of each batch turned, stretched and shifted a little with its label kept, at a rate that falls to 0.

Queries of one round. ``batch`` while budget is left, then none: training re-uses stored labels, and
a moved image is not asked about.

A designed prior. No paper has it; it was made in this project. It learns no images, but it is no
floor: a person who knew what kinds of images there are has put this knowledge in by hand. Grey
drawings assume bright strokes and shapes on dark ground, near the middle of the image, as scanned
digits and catalogue photographs of clothes have them; scenes do not. Colour drawings assume things
with outlines before a ground, smooth colours with finer grain, and that a mirrored image keeps its
class.

Development sets. An earlier form was chosen by test images of MNIST and digits, so their tables say
little of it. The values here were settled on training images alone, a part of them held out: those
of digits and USPS for grey, and in colour those of ten superclasses of CIFAR-100 (JPEG), with LeNet
teachers and students, one run each (results/tuning/drawn.csv has all). More updates, moves of half
of each batch, and textures of all octaves paid; moves of the whole batch did not, nor did a second
student that also learns the first one's softmax. Weights of the families are those of the earlier
form. ResNets were not tried.

Tried later, in colour, on more of the training images of CIFAR-100 (JPEG), one run each: averaged
weights, joined parts of two images, larger moves, other brightness, and a second student that
learns the first one's answers to 20,000 unpaid drawings. None of these ended half a point above.
With 100 classes, drawings that were changed until a student saw a rare class in them brought
nothing. Under a better teacher (69.95 %), where classes are less even: showing all classes alike,
or logits corrected by their shares, ended 1.7 points above, on digits 0.4 below and 0.7 above.

Left out. The earlier form bought those of several drawings whose predicted class was rare. Once
images were moved that gained nothing on MNIST, and it is not here.

Variants. One family alone: ``strokes``, ``lines``, ``blobs``, ``shapes``, ``smooth``, and ``pairs``
(of the four before ``smooth``, in equal shares). One left out, of pairs too: ``no-strokes`` and so
on. ``no-moves``: the student sees the images as they were asked about. ``evolved``: from a fifth of
the budget on, half of each batch are paid images moved so far that their class is a guess, and paid
for again; of each class about as many. It was made after rows had shown where drawings fail
(textures, photographs in grey), and tried on training images of CIFAR-100 (JPEG) before its rows.
``scenes``: a quarter of the grey drawings are masks between textures, as all are in colour. It was
made for the same reason, and its share chosen by the mean over held-out training images of digits,
USPS (2,000 queries, two seeds) and ten superclasses of CIFAR-100 in grey (5,000, one seed).
``distilled``: two students learn as above, one after the other; a last one has half of each batch
from the paid images and half from new drawings with the mean of their softmax. It takes three times
the updates. Chosen in the same way, in colour in the place of grey, after rows of all other forms.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor

from benchmark.method import Method, hot, param
from methods._blocks.balanced import evened_rows
from methods._blocks.drawings import FAMILIES, drawings
from methods._blocks.losses import distillation
from methods._blocks.moves import Moves
from methods._blocks.optimisers import adam, descend, restart, set_rate
from methods._blocks.pool import LabelledPool, from_bytes
from methods._blocks.twins import redrawn, starts, twin

UPDATES_A_STEP = 100
EVOLVES_FROM = 0.2  # of the budget: before, too few images tell which classes are rare
FAR = Moves(degrees=30, stretch=0.4, shift=0.2, fill="reflection")  # not tuned
EARLIER = "earlier form, which was chosen on MNIST"
HELD_OUT = "held-out training images of digits and USPS, 2,000 queries: "


class Drawn(Method):
    paper = "a method of this suite; no paper"
    designed = (
        "its images are random drawings, made by hand to resemble real ones (grey: bright strokes "
        "and shapes on dark ground), neither learnt from queries nor free of knowledge as a floor"
    )
    variants = {
        "strokes": {"lines": 0.0, "blobs": 0.0, "shapes": 0.0, "pairs": 0.0, "smooth": 0.0},
        "lines": {"strokes": 0.0, "blobs": 0.0, "shapes": 0.0, "pairs": 0.0, "smooth": 0.0},
        "blobs": {"strokes": 0.0, "lines": 0.0, "shapes": 0.0, "pairs": 0.0, "smooth": 0.0},
        "shapes": {"strokes": 0.0, "lines": 0.0, "blobs": 0.0, "pairs": 0.0, "smooth": 0.0},
        "pairs": {"strokes": 0.0, "lines": 0.0, "blobs": 0.0, "shapes": 0.0, "smooth": 0.0},
        "smooth": {"strokes": 0.0, "lines": 0.0, "blobs": 0.0, "shapes": 0.0, "pairs": 0.0},
        "no-strokes": {"strokes": 0.0},
        "no-lines": {"lines": 0.0},
        "no-blobs": {"blobs": 0.0},
        "no-shapes": {"shapes": 0.0},
        "no-pairs": {"pairs": 0.0},
        "no-smooth": {"smooth": 0.0},
        "no-moves": {"moved": 0.0},
        "evolved": {"evolved": 0.5},
        "scenes": {"scenes": 0.25},
        "distilled": {"students": 2},
    }
    tiny = {"batch": 30, "updates": 20, "student_batch": 16}
    space = {
        "": {
            "strokes": (0.5, 8.0),
            "student_lr": (4e-4, 1e-2),
            "updates": (400, 8000),
            "moved": [0.25, 0.5, 0.75, 1.0],
        },
        "distilled": {
            "student_lr": (4e-4, 1e-2),
            "updates": (400, 8000),
            "students": [1, 2, 4],
            "unpaid": [0.25, 0.5, 0.75],
        },
    }

    @dataclass(frozen=True)
    class Config:
        batch: int = param(250, "as IDEAL, paper 4.1.3", low=2)
        strokes: float = param(2.0, EARLIER + ": the best family alone, so twice", low=0)
        lines: float = param(1.0, EARLIER, low=0)
        blobs: float = param(1.0, EARLIER, low=0)
        shapes: float = param(1.0, EARLIER, low=0)
        pairs: float = param(1.0, EARLIER, low=0)
        smooth: float = param(0.5, EARLIER, low=0)
        student_batch: int = param(128, "not tuned", low=2)
        updates: int = param(1000, "at 1,000 queries; " + HELD_OUT + "more were better", low=1)
        growth: float = param(
            0.67,
            "power of the queries by which updates grow; colour at 5,000: 3,000 beat 1,000",
            low=0,
            high=1,
        )
        student_lr: float = param(4e-3, HELD_OUT + "0.001 94.6, 0.002 95.4, 0.004 96.5", low=0)
        warm_up: float = param(0.05, "share of the updates; not tuned", low=0, high=1)
        moved: float = param(0.5, HELD_OUT + "none 93.9, half 95.4, all 94.6", low=0, high=1)
        degrees: float = param(10, "largest rotation; not tuned", low=0)
        stretch: float = param(0.1, "largest change of a side, and shear; not tuned", low=0, high=1)
        shift: float = param(0.07, "largest, of a side; not tuned", low=0, high=1)
        evolved: float = param(
            0.0,
            "share of later queries; 0.5: 46.1 against 46.0 in colour, 100 classes 18.0: 17.5",
            low=0,
            high=1,
            later=True,
        )
        scenes: float = param(
            0.0,
            "share of grey drawings that are masks between textures; digits, USPS and CIFAR-100 in "
            "grey: none 94.9, 95.8, 18.9, a quarter 96.3, 95.4, 33.3, half 96.1, 93.5, 35.2",
            low=0,
            high=1,
            later=True,
        )
        students: int = param(
            0,
            "before the last, which they teach; digits, USPS and CIFAR-100: none 95.8, 96.5, 37.6, "
            "two 97.0, 96.9, 38.8",
            low=0,
            later=True,
        )
        unpaid: float = param(
            0.5,
            "share of the last student's batch; digits and USPS, a seed: half 98.2, 97.0, three "
            "quarters 97.5, 97.0",
            low=0,
            high=1,
            later=True,
        )

    def setup(self) -> None:
        c = self.config
        self.pool = LabelledPool(self.spec, self.oracle.budget)
        self.optimiser = adam(self.student, c.student_lr)
        self.earlier = [twin(self.student).eval().requires_grad_(False) for _ in range(c.students)]
        self.trained = self.updates_done = 0  # students that are, updates of the present one
        if c.students:
            starts(self.student)  # one that cannot begin anew is refused before anything is paid
        if not any(self._shares().values()):
            raise ValueError(f"nothing to draw: the weights of {', '.join(FAMILIES)} are all 0")

    def step(self) -> bool:
        room = self.oracle.remaining
        if room:
            self._buy(min(self.config.batch, room))
            return True
        left = self._updates() - self.updates_done
        if left:
            self._train(min(UPDATES_A_STEP, left))
            return True
        return self._next_student()

    def _buy(self, count: int) -> None:
        early = self.oracle.spent < EVOLVES_FROM * self.oracle.budget
        children = 0 if early else round(self.config.evolved * count)
        images = self._drawn(count - children)
        if children:
            images = torch.cat([images, self._children(children)])
        self.pool.add(images, self.oracle(images))

    def _drawn(self, count: int) -> Tensor:
        spec = self.spec
        return drawings(count, spec.shape, spec.device, self._shares(), self.config.scenes)

    def _children(self, count: int) -> Tensor:
        """Paid images moved far, so that their label is a guess: of each class about as many."""
        labels = self.pool.labels[: len(self.pool)]
        parents = evened_rows(labels, self.spec.classes, count, power=1.0)
        far = replace(FAR, mirror=self.spec.shape[0] > 1)
        return far(from_bytes(self.pool.images[parents])).clamp(0, 1)

    def _shares(self) -> dict[str, float]:
        return {name: getattr(self.config, name) for name in FAMILIES}

    def _updates(self) -> int:
        """Of one student in all."""
        c = self.config
        return max(1, round(c.updates * (len(self.pool) / 1000) ** c.growth))

    def _train(self, updates: int) -> None:
        c = self.config
        self.student.train()
        for _ in range(updates):
            set_rate(self.optimiser, c.student_lr * self._rate(self.updates_done / self._updates()))
            (loss,) = self._update()
            self.updates_done += 1
        self.log(student_loss=loss)

    def _update(self) -> tuple[Tensor]:
        c = self.config
        if not c.students or self.trained < c.students:
            return self._student_step(*self.pool.draw(c.student_batch))
        unpaid = round(c.unpaid * c.student_batch)
        paid = self.pool.draw(c.student_batch - unpaid)
        return self._last_step(*paid, self._drawn(unpaid))

    def _next_student(self) -> bool:
        """What was trained is kept to teach the last one; a new one begins, if any is left."""
        if self.trained == self.config.students:
            return False
        self.earlier[self.trained].load_state_dict(self.student.state_dict())
        redrawn(self.student)
        restart(self.optimiser)
        self.trained, self.updates_done = self.trained + 1, 0
        return True

    def _rate(self, progress: float) -> float:
        """Of the peak: linear up, half a cosine down."""
        rise = min(1.0, (progress + 1e-3) / max(self.config.warm_up, 1e-3))
        return rise * 0.5 * (1 + math.cos(math.pi * progress))

    @hot("student")
    def _student_step(self, images: Tensor, labels: Tensor) -> tuple[Tensor]:
        """One update on cross-entropy, with a part of the images moved."""
        logits = self.student(self._moved(images))
        return (descend(self.optimiser, distillation(logits, labels)),)

    @hot("student")
    def _last_step(self, images: Tensor, labels: Tensor, unpaid: Tensor) -> tuple[Tensor]:
        """The same, and on what the earlier students say of drawings, each image as heavy."""
        with torch.no_grad():
            said = torch.stack([net(unpaid).softmax(1, torch.float32) for net in self.earlier])
        logits = self.student(torch.cat([self._moved(images), unpaid]))
        paid, free = logits[: len(images)], logits[len(images) :]
        loss = F.cross_entropy(paid, labels, reduction="sum")
        loss = loss + F.cross_entropy(free, said.mean(0), reduction="sum")
        return (descend(self.optimiser, loss / len(logits)),)

    def _moved(self, images: Tensor) -> Tensor:
        c = self.config
        many = round(c.moved * len(images))
        moves = Moves(c.degrees, c.stretch, c.shift, mirror=self.spec.shape[0] > 1)
        return torch.cat([moves(images[:many]), images[many:]])
