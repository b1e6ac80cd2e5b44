"""What stands behind the numbers of each method, under the five heads of an audit of reproductions.

Implementation, data, configuration, procedure, expertise: each answer is read off the method's
file, its trials and its rows, so it is as old as these are.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from benchmark.method import config
from benchmark.parse import short
from benchmark.rows.grouping import by_method, by_setting, complete
from benchmark.rows.row import Row
from benchmark.rows.schema import TUNING_SEEDS
from benchmark.rows.stats import FEWEST
from benchmark.run import registry
from benchmark.run.registry import Entry
from benchmark.tables import standing, validity
from benchmark.tables.provenance import source
from benchmark.tables.table import Sheet, Table, heads, line
from benchmark.tables.tuned import Gains

HEADS = ("implementation", "data", "configuration", "procedure", "expertise")
KINDS = (  # of the source of a value: its name, and the words by which one is told, in order
    ("trials", r"\btrials?\b|measured"),
    ("as IDEAL", r"\bas ideal\b"),
    ("released code", r"released|\bcode\b|README"),
    ("a paper", r"paper|\beq\.|Table|Algorithm|A\.0|IDEAL"),
)
OWN = "this suite"
NOTE = (
    "Values of a Config are counted by the first source that they name. Procedure counts rows of "
    "the method's present version, those of all its forms; a group is a form in a setting at a "
    "budget. Expertise: a method that was shown to work in the access it was made for was built "
    "well enough to be compared; the paper's number stands beside the one measured here."
)


def sheet(rows: list[Row], gains: Gains) -> Sheet:
    """A table for each method of the folder. ``rows``: those of a store, of no tuning seed."""
    now = validity.current(row for row in rows if row.seed < TUNING_SEEDS)
    tables = [_table(registry.find(name), now, gains) for name in registry.names()]
    return Sheet(tables, [NOTE, *([source(now)] if now else [])])


def _table(entry: Entry, rows: list[Row], gains: Gains) -> Table:
    here = [row for row in rows if row.method == entry.name]
    stands = dict(standing.of(entry, rows, gains))
    answers = (
        _implementation(entry),
        _data(entry, here, stands),
        _configuration(entry),
        _procedure(here),
        _expertise(stands),
    )
    lines = [line(head, answer) for head, answer in zip(HEADS, answers, strict=True)]
    return Table(entry.name, (), heads(("asked", "answer"), ()), lines)


def _implementation(entry: Entry) -> str:
    method = entry.method
    wrong = f" {validity.LABEL.capitalize()}: {why}." if (why := method.not_validated) else ""
    forms = ", ".join(sorted(method.variants)) or "none"
    return (
        f"{method.paper or 'No paper'}. Version {method.version}. Deviations from it, each with "
        f"its reason on the method's page: {deviations(registry.page(entry))}. Other forms: "
        f"{forms}.{wrong}"
    )


def deviations(page: str) -> int:
    """The number of deviations that a method's page lists."""
    _, _, listed = page.partition("Deviations.")
    return len(re.findall(r"^\s*\d+\. ", listed, re.MULTILINE))


def _data(entry: Entry, rows: list[Row], stands: dict[str, str]) -> str:
    given = {"own": "Real images of the task", "other": "Real images of another set"}
    said = given.get(entry.method.real_images, "No images: it makes its own")
    sets = ", ".join(sorted({row.dataset for row in rows})) or "none"
    tuned = stands["tuned on"]
    return f"{said}. Test images of: {sets}. Trials on held-out training images: {tuned}."


def _configuration(entry: Entry) -> str:
    counts = kinds(config.sources(entry.method).values())
    told = ", ".join(f"{count} {name}" for name, count in counts.most_common())
    return f"{counts.total()} values: {told}. The method's page gives the source of each."


def kinds(sources: Iterable[str]) -> Counter[str]:
    """How many values have a source of each kind."""
    return Counter(_kind(text.partition(";")[0]) for text in sources)


def _kind(text: str) -> str:
    found = (name for name, words in KINDS if re.search(words, text, re.IGNORECASE))
    return next(found, OWN)


def _procedure(rows: list[Row]) -> str:
    if not rows:
        return "No row of the present version."
    done = complete(rows)
    groups = [of for here in by_setting(done).values() for of in by_method(here).values()]
    whole = sum(len({row.seed for row in of}) >= FEWEST for of in groups)
    budgets = ", ".join(short(budget) for budget in sorted({row.budget for row in rows}))
    repeat = sum(row.deterministic for row in done)
    referred = sum(row.reference_accuracy is not None for row in done)
    return (
        f"{len(done)} of {len(rows)} runs ended, at {budgets} queries; {whole} of {len(groups)} "
        f"groups have {FEWEST} seeds or more. {repeat} runs repeat bit for bit on their device, "
        f"{referred} have a reference student. Flagged: {sum(bool(row.flags) for row in done)}."
    )


def _expertise(stands: dict[str, str]) -> str:
    """Where it was made to work, then printed and measured accuracies."""
    home = f"Home turf: {stands['home turf']}."
    silent = {standing.NO_NUMBER, standing.NO_FORM, standing.STORES}
    others = [
        f"{name}: {told}"
        for name, told in stands.items()
        if "," in name and told not in silent  # a form in a setting
    ]
    return f"{home} {'; '.join(others)}." if others else home
