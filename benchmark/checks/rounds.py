"""The cost of one round of each method: its formula beside the oracle's counter."""

from __future__ import annotations

import re
from dataclasses import dataclass

import torch

from benchmark import compiler, env
from benchmark.method import config
from benchmark.nets import architectures
from benchmark.oracle import Spec, open_oracle
from benchmark.oracle.answering import Network
from benchmark.run import registry
from benchmark.run.registry import Entry
from benchmark.run.tasks import TASKS
from benchmark.tables.table import Sheet, Table, heads, line
from benchmark.tables.values import count

TASK = "mnist"  # whose usual batch and shape the column of defaults is for
SHAPE, CLASSES = (1, 28, 28), 10
LARGE = 100_000  # a budget that no first round spends


@dataclass(frozen=True)
class Round:
    """The cost of a method's first round in queries."""

    label: str
    access: str
    words: str  # from the method's page
    default: int  # by formula, at the data set's usual batch
    formula: int  # by formula, at the small settings ...
    counted: int  # ... at which the round was run and the oracle counted


def measure(label: str) -> Round:
    """Run one round at the method's small settings against an untrained teacher."""
    entry = registry.find(label)
    method = entry.method
    spec = Spec(SHAPE, CLASSES, torch.device("cpu"), method.access[0])
    usual = config.resolve(method, label, entry.overrides, task=TASKS[TASK].config_defaults)
    small = config.resolve(method, label, entry.overrides, method.tiny)
    return Round(
        label,
        spec.access,
        _words(entry),
        method.round_cost(usual, spec),
        method.round_cost(small, spec),
        _count(entry, spec, small),
    )


NAMES = ("method", "queries of one round")
NUMBERS = (f"at {TASK}'s defaults", "small: formula", "small: counter")
NOTE = "Counter: queries that the oracle charged for a first round at the tests' settings."


def sheet() -> Sheet:
    """The table of all methods."""
    compiler.on_demand()
    found = [measure(label) for label in registry.labels()]
    lines = [
        line(one.label, one.words, count(one.default), count(one.formula), count(one.counted))
        for one in found
    ]
    return Sheet([Table("", (), heads(NAMES, NUMBERS), lines)], [NOTE])


def _count(entry: Entry, spec: Spec, settings: object) -> int:
    env.seed_all("rounds", entry.label)
    teacher = architectures.build("lenet", spec.shape, spec.classes).eval()
    student = architectures.build("lenet", spec.shape, spec.classes)
    oracle, account, close = open_oracle(
        spec, LARGE, [Network(teacher, spec.access != "hard-label")]
    )
    try:
        method = entry.method(spec, settings, oracle, student)
        if entry.method.real_images:
            method.images = torch.randint(256, (500, *spec.shape), dtype=torch.uint8)
        method.setup()
        method.step()
        return account.spent
    finally:
        close()


def _words(entry: Entry) -> str:
    """The first sentence of the page's paragraph on queries."""
    page = registry.page(entry)
    paragraph = page.partition("Queries of one round.")[2].strip().split("\n\n")[0]
    return re.split(r"[;:.]", " ".join(paragraph.split()).replace("`", ""))[0]
