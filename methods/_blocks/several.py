"""Batches that networks can learn from."""

from __future__ import annotations

from torch import Tensor


def several(images: Tensor) -> bool:
    """Whether there are two images or more: batch norm cannot learn from one."""
    return len(images) > 1
