"""Telling images apart by two views of each, as CMI does: projection head, memory bank, loss."""

from __future__ import annotations

from typing import TypedDict

import torch
import torch.nn.functional as F
from torch import Tensor, nn

EXCLUDED = -1e4  # a logit that no softmax notices; minus infinity would give NaN gradients


class ProjectionHead(nn.Module):
    """Features N x F to unit vectors N x D: linear, ReLU, linear, as in CMI's released code."""

    def __init__(self, features: int, dimensions: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(features, features), nn.ReLU(), nn.Linear(features, dimensions)
        )

    def forward(self, features: Tensor) -> Tensor:
        """N x F -> N x D, float32, each of length 1."""
        return F.normalize(self.layers(features).float(), dim=1)


class RingState(TypedDict):
    """The filled part of a bank, and where the next item goes."""

    features: Tensor
    next: int


class FeatureBank:
    """The features of the latest ``capacity`` images, N x ``size``, in a ring on the device."""

    def __init__(self, capacity: int, size: int, device: torch.device) -> None:
        self.features = torch.zeros(capacity, size, device=device)
        self.filled = self.next = 0

    def __len__(self) -> int:
        return self.filled

    def add(self, features: Tensor) -> None:
        """Put N features in, over the oldest ones where there is no room left."""
        capacity = len(self.features)
        features = features.detach()[-capacity:]
        places = torch.arange(self.next, self.next + len(features), device=features.device)
        self.features[places % capacity] = features
        self.next = (self.next + len(features)) % capacity
        self.filled = min(capacity, self.filled + len(features))

    def draw(self, count: int) -> tuple[Tensor, Tensor]:
        """``count`` different items, and which of the rows are items: bool ``count``.

        Always ``count`` rows: where the bank holds fewer, the others have no meaning.
        """
        device = self.features.device
        chosen = torch.randperm(self.filled, device=device)[:count]
        valid = torch.arange(count, device=device) < len(chosen)
        return self.features[F.pad(chosen, (0, count - len(chosen)))], valid

    def state_dict(self) -> RingState:
        """The filled part and where the next item goes."""
        return {"features": self.features[: self.filled], "next": self.next}

    def load_state_dict(self, state: RingState) -> None:
        """Go on from a saved bank."""
        self.filled, self.next = len(state["features"]), state["next"]
        self.features[: self.filled] = state["features"]


def contrastive_loss(queries: Tensor, keys: Tensor, valid: Tensor, temperature: float) -> Tensor:
    """CMI eq. 6 as released: which of all keys is the other view of the same image?

    ``queries``, ``keys``: (N + M) x D unit vectors of local and global views, the first N of this
    batch, the others of the bank; ``valid``: bool M, which of the latter exist. Cross-entropy over
    similarities / temperature, mean over the batch plus mean over the bank's items (one mean over
    both would leave the batch, through which the gradient goes, next to no weight).
    """
    current = len(queries) - len(valid)
    everything = torch.cat([valid.new_ones(current), valid])
    similarity = (queries @ keys.T).float() / temperature
    logits = similarity.masked_fill(~everything, EXCLUDED)
    same = torch.arange(len(queries), device=queries.device)
    losses = F.cross_entropy(logits, same, reduction="none")
    stored = (losses[current:] * valid).sum() / valid.sum().clamp(min=1)
    return losses[:current].mean() + stored
