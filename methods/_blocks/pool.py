"""A pool of labelled images: 8-bit, preallocated, on the device, each label paid for once.

Where the run has a file for them, the images are in it: on a CPU nowhere else, on another device
as a copy that only a resumed run reads. A saved state leaves them out.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from benchmark.method import Spec


class LabelledPool:
    """Up to ``capacity`` images (uint8) with the oracle's answers, appended in order.

    An answer is a label (int64), or class probabilities (float32 K) where the access grants them.

    ``targets``: it also keeps of each image the class (int64) that it was made to show.
    """

    def __init__(self, spec: Spec, capacity: int, targets: bool = False) -> None:
        self.filed = None if spec.backing is None else spec.backing.rows(capacity, spec.shape)
        if self.filed is not None and spec.device.type == "cpu":
            self.images = self.filed
        else:
            whole = (capacity, *spec.shape)
            self.images = torch.empty(whole, dtype=torch.uint8, device=spec.device)
        hard = spec.access == "hard-label"
        size, kind = ((), torch.int64) if hard else ((spec.classes,), torch.float32)
        self.labels = torch.empty((capacity, *size), dtype=kind, device=spec.device)
        classes = torch.empty(capacity, dtype=torch.int64, device=spec.device)
        self.targets = classes if targets else None
        self.unread = torch.empty(0, dtype=torch.int64, device=spec.device)
        self.size = 0

    def __len__(self) -> int:
        return self.size

    def add(self, images: Tensor, labels: Tensor, targets: Tensor | None = None) -> None:
        """Append N images (float in [0, 1], rounded to 8 bits), their N labels and targets.

        They join the pass that ``draw`` is reading, at random places of its unread part.
        """
        end = self.size + len(labels)
        self.images[self.size : end] = to_bytes(images)
        if self.filed is not None and self.filed is not self.images:
            self.filed[self.size : end] = self.images[self.size : end]
        self.labels[self.size : end] = labels
        if self.targets is not None:
            assert targets is not None, "a pool with targets gets one of each image"
            self.targets[self.size : end] = targets
        new = torch.arange(self.size, end, device=self.unread.device)
        self.unread = _shuffled(torch.cat([self.unread, new]))
        self.size = end

    def batches(self, size: int, targets: bool = False) -> Iterator[tuple[Tensor, Tensor]]:
        """One shuffled pass: (float images in [0, 1], labels) in batches of at most ``size``.

        ``targets``: with these in the place of the labels. A last batch of a single image is left
        out: batch norm cannot learn from it.
        """
        classes = self.targets if targets else self.labels
        assert classes is not None, "this pool was made without targets"
        for chosen in torch.randperm(self.size, device=self.labels.device).split(size):
            if len(chosen) > 1 or self.size == 1:
                yield from_bytes(self.images[chosen]), classes[chosen]

    def replay(self, size: int, steps: int) -> Iterator[tuple[Tensor, Tensor]]:
        """``steps`` batches, but no more than a pass has: the newest, then those of ``draw``."""
        yield self.newest(size)
        for _ in range(min(steps, -(-self.size // size)) - 1):
            yield self.draw(size)

    def newest(self, size: int) -> tuple[Tensor, Tensor]:
        """The last ``size`` images (or all there are), float in [0, 1], and their labels."""
        part = slice(max(0, self.size - size), self.size)
        return from_bytes(self.images[part]), self.labels[part]

    def draw(self, size: int) -> tuple[Tensor, Tensor]:
        """The next ``size`` images (or all there are), float in [0, 1], and their labels.

        They come from an endless row of shuffled passes: in each, every image is read once.
        """
        size = min(size, self.size)
        if len(self.unread) < size:
            everything = torch.arange(self.size, device=self.unread.device)
            self.unread = torch.cat([self.unread, _shuffled(everything)])
        chosen, self.unread = self.unread[:size], self.unread[size:]
        return from_bytes(self.images[chosen]), self.labels[chosen]

    def state_dict(self) -> dict[str, Tensor]:
        """The filled part, but for images in a file, and the rest of the current pass."""
        filled = {name: rows[: self.size] for name, rows in self._rows().items()}
        if self.filed is not None:
            del filled["images"]
        return filled | {"unread": self.unread}

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Go on from a saved pool."""
        self.size = size = len(state["labels"])
        for name, rows in self._rows().items():
            if name in state or self.filed is None:
                rows[:size] = state[name]
        if self.filed is not None and self.filed is not self.images:
            if "images" in state:  # of before there was a file
                self.filed[:size] = self.images[:size]
            else:
                self.images[:size] = self.filed[:size]
        self.unread = state["unread"].to(self.unread.device)

    def _rows(self) -> dict[str, Tensor]:
        kept = {"images": self.images, "labels": self.labels}
        return kept if self.targets is None else kept | {"targets": self.targets}


def _shuffled(indices: Tensor) -> Tensor:
    return indices[torch.randperm(len(indices), device=indices.device)]


def to_bytes(images: Tensor) -> Tensor:
    """Float images in [0, 1] to uint8, rounded to the nearest as the oracle does."""
    return images.detach().mul(255).round_().to(torch.uint8)


def from_bytes(images: Tensor) -> Tensor:
    """uint8 images to float32 in [0, 1]."""
    return images.float().div_(255)
