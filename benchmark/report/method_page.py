"""The page of a method: its docstring, its options, numbers printed by papers, measured ones."""

from __future__ import annotations

from dataclasses import dataclass

from benchmark.method import config
from benchmark.papers import published
from benchmark.parse import short
from benchmark.rows.grouping import by_method, by_setting, title_of
from benchmark.rows.row import Row
from benchmark.rows.schema import TUNING_SEEDS
from benchmark.run import registry
from benchmark.tables import standing, tuned, validity
from benchmark.tables.records import of_runs
from benchmark.tables.values import shown
from benchmark.tuning.space import described

Pairs = list[tuple[str, str]]


@dataclass(frozen=True)
class Page:
    """The content of the page of a method or of one of its variants."""

    label: str
    docstring: str
    facts: list[str]
    standing: Pairs  # a form or a test, its result in the rows
    settings: Pairs  # field and value, source
    published: dict[str, Pairs]  # source -> setting, accuracy
    measured: Pairs  # setting, accuracy


def contents(name: str, rows: list[Row], gains: tuned.Gains | None = None) -> Page:
    """The page in parts; ``rows`` are those of a store, of any method, ``gains`` its tuning."""
    entry = registry.find(name)
    facts = [
        f"Paper: {entry.method.paper}. Version {entry.method.version}.",
        f"Access: {', '.join(entry.method.access)}.",
        *_searched(entry),
    ]
    if why := entry.method.not_validated:
        facts.append(f"{validity.LABEL.capitalize()}: {why}.")
    if by_hand := entry.method.designed:
        facts.append(f"{validity.DESIGNED.capitalize()}: {by_hand}.")
    measured = _measured([r for r in rows if r.method == entry.name and _counts(r)])
    published_ = _published(entry.name)
    return Page(
        entry.label,
        registry.page(entry),
        facts,
        standing.of(entry, [row for row in rows if _counts(row)], gains or {}),
        _settings(entry, (gains or {}).get(entry.label)),
        published_,
        measured,
    )


def _searched(entry: registry.Entry) -> list[str]:
    """Where `bench tune` looks for the hyper-parameters of this form."""
    space = described(entry.method.space.get(entry.variant, {}))
    words = ", ".join(f"{field} {where}" for field, where in space.items())
    return [f"Searched by `bench tune {entry.label}`: {words}."] if words else []


def _settings(entry: registry.Entry, gain: tuned.Gain | None) -> Pairs:
    """Every field and where its value comes from: a form's own values from the form, or from its
    trials where the best of them had that value.
    """
    resolved = config.as_dict(config.resolve(entry.method, entry.label, entry.overrides))
    sources = config.sources(entry.method)
    for field in entry.overrides:
        tried = gain.trials if gain and gain.best.get(field) == resolved[field] else 0
        form = f"best of {tried} trials" if tried else "this form"
        sources[field] = f"{form}; else {sources[field]}"
    return [(f"{field} = {value}", sources[field]) for field, value in resolved.items()]


def _published(name: str) -> dict[str, Pairs]:
    """The accuracies that papers print of a method and its variants, each source by itself."""
    found: dict[str, Pairs] = {}
    for number in published.numbers():
        if number.metric == "accuracy" and number.form and number.form.method == name:
            source = published.sources()[number.source]
            found.setdefault(source, []).append((_where(number), f"{number.value:.2f}"))
    return found


def _where(number: published.Number) -> str:
    nets = " to ".join(filter(None, (number.teacher, number.student)))
    budget = short(number.budget) if number.budget else ""
    access = "" if number.access == "hard-label" else number.access
    return ", ".join(filter(None, (number.method, number.dataset, nets, budget, access)))


def _measured(rows: list[Row]) -> Pairs:
    """The mean of each setting that there are complete rows of."""
    found = []
    for group in by_setting(rows).values():
        for label, of in by_method(group).items():
            name = f"{label}, {title_of(group[0], rows)}, {short(group[0].budget)}"
            found.append((name, shown(of_runs(of))))
    return found


def _counts(row: Row) -> bool:
    return row.complete and row.seed < TUNING_SEEDS
