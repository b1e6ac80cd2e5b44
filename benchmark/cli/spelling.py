"""Refusing slips of the pen before torch is imported: in half a second instead of three.

Only names and values are checked here. Facts that a data set, a teacher or a method's own code
decides are checked where they are used.
"""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

from benchmark import datasets
from benchmark.errors import unknown
from benchmark.method import config
from benchmark.nets import names
from benchmark.run import outlines
from teachers.names import teacher_path

Sets = dict[str, dict[str, Any]]


def check_methods(texts: list[str], sets: Sets) -> None:
    """Refuse unknown methods, variants and fields; ``sets``: see ``parse.merged``."""
    found: dict[str, outlines.Outline | None] = {}
    asked = (outlines.names() if text == "all" else [text] for text in texts)
    for text in itertools.chain.from_iterable(asked):
        name, variant = outlines.split(text)
        outline = outlines.find(text)
        name = Path(name).stem if outlines.path_of(name) else name
        found |= {name: outline, f"{name}:{variant}" if variant else name: outline}
    for name, values in sets.items():
        if name not in found:
            raise unknown("method in --set", name, found)
        _check_fields(name, values, found[name])


def _check_fields(label: str, values: dict[str, Any], outline: outlines.Outline | None) -> None:
    """Refuse fields and values that a method does not take, as far as its text says so."""
    fields = outline.fields if outline else {}
    for name, value in values.items() if outline else ():
        if name not in fields:
            raise unknown(f"field of {label}", name, fields)
        if fields[name].kind is not None:
            config.check_value(f"{label}.{name}", value, fields[name].kind, fields[name].limits)


def check_datasets(texts: list[str], size: int | None, data_dir: Path | None) -> None:
    """Refuse unknown data sets, missing folders, and sizes that a set cannot have."""
    for name in texts:
        datasets.check(name, size, data_dir)


def check_networks(students: list[str], teachers: list[str]) -> None:
    """Refuse unknown architectures, and missing files of teachers."""
    for name in students:
        names.check_student(name)
    for name in filter(names.is_trainable, teachers):
        names.check(name)
    for text in teachers:
        teacher_path(text)
