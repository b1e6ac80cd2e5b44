"""The page of a method: its docstring, its settings, what papers print of it, what was measured."""

from __future__ import annotations

import sys

from benchmark import config, published, registry
from benchmark.columns import columns
from benchmark.grouping import TUNING_SEEDS, by_method, by_setting, title_of
from benchmark.parse import short
from benchmark.stats import cell
from benchmark.store import Row, Store


def page(name: str, store: Store) -> str:
    """Everything there is to say about a method, or about one of its variants."""
    entry = registry.find(name)
    facts = (
        f"Paper: {entry.method.paper}. Version {entry.method.version}.\n"
        f"Access: {', '.join(entry.method.access)}."
    )
    parts = [(sys.modules[entry.method.__module__].__doc__ or "").strip(), facts, _settings(entry)]
    parts += [_published(entry.name), _measured(entry.name, store)]
    return "\n\n".join(part for part in parts if part)


def _settings(entry: registry.Entry) -> str:
    resolved = config.as_dict(config.resolve(entry.method, entry.label, entry.overrides))
    sources = config.sources(entry.method)
    rows = [(f"{field} = {value}", sources[field]) for field, value in resolved.items()]
    return columns(f"Config of {entry.label}, with the source of each default:", rows)


def _published(name: str) -> str:
    """The accuracies that papers print of a method and its variants, each source by itself."""
    found = [
        number
        for number in published.numbers()
        if number.metric == "accuracy" and number.method.partition(":")[0].split(" ")[0] == name
    ]
    blocks = []
    for source in dict.fromkeys(number.source for number in found):
        rows = [(_place(n), f"{n.value:.2f}") for n in found if n.source == source]
        blocks.append(columns(f"Published, {published.sources()[source]}:", rows))
    return "\n\n".join(blocks)


def _place(number: published.Number) -> str:
    nets = " to ".join(filter(None, (number.teacher, number.student)))
    budget = short(number.budget) if number.budget else ""
    access = "" if number.access == "hard-label" else number.access
    return ", ".join(filter(None, (number.method, number.dataset, nets, budget, access)))


def _measured(name: str, store: Store) -> str:
    """The mean of each setting that the store has complete rows of."""
    done = [r for r in store.rows() if r["method"] == name and _counts(r)]
    rows = []
    for group in by_setting(done).values():
        for label, of in by_method(group).items():
            place = f"{label}, {title_of(group[0], done)}, {short(group[0]['budget'])}"
            rows.append((place, cell([row["accuracy"] for row in of])))
    return columns(f"Measured, rows of {store.runs}:", rows) if rows else ""


def _counts(row: Row) -> bool:
    return row["status"] == "complete" and row["seed"] < TUNING_SEEDS
