"""Losses that weigh rare classes more, as pure functions of logits, labels and class counts.

``logits``: float32 N x K; ``labels``: int64 N; ``counts``: K, how many labels there are of each
class. A class without a label counts as having one. Nothing is read on the host.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from methods._blocks.losses import is_label


def class_counts(labels: Tensor, classes: int) -> Tensor:
    """int64 K: how often each class stands in ``labels``, as ``torch.bincount``."""
    return is_label(labels, classes).sum(dim=0)  # bincount looks at the labels on the host


def ldam_margins(counts: Tensor, largest: float) -> Tensor:
    """Of each class: proportional to n_c^(-1/4), the rarest has ``largest`` (Cao et al. 2019)."""
    margins = counts.clamp(min=1).float() ** -0.25
    return margins * (largest / margins.max())


def ldam(logits: Tensor, labels: Tensor, counts: Tensor, largest: float) -> Tensor:
    """LDAM (Cao et al. 2019): CE after the label's logit was lowered by its margin.

    At scale 1, for a linear head; the authors use 30 with a cosine head.
    """
    lowered = is_label(labels, logits.shape[1]) * ldam_margins(counts, largest)
    return F.cross_entropy(logits - lowered, labels)


def class_balanced_weights(counts: Tensor, beta: float) -> Tensor:
    """Of each class: (1 - b) / (1 - b^n_c), scaled to a sum of K (Cui et al. 2019)."""
    logs = counts.clamp(min=1).double() * math.log(beta)
    weights = -1 / torch.expm1(logs)  # 1 - b cancels; float32 has no 1 - b^n for small n
    return (weights * (len(counts) / weights.sum())).float()


def class_balanced_focal(
    logits: Tensor, labels: Tensor, counts: Tensor, beta: float, gamma: float
) -> Tensor:
    """CB-Focal (Cui et al. 2019): -w_y sum_c (1 - q_c)^gamma log q_c, the mean over the batch.

    q_c = sigmoid(z_c) for the label, 1 - sigmoid(z_c) for the other classes.
    """
    signed = torch.where(is_label(labels, logits.shape[1]), logits, -logits)
    focal = -(gamma * F.logsigmoid(-signed)).exp() * F.logsigmoid(signed)
    return (class_balanced_weights(counts, beta)[labels] * focal.sum(dim=1)).mean()
