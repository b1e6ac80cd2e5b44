"""The defaults of a data set: teacher, student, budget, batch.

Budgets and batches: paper 4.1.3. Students: where paper Tables 3 and 5 name them, else inferred
from equal entries (Table 2 does not name its students).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from benchmark.datasets import base


@dataclass(frozen=True)
class Task:
    """Defaults of one data set. ``batch`` reaches a method only through a field of that name."""

    teacher: str
    student: str
    budget: int
    batch: int = 250

    @property
    def config_defaults(self) -> dict[str, Any]:
        """Method fields that depend on the data set."""
        return {"batch": self.batch}


TASKS = {
    "digits": Task("lenet", "lenet", 5_000),
    "photos": Task("lenet", "lenet", 5_000),
    "mnist": Task("lenet", "lenet", 25_000),
    "fmnist": Task("lenet", "lenet", 100_000),
    "svhn": Task("resnet18", "resnet18", 100_000),
    "cifar10": Task("resnet34", "resnet18", 250_000),
    "imagenet12": Task("vgg16", "resnet18", 250_000),
    "cifar100": Task("resnet34", "resnet18", 2_000_000, batch=1000),
    "tiny-imagenet": Task("resnet34", "resnet18", 2_000_000, batch=1000),
}
FOLDER = Task("resnet18", "resnet18", 100_000)


def task_for(dataset: str) -> Task:
    """The defaults of a data set; every ``folder:`` set has the same."""
    return TASKS.get(base(dataset), FOLDER)
