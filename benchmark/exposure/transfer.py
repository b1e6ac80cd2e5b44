"""Transfer attacks: images moved until the student errs, tried on the teacher.

They are the evaluator's own: test images and the teacher's answers to moved ones are in its account
and reach no method. An attack starts at the image itself, so it repeats bit for bit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import torch
from torch import Tensor, nn

from benchmark.nets.evaluate import predict

MOST = 1000  # test images
STEPS = 10  # of PGD, each a quarter of eps
BATCH = 250  # images whose gradients are computed at once
GREY_SIDE = 28  # pixels, up to which a grey image is a drawing of few strokes
DRAWING, PHOTO = Fraction(3, 10), Fraction(8, 255)  # eps, of pixels from 0 to 1
NOISE_SEED = 20190612
ROUNDING = 1e-3  # of a byte, by which floating point may miss a whole one
Attack = Callable[[nn.Module, Tensor, Tensor, float], Tensor]


@dataclass(frozen=True)
class Transfer:
    """The share of attacked images, in %, that the teacher errs on."""

    images: int  # all of which the teacher gets right as they are
    fgsm: float
    pgd: float


def eps_for(shape: tuple[int, int, int]) -> Fraction:
    """The largest change of a pixel, of 1."""
    channels, *sides = shape
    return DRAWING if channels == 1 and max(sides) <= GREY_SIDE else PHOTO


def chosen(labels: Tensor, teacher_labels: Tensor) -> Tensor:
    """The test images to attack, by number: evenly spread ones that the teacher gets right."""
    count = min(MOST, len(labels))
    spread = torch.arange(count) * len(labels) // count
    return spread[teacher_labels[spread] == labels[spread]]


def transfer(
    student: nn.Module, teacher: nn.Module, images: Tensor, labels: Tensor, eps: Fraction
) -> Transfer | None:
    """How often the teacher errs on images that were moved against the student.

    ``images``: uint8 N x C x H x W that the teacher gets right, ``labels`` int64 N. The networks
    take [0, 1]. None without an image.
    """
    if not len(images):
        return None
    moved = (attacked(attack, student, images, labels, eps) for attack in (fgsm, pgd))
    return Transfer(len(images), *(errors(teacher, of, labels) for of in moved))


def errors(teacher: nn.Module, images: Tensor, labels: Tensor) -> float:
    """The share of images, in %, that the teacher gets wrong."""
    return 100.0 * (predict(teacher, images) != labels).double().mean().item()


def attacked(
    attack: Attack, student: nn.Module, images: Tensor, labels: Tensor, eps: Fraction
) -> Tensor:
    """Images moved by an attack: uint8 like ``images``, no pixel further than ``eps``.

    Bytes are what an image API takes: a change is cut down to whole ones.
    """
    device = next(student.parameters()).device
    modes = [(module, module.training) for module in student.modules()]
    wanted = [one.requires_grad for one in student.parameters()]
    student.eval().requires_grad_(False)
    try:
        parts = [
            _whole(attack(student, x := part.to(device).float() / 255, y.to(device), float(eps)), x)
            for part, y in zip(images.split(BATCH), labels.split(BATCH), strict=True)
        ]
    finally:
        for module, training in modes:
            module.training = training
        for one, asked in zip(student.parameters(), wanted, strict=True):
            one.requires_grad_(asked)
    return torch.cat(parts).to(images.device)


def fgsm(student: nn.Module, images: Tensor, labels: Tensor, eps: float) -> Tensor:
    """One step by the sign of the gradient (Goodfellow, Shlens, Szegedy, 2015)."""
    return _step(student, images, images, labels, eps, eps)


def pgd(student: nn.Module, images: Tensor, labels: Tensor, eps: float) -> Tensor:
    """Steps of a quarter of eps, each brought back to within it (Madry et al., 2018)."""
    moved = images
    for _ in range(STEPS):
        moved = _step(student, moved, images, labels, eps / 4, eps)
    return moved


def noise(images: Tensor, eps: Fraction) -> Tensor:
    """Each pixel up or down by eps, by chance: a change that knows no student.

    uint8 like ``images``; the same pattern in every run.
    """
    generator = torch.Generator().manual_seed(NOISE_SEED)
    signs = torch.randint(2, images.shape, generator=generator, dtype=torch.int16) * 2 - 1
    step = signs.to(images.device) * int(eps * 255)
    return (images.to(torch.int16) + step).clamp(0, 255).to(torch.uint8)


def _step(
    student: nn.Module, moved: Tensor, images: Tensor, labels: Tensor, size: float, eps: float
) -> Tensor:
    """A step up the student's cross-entropy, within eps of the images and within [0, 1]."""
    moved = moved.detach().requires_grad_(True)
    loss = nn.functional.cross_entropy(student(moved), labels, reduction="sum")
    (gradient,) = torch.autograd.grad(loss, moved)
    further = moved.detach() + size * gradient.sign()
    return torch.clamp(torch.clamp(further, images - eps, images + eps), 0, 1)


def _whole(moved: Tensor, images: Tensor) -> Tensor:
    change = (moved - images) * 255
    change = torch.trunc(change + ROUNDING * change.sign())
    return (images * 255 + change).round().clamp(0, 255).to(torch.uint8)
