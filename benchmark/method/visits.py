"""How many images passed through the networks that a method holds."""

from __future__ import annotations

from collections import Counter

import torch
from torch import nn


class Visits(Counter):
    """Counts, by hooks that know nothing else, the images that pass through a run's networks.

    "student": those it was trained on; "teacher": those a method showed to a white-box teacher,
    beside the oracle's queries; "teacher_gradients": those of them through which it may have asked
    the teacher for a gradient.
    """

    def student(self, module: nn.Module, inputs: tuple) -> None:
        """A forward pre-hook of the student."""
        if module.training:
            self["student"] += len(inputs[0])

    def teacher(self, module: nn.Module, inputs: tuple) -> None:
        """A forward pre-hook of a teacher that a method holds."""
        self["teacher"] += len(inputs[0])
        if torch.is_grad_enabled() and inputs[0].requires_grad:
            self["teacher_gradients"] += len(inputs[0])
