"""Predictions and the two official numbers: accuracy and agreement with the teacher, in per cent.

Images stay uint8 tensors and are scaled a batch at a time; there is no DataLoader on this path.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from benchmark.nets.health import NotFinite

BATCH = 1000


@contextmanager
def frozen(model: nn.Module) -> Iterator[None]:
    """Evaluation mode without gradients; afterwards every submodule has its own mode back."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        with torch.inference_mode():
            yield
    finally:
        for module, training in modes:
            module.training = training


def predict(model: nn.Module, images: Tensor, batch: int = BATCH) -> Tensor:
    """Class index per image: uint8 N x C x H x W (any device) -> int64 N on the CPU.

    The model sees values in [0, 1] on its own device. Its training modes are left as they were.
    Raises ``NotFinite`` for a logit that is not finite: argmax would still name a class.
    """
    device = next(model.parameters()).device
    with frozen(model):
        chunks, lost = [], torch.zeros((), dtype=torch.int64, device=device)
        for part in images.split(batch):
            logits = model(part.to(device).float().div_(255))
            lost += logits.isfinite().all(dim=1).logical_not().sum()
            chunks.append(logits.argmax(dim=1))
        if count := int(lost):
            raise NotFinite(f"{count:,} of {len(images):,} images have logits that are not finite")
        return torch.cat(chunks).cpu()


def percent_equal(first: Tensor, second: Tensor) -> float:
    """Share of equal entries of two int64 vectors of one length, in per cent."""
    return 100.0 * (first == second).double().mean().item()


def logits(model: nn.Module, images: Tensor, batch: int = BATCH) -> Tensor:
    """Logits per image, float32 N x K on the CPU; as ``predict``, but nothing is refused."""
    device = next(model.parameters()).device
    with frozen(model):
        parts = [model(part.to(device).float().div_(255)).float() for part in images.split(batch)]
        return torch.cat(parts).cpu()
