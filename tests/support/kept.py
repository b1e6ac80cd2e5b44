"""Made-up runs that kept something: a student, a sample, logged numbers. Nothing is trained."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from benchmark import env
from benchmark.nets import architectures
from benchmark.pictures import captions, saving
from benchmark.rows.row import Row
from benchmark.rows.store import Store
from support.made_rows import make_row


def empty_store(folder: Path) -> Store:
    store = Store(folder / "results")
    store.prepare()
    return store


def sample_of(counts: list[int], shape=(1, 8, 8), **logged: list[float]) -> dict[str, Tensor]:
    """Random images, so many of each label, and numbers that were logged round for round."""
    env.seed_all("sample", *counts)
    images = torch.randint(256, (sum(counts), *shape), dtype=torch.uint8)
    labels = torch.repeat_interleave(torch.arange(len(counts)), torch.tensor(counts))
    rounds = max(map(len, logged.values()), default=0)
    columns = {f"log/{name}": torch.tensor(values) for name, values in logged.items()}
    return {
        "images": images,
        "labels": labels,
        "asked": torch.arange(len(images)),
        "rounds": torch.arange(1, rounds + 1),
        **columns,
    }


def student_of(shape=(1, 8, 8), classes: int = 10) -> nn.Module:
    """An untrained LeNet, always the same one."""
    env.seed_all("student")
    return architectures.build("lenet", shape, classes)


def keep(
    store: Store, sample: dict[str, Tensor], student: nn.Module | None = None, **changes
) -> Row:
    """Write a row with its student and sample."""
    one = make_row(**changes)
    shape = tuple(sample["images"].shape[1:])
    student = student or student_of(shape, one.classes)
    return store.write(one, {"student": student.state_dict(), "sample": sample})


def drawing(kind, store: Store, monkeypatch):
    """``draw(rows) -> figure`` of a kind of picture, which is not written."""
    caught = []
    monkeypatch.setattr(saving, "write", lambda figure, *_: caught.append(figure))

    def draw(*rows: Row):
        kind.draw(store, captions.named(list(rows)), store.root / "picture.png")
        return caught.pop()

    return draw
