"""How many images passed through the networks that a method holds."""

from __future__ import annotations

from collections import Counter

import torch
from torch import nn

NAMES = {"student", "teacher", "teacher_gradients"}


class Visits(Counter):
    """Counts, by hooks, the images that pass through a run's networks.

    "student": images it was trained on; "teacher": images that a method showed to a white-box
    teacher, beside the oracle's queries; "teacher_gradients": those of them that asked for a
    gradient through the teacher.
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
