"""Which of the stored images a student is shown, where some classes have many more than others."""

from __future__ import annotations

import torch
from torch import Tensor

from methods._blocks.imbalance import class_counts


def evened_rows(labels: Tensor, classes: int, count: int, power: float) -> Tensor:
    """int64 ``count``: rows of ``labels`` (int64 N), drawn at random and put back.

    A row is drawn in proportion to n_c^-power, with n_c the number of rows of its class: 0 draws
    all rows alike, 1 all classes that have a row.
    """
    weights = class_counts(labels, classes).clamp(min=1).double() ** -power
    return torch.multinomial(weights[labels], count, replacement=True)
