"""Second networks in the architecture of the student."""

from __future__ import annotations

import copy
from collections.abc import Callable

import torch
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


@torch.no_grad()
def redrawn(net: nn.Module) -> nn.Module:
    """``net`` itself, with weights drawn anew in place, as torch starts each of its layers.

    ``ValueError`` as ``starts``.
    """
    for start in starts(net):
        start()
    return net


def starts(net: nn.Module) -> list[Callable[[], object]]:
    """What draws the weights of each layer anew; nothing is drawn yet.

    ``ValueError`` if no layer knows how to start: its twin would be the same network.
    """
    found = (getattr(module, "reset_parameters", None) for module in net.modules())
    known = [start for start in found if callable(start)]
    if not known:
        raise ValueError(f"{type(net).__name__} has no layer with reset_parameters to draw anew")
    return known
