"""Teachers of images without any meaning, for tests that need no good one."""

from __future__ import annotations

from pathlib import Path

import torch

from benchmark.datasets import Dataset, Split
from benchmark.nets import architectures
from teachers import cards, shelf
from teachers.recipe import recipe_for

RECIPE = recipe_for("digits", (1, 12, 12), "lenet", 65)


def noise_set(name: str, train: int = 0, test: int = 0) -> Dataset:
    """Eight grey images of noise in two classes; the numbers draw the labels of a split."""
    images = torch.randint(256, (8, 1, 12, 12), generator=torch.Generator().manual_seed(0))

    def read(split: str) -> Split:
        drawn = torch.Generator().manual_seed({"train": train, "test": test}[split])
        return Split(images.to(torch.uint8), torch.randint(2, (8,), generator=drawn))

    return Dataset(name, (1, 12, 12), ("a", "b"), read)


def save(folder: Path, dataset: Dataset, seed: int = 0, architecture: str = "lenet") -> Path:
    torch.manual_seed(seed)
    path = shelf.place(folder, dataset, architecture)
    module = architectures.build(architecture, dataset.shape, 2)
    cards.save(module, path, dataset, architecture, RECIPE, seed)
    return path
