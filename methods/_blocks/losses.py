"""Losses that several methods share, as pure functions of logits."""

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
    """What IDEAL's released code computes: mean over samples and classes of p log p.

    It rewards uncertain single predictions and says nothing about balance. ``logits``: N x K.
    """
    log_probabilities = F.log_softmax(logits, dim=1)
    return (log_probabilities.exp() * log_probabilities).mean()


def is_label(labels: Tensor, classes: int) -> Tensor:
    """bool N x K: what ``F.one_hot`` gives, which looks at the labels on the host."""
    return labels[:, None] == torch.arange(classes, device=labels.device)


def centred_log_labels(labels: Tensor, classes: int, smoothing: float) -> Tensor:
    """N x K log-probabilities of smoothed labels, less their mean over classes.

    DFME's recovered logits where the teacher's probabilities are (1 - s) one-hot + s / K.
    """
    smoothed = is_label(labels, classes) * (1 - smoothing) + smoothing / classes
    logs = smoothed.log()
    return logs - logs.mean(dim=1, keepdim=True)


INFORMATION = {"batch": batch_information, "sample": sample_information}
