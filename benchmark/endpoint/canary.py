"""A few fixed images, asked twice before money is spent: does an endpoint keep its contract?"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from typing import NamedTuple, Protocol

import numpy as np
import torch

from benchmark.endpoint.form import Endpoint
from benchmark.errors import BenchError
from benchmark.oracle.account import hashes_of
from benchmark.oracle.journal import Journal
from benchmark.oracle.replies import Denied, NotProcessed, Reply

IMAGES = 8
CANARY_QUERIES = 2 * IMAGES  # what one canary costs
TOLERANCE = 1e-3  # of probabilities: sums of other batches round otherwise
# Keys that say which classifier it is and how it sees an image; speed and price do not.
IDENTITY = (
    *("url", "body", "shape", "classes", "headers", "values", "layout", "form", "input", "output"),
    *("image_as", "template", "images_at", "answers_at", "scores", "class_names"),
)


def images(endpoint: Endpoint) -> np.ndarray:
    """uint8 ``IMAGES`` x C x H x W: black, white, ramps, and noise that never changes."""
    channels, height, width = endpoint.shape
    down = np.linspace(0, 255, height).astype(np.uint8)[:, None].repeat(width, axis=1)
    across = np.linspace(0, 255, width).astype(np.uint8)[None, :].repeat(height, axis=0)
    plain = [np.zeros_like(down), np.full_like(down, 255), down, across]
    fixed = [np.broadcast_to(one, endpoint.shape) for one in plain]
    size = channels * height * width
    blocks = [hashlib.shake_256(f"canary {n}".encode()).digest(size) for n in range(IMAGES - 4)]
    noise = [np.frombuffer(block, np.uint8).reshape(endpoint.shape) for block in blocks]
    return np.stack(fixed + noise)


class Asks(Protocol):
    """Whoever asks an endpoint."""

    endpoint: Endpoint

    def ask(self, shown: np.ndarray) -> Reply:
        """As ``Client.ask``."""
        ...


class Entered:
    """Asks, and enters each question and its end into a ledger, as for a run's queries.

    Nothing is answered out of the ledger: a canary is to see the endpoint as it is now.
    """

    def __init__(self, client: Asks, ledger: Journal) -> None:
        self.endpoint, self._client, self._ledger = client.endpoint, client, ledger

    def __repr__(self) -> str:
        return repr(self._client)

    def ask(self, shown: np.ndarray) -> Reply:
        """As ``Client.ask``; raises ``StoreError`` too, and then sends nothing."""
        first = self._ledger.records.charges.positions
        reserved = self._ledger.reserve(first, hashes_of(shown))
        try:
            reply = self._client.ask(shown)
        except (NotProcessed, Denied):
            reserved.released()
            raise
        except BenchError:
            reserved.unknown()
            raise
        reserved.answered(reply.labels.numpy().astype(np.int32))
        return reply


class Canary(NamedTuple):
    """Of an endpoint: SHA-256, in hex, and whether it tells probabilities."""

    digest: str
    tells: bool


def description(endpoint: Endpoint, **more: object) -> str:
    """SHA-256, in hex, of what an endpoint's file says of its identity, and of ``more``."""
    described = {name: getattr(endpoint, name) for name in IDENTITY} | more
    text = json.dumps(described, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def canary(client: Asks) -> Canary:
    """Its digest is of an endpoint's address, mapping, encoding, and labels of the fixed images.

    Asks ``CANARY_QUERIES`` images, which cost what others do. Raises ``BenchError`` where the
    second answers differ from the first, and what ``Client.ask`` raises.
    """
    shown = images(client.endpoint)
    first, second = _asked(client, shown), _asked(client, shown)
    if not torch.equal(first.labels, second.labels) or not _near(first, second):
        raise BenchError(
            f"{client!r} gave the same {IMAGES} images other answers the second time: it draws "
            "lots, mixes models, or mixes up the images of a batch; ask one fixed model"
        )
    digest = description(client.endpoint, canary=first.labels.tolist())
    return Canary(digest, first.probabilities is not None)


def _asked(client: Asks, shown: np.ndarray) -> Reply:
    size = min(client.endpoint.batch, len(shown))
    parts = [client.ask(shown[start : start + size]) for start in range(0, len(shown), size)]
    told = [part.probabilities for part in parts if part.probabilities is not None]
    labels = torch.cat([part.labels for part in parts])
    return dataclasses.replace(
        parts[0], labels=labels, probabilities=torch.cat(told) if len(told) == len(parts) else None
    )


def _near(first: Reply, second: Reply) -> bool:
    if first.probabilities is None or second.probabilities is None:
        return first.probabilities is second.probabilities
    return torch.allclose(first.probabilities, second.probabilities, atol=TOLERANCE)
