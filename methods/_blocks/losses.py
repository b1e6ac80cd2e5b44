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


INFORMATION = {"batch": batch_information, "sample": sample_information}
