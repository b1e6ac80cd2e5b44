"""Classes that a batch of images is to be made for."""

from __future__ import annotations

import torch
from torch import Tensor


def balanced_targets(count: int, classes: int, device: torch.device) -> Tensor:
    """``count`` classes, each equally often; the rest of the division is drawn at random."""
    even = count // classes * classes
    drawn = torch.randint(classes, (count - even,), device=device)
    return torch.cat([torch.arange(even, device=device) % classes, drawn])
