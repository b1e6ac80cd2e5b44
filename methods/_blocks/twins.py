"""Second networks in the architecture of the student."""

from __future__ import annotations

import copy

from torch import nn


def twin(student: nn.Module) -> nn.Module:
    """A copy with the same weights.

    The suite counts the images that a student is trained on by hooks; those of the copy count into
    the same sums.
    """
    owners = (
        getattr(hook, "__self__", None)
        for module in student.modules()
        for hooks in (module._forward_pre_hooks, module._forward_hooks)
        for hook in hooks.values()
    )
    return copy.deepcopy(student, {id(owner): owner for owner in owners if owner is not None})
