"""Teachers on disk, and files that were changed by hand."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import torch

from benchmark import datasets
from benchmark.datasets import Dataset, Split
from benchmark.nets import architectures
from teachers import cards, shelf
from teachers.recipe import recipe_for


def save_teacher(folder, seed: int, architecture: str = "lenet"):
    """A network for digits that has learnt nothing."""
    digits, recipe = datasets.load("digits"), recipe_for("digits", (1, 16, 16), architecture, 1437)
    torch.manual_seed(seed)
    network = architectures.build(architecture, digits.shape, 10)
    path = shelf.path_for(folder, digits, architecture)
    cards.save(network, path, digits, architecture, recipe, seed)
    return path


RECIPE = recipe_for("digits", (1, 16, 16), "lenet", 65)


def small_set(name: str = "folder:some where", seed: int = 0) -> Dataset:
    """Eight images of noise in four classes; the seed draws the labels of the training split."""
    images = torch.randint(256, (8, 1, 16, 16), generator=torch.Generator().manual_seed(0))
    train = torch.randint(4, (8,), generator=torch.Generator().manual_seed(seed))
    labels = {"train": train, "test": torch.arange(8) % 4}
    return Dataset(
        name, (1, 16, 16), tuple("abcd"), lambda split: Split(images.to(torch.uint8), labels[split])
    )


def save(folder: Path, dataset: Dataset, seed: int = 0) -> Path:
    torch.manual_seed(seed)
    module = architectures.build("lenet", dataset.shape, 4)
    path = shelf.path_for(folder, dataset, "lenet")
    cards.save(module, path, dataset, "lenet", RECIPE, seed)
    return path


def change_card(path: Path, **changes) -> None:
    card_path = path.with_suffix(".json")
    card = json.loads(card_path.read_text()) | changes
    card_path.write_text(
        json.dumps({key: value for key, value in card.items() if value is not None})
    )


def replace_weights(path: Path, data: bytes) -> None:
    """Other weights whose SHA-256 is on the card, as a careful forger would."""
    path.write_bytes(data)
    change_card(path, sha256=hashlib.sha256(data).hexdigest())
