"""A query: images in range, and the bytes that the teacher sees of them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from benchmark.backing import Backing
from benchmark.errors import OracleError
from benchmark.oracle import guard

PRECISIONS = ("uint8", "float32")
ACCESSES = {
    "hard-label": "a class index for each query, and nothing else",
    "score": "class probabilities for each query",
    "white-box": "class probabilities, and the teacher itself: its gradients, features, statistics",
    "real-data": "class probabilities, and the teacher's training images",
}


@dataclass(frozen=True)
class Spec:
    """All a method may know of its task; there is no data set name on purpose."""

    shape: tuple[int, int, int]  # C, H, W; queries are N x C x H x W in [0, 1]
    classes: int
    device: torch.device
    access: str = "hard-label"  # one of ACCESSES
    backing: Backing | None = field(default=None, compare=False)  # for images it keeps, if many


class QueryRefused(OracleError, ValueError):
    """The images are not of a kind that the oracle serves."""


class BudgetExhausted(OracleError, RuntimeError):
    """The call does not fit into the rest of the budget."""


def too_many(asked: int, left: int, budget: int) -> str:
    """The text of a refusal."""
    return f"asked for {asked} labels, {left} of {budget} left"


def plain(images: object) -> Tensor:
    """A copy of a query, which nobody else can change; a subclass is refused."""
    if type(images) is not Tensor:
        raise QueryRefused(f"a query must be a plain torch.Tensor, not {type(images).__name__}")
    return guard.copied(images)


def check(images: Tensor, spec: Spec) -> None:
    """Refuse images that are not float32 N x C x H x W in [0, 1]."""
    if images.dtype != torch.float32 or tuple(images.shape[1:]) != spec.shape or images.ndim != 4:
        expected = "x".join(map(str, spec.shape))
        got = f"{images.dtype} {tuple(images.shape)}".removeprefix("torch.")
        raise QueryRefused(f"a query must be float32 N x {expected}, not {got}")
    low, high = images.aminmax() if len(images) else (0, 1)
    if not (low >= 0 and high <= 1):  # NaN fails both
        raise QueryRefused("a query must hold finite values in [0, 1]; clamp it, check for NaN")


def as_seen(images: Tensor, precision: str) -> Tensor:
    """The images as the teacher sees them: rounded to 8 bits, or as they are under "float32"."""
    return images.mul(255).round_().to(torch.uint8) if precision == "uint8" else images


def as_bytes(images: np.ndarray) -> np.ndarray:
    """Images in [0, 1] as the nearest of 256 levels; uint8 as it is."""
    return images if images.dtype == np.uint8 else np.rint(images * 255).astype(np.uint8)
