"""A bank of labelled images by class: which are there, which are nearest, which are unused."""

from __future__ import annotations

from typing import TypedDict

import torch
from torch import Tensor

from benchmark.method import Spec
from methods._blocks.pool import from_bytes, to_bytes

EXACT = "donot_use_mm_for_euclid_dist"  # a product would run in bfloat16 where networks do


class BankState(TypedDict):
    """Everything that is in a bank."""

    images: Tensor
    fresh: Tensor
    added: list[int]


class ClassBank:
    """The newest ``size`` images of each class as the oracle has labelled them, in 8 bits.

    An image is *fresh* until ``draw`` has given it out.
    """

    def __init__(self, spec: Spec, size: int) -> None:
        slots, device = (spec.classes, size), spec.device
        self.images = torch.zeros((*slots, *spec.shape), dtype=torch.uint8, device=device)
        self.fresh = torch.zeros(slots, dtype=torch.bool, device=device)
        self.added = [0] * spec.classes  # images ever added of each class

    def add(self, images: Tensor, labels: Tensor, fresh: bool = False) -> None:
        """Put in N images (float in [0, 1]) with labels (int64 N), each over its class's oldest."""
        size = self.images.shape[1]
        for label in labels.unique().tolist():
            chosen = (labels == label).nonzero().flatten()
            slots = torch.arange(len(chosen), device=labels.device) + self.added[label]
            self.added[label] += len(chosen)
            chosen, slots = chosen[-size:], slots[-size:] % size
            self.images[label, slots] = to_bytes(images[chosen])
            self.fresh[label, slots] = fresh

    def known(self) -> Tensor:
        """Which classes have an image: bool K."""
        return torch.tensor(self.added, device=self.fresh.device) > 0

    def draw(self, used: Tensor, count: int) -> tuple[Tensor, Tensor]:
        """Up to ``count`` fresh images (float in [0, 1]) with their labels, no longer fresh.

        As balanced as can be with the images used before: ``used`` (int64 K) of each class.
        """
        places = (used[:, None] + self.fresh.cumsum(dim=1))[self.fresh]
        classes, slots = self.fresh.nonzero(as_tuple=True)
        order = places.argsort(stable=True)[:count]
        classes, slots = classes[order], slots[order]
        self.fresh[classes, slots] = False
        return from_bytes(self.images[classes, slots]), classes

    def nearest(self, images: Tensor, allowed: Tensor, count: int) -> Tensor:
        """The ``count`` nearest (L2) banked images of allowed classes: count x N x C x H x W.

        ``images``: float N x C x H x W; ``allowed``: bool N x K, with a known class in each row.
        Where there are fewer, the nearest is repeated.
        """
        size = self.images.shape[1]
        distances, places = [], []
        for label in (allowed.any(dim=0) & self.known()).nonzero().flatten().tolist():
            filled = min(self.added[label], size)
            stored = from_bytes(self.images[label, :filled]).flatten(1)
            apart = images.new_full((len(images), size), torch.inf)
            rows = allowed[:, label]
            apart[rows, :filled] = torch.cdist(images[rows].flatten(1), stored, compute_mode=EXACT)
            closest = apart.topk(min(count, size), dim=1, largest=False)
            distances.append(closest.values)
            places.append(closest.indices + label * size)
        closest = torch.cat(distances, dim=1).topk(min(count, size), dim=1, largest=False)
        chosen = torch.cat(places, dim=1).gather(1, closest.indices)
        chosen = torch.where(closest.values.isfinite(), chosen, chosen[:, :1])
        chosen = torch.cat([chosen, chosen[:, :1].expand(-1, count - chosen.shape[1])], dim=1)
        return from_bytes(self.images.flatten(0, 1)[chosen.T])

    def state_dict(self) -> BankState:
        """Everything that is in it."""
        return {"images": self.images, "fresh": self.fresh, "added": list(self.added)}

    def load_state_dict(self, state: BankState) -> None:
        """Go on from a saved bank."""
        self.images.copy_(state["images"])
        self.fresh.copy_(state["fresh"])
        self.added = list(state["added"])
