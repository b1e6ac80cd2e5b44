"""Losses that several methods share, as pure functions of logits or of images."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor


def batch_information(logits: Tensor) -> Tensor:
    """IDEAL eq. 4-5: mean_k pbar_k log pbar_k of the batch-mean prediction; lowest when balanced.

    ``logits``: N x K. Via logsumexp, since log of a probability that underflowed is -inf.
    """
    log_sum = torch.logsumexp(F.log_softmax(logits, dim=1), dim=0)
    log_mean = log_sum - math.log(len(logits))
    return (log_mean.exp() * log_mean).mean()


def sample_information(logits: Tensor) -> Tensor:
    """The term of IDEAL's released code: mean over samples and classes of p log p.

    It rewards uncertain single predictions and says nothing about balance. ``logits``: N x K.
    """
    log_probabilities = F.log_softmax(logits, dim=1)
    return (log_probabilities.exp() * log_probabilities).mean()


def is_label(labels: Tensor, classes: int) -> Tensor:
    """bool N x K: as ``F.one_hot``, which looks at the labels on the host."""
    return labels[:, None] == torch.arange(classes, device=labels.device)


def distillation(logits: Tensor, answers: Tensor, temperature: float = 1.0) -> Tensor:
    """A student's loss on an oracle's answers, a mean over the batch.

    Cross-entropy with labels (int64 N); from class probabilities (float32 N x K) Hinton's
    T^2 KL(teacher || student), both softened by ``temperature``. ``logits``: N x K.
    """
    if not answers.is_floating_point():
        return F.cross_entropy(logits, answers)
    target = F.log_softmax(log_probabilities(answers) / temperature, dim=1)
    student = F.log_softmax(logits / temperature, dim=1)
    return temperature**2 * F.kl_div(student, target, reduction="batchmean", log_target=True)


def divergence(logits: Tensor, answers: Tensor) -> Tensor:
    """KL(teacher || student) of each image, N: of a label that is the cross-entropy."""
    if not answers.is_floating_point():
        return F.cross_entropy(logits, answers, reduction="none")
    student = F.log_softmax(logits, dim=1)
    return (answers * (log_probabilities(answers) - student)).sum(dim=1)


def logit_divergence(logits: Tensor, teacher: Tensor) -> Tensor:
    """KL(teacher || student) of each image, N, from two N x K logits; both may carry a gradient.

    In logarithms throughout: where a probability of the teacher underflows to 0, the gradient of
    p log p by way of p is NaN, though the value is right.
    """
    student, target = F.log_softmax(logits, dim=1), F.log_softmax(teacher, dim=1)
    return F.kl_div(student, target, reduction="none", log_target=True).sum(dim=1)


def log_probabilities(answers: Tensor) -> Tensor:
    """Logarithms of class probabilities, which may have underflowed to zero: N x K, finite."""
    return answers.clamp_min(torch.finfo(torch.float32).tiny).log()


def recovered_logits(answers: Tensor, classes: int, smoothing: float) -> Tensor:
    """DFME's: log-probabilities less their mean over classes, N x K.

    A label stands for the probabilities (1 - s) one-hot + s / K.
    """
    if not answers.is_floating_point():
        answers = is_label(answers, classes) * (1 - smoothing) + smoothing / classes
    logs = log_probabilities(answers)
    return logs - logs.mean(dim=1, keepdim=True)


def js_divergence(some: Tensor, other: Tensor, temperature: float = 3.0) -> Tensor:
    """DeepInversion eq. 8: (KL(p || m) + KL(q || m)) / 2 with m = (p + q) / 2, batch mean.

    Of two N x K logits at ``temperature``. As in the released code every probability is clamped to
    [0.01, 0.99] and the result to [0, 1].
    """
    p, q = F.softmax(some / temperature, dim=1), F.softmax(other / temperature, dim=1)
    mixed = ((p + q) / 2).clamp(0.01, 0.99)
    p, q = p.clamp(0.01, 0.99), q.clamp(0.01, 0.99)
    both = p * (p / mixed).log() + q * (q / mixed).log()
    return (both.sum(dim=1).mean() / 2).clamp(0, 1)


def total_variation(images: Tensor) -> Tensor:
    """Sum of four Frobenius norms: of the differences to the neighbours right, below, diagonal.

    Each norm is over the whole batch, as in DeepInversion's released CIFAR-10 code.
    """
    differences = (
        images[..., :, 1:] - images[..., :, :-1],
        images[..., 1:, :] - images[..., :-1, :],
        images[..., 1:, 1:] - images[..., :-1, :-1],
        images[..., 1:, :-1] - images[..., :-1, 1:],
    )
    return torch.stack([torch.linalg.vector_norm(part) for part in differences]).sum()


INFORMATION = {"batch": batch_information, "sample": sample_information}
