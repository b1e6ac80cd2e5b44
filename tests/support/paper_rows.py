"""Rows of the cells of the paper, and a look at the table that they make."""

from __future__ import annotations

import csv
import io

from benchmark.papers import presets
from benchmark.tables import paper
from benchmark.tables.render import render
from benchmark.tables.table import Entry
from support.made_tables import head

MNIST = {"dataset": "mnist", "budget": 25_000, "unique": 25_000}


IDEAL = MNIST | {"method": "ideal", "config": {"generator_steps": 5}}


DFME = MNIST | {"method": "dfme"}


TABLE_2 = presets.narrow(presets.find("table2"), ["mnist"])


def only_table(rows, preset=TABLE_2, **options):
    return paper.sheet(preset, rows, **options).tables[0]


def lenet(rows, **options) -> dict[str, Entry]:
    one = only_table(rows, **options)
    line = next(line for line in one.lines if line[1].value == "LeNet")
    return dict(zip(head(one), line, strict=True))


FLOOR = MNIST | {"method": "noise", "floor": True}


BLOBS = FLOOR | {"variant": "blobs"}


def records(rows, preset=TABLE_2, **options) -> list[dict]:
    return list(csv.DictReader(io.StringIO(render(paper.sheet(preset, rows, **options), "csv"))))
