"""The report: one HTML page that needs nothing else, made of the rows of a store.

The same rows give the same bytes: no clock, no random names, nothing of the machine that writes it.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
from dataclasses import dataclass
from pathlib import Path

from benchmark.errors import BenchError
from benchmark.files import make_folder, write_atomically
from benchmark.papers import presets
from benchmark.pictures import curves
from benchmark.report import interest, method_page, prose, samples
from benchmark.report.environment import environment, read, safe
from benchmark.report.overview import facts, settings_table
from benchmark.report.panels import Panels
from benchmark.report.panels import of_setting as panels_of
from benchmark.report.provenance import failures, provenance
from benchmark.rows.grouping import by_setting, select
from benchmark.rows.row import Row
from benchmark.rows.store import Store
from benchmark.rows.wanted import Wanted
from benchmark.run import registry
from benchmark.tables import paper, queries, statements, tuned
from benchmark.tables.settings import sheet
from benchmark.tables.table import Sheet, Table
from benchmark.tables.values import missing
from benchmark.version import __version__

PAGE = "index.html"
SCRIPTS = ("front.js", "report.js")


@dataclass(frozen=True)
class Section:
    """One setting on the page."""

    name: str  # anchor
    title: str
    rows: list[Row]
    panels: Panels | None  # None where no run is complete
    tables: list[tuple[str, Table]]  # heading, table
    numbers: list[tuple[str, Table]]
    samples: samples.Samples | None  # None where no run kept one


@dataclass(frozen=True)
class MethodPart:
    """One method on the page; a method that is not installed has none."""

    name: str
    summary: str
    page: method_page.Page | None
    blocks: list[prose.Block]
    runs: int


def write(
    store: Store, folder: Path, datasets: str | None = None, data_dir: Path | None = None
) -> Path:
    """Write the page of a store into a folder; returns its path."""
    content = html(store, datasets, data_dir)
    make_folder(folder)
    path = folder / PAGE
    write_atomically(path, content.encode())
    return path


def html(store: Store, datasets: str | None = None, data_dir: Path | None = None) -> str:
    """The page as text. ``data_dir``: where real test images lie, which stand beside samples."""
    rows = select(store, Wanted(datasets))
    every = [r for r in store.rows() if not datasets or r.dataset in {x.dataset for x in rows}]
    script = "\n".join(map(read, SCRIPTS))
    settings = interest.settings(rows)
    found = sections(settings, store, data_dir)
    return (
        environment()
        .get_template("report.html")
        .render(
            version=__version__,
            style=safe(read("report.css")),
            script=safe(script),
            script_sha=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
            facts=facts(rows, every),
            settings=settings_table([(one.title, one.rows, one.panels) for one in found]),
            front=next((one.panels for one in found if one.panels), None),
            sections=found,
            anchors=[f"#{section.name}" for section in found],
            papers=paper_tables(rows),
            notes=[*sheet(rows, compare=True).notes, curves.NOTES],
            methods=method_parts(rows, tuned.gains(store.root)),
            runs=provenance(every),
            failures=failures(every),
        )
    )


def sections(
    settings: dict[tuple, list[Row]], store: Store, data_dir: Path | None = None
) -> list[Section]:
    """One section for each setting, whatever the budget, in the given order."""
    rows = [row for of in settings.values() for row in of]
    tables, titles = _tables(rows), interest.titles(settings)
    kept = samples.samples(store, rows, data_dir)
    found = []
    for number, (key, of) in enumerate(settings.items(), start=1):
        numbers = [(one.part, one) for one in curves.tables(curves.complete(of))]
        panels = panels_of(of, titles[key])
        content = (panels, tables[key], numbers, kept.get(key))
        found.append(Section(f"setting-{number}", titles[key], of, *content))
    return found


def _tables(rows: list[Row]) -> dict[tuple, list[tuple[str, Table]]]:
    """For each setting the table of each budget under its heading."""
    budgets = zip(by_setting(rows).items(), sheet(rows, compare=True).tables, strict=True)
    found: dict[tuple, list[tuple[str, Table]]] = {}
    for (key, group), table in budgets:
        heading = f"{group[0].budget:,} queries"
        found.setdefault(key[:-1], []).append((heading, table.without_empty_columns()))
    return found


def paper_tables(rows: list[Row]) -> list[Sheet]:
    """The paper's tables in which something was measured, its claimed queries, its statements."""
    found = []
    for preset in map(presets.find, presets.names()):
        with contextlib.suppress(BenchError):  # no row belongs to that table
            found.append(paper.sheet(preset, rows, compare=True))
    measured = [one for one in found if _has_mean(one.tables[0])]
    return [*measured, queries.sheet(rows), statements.sheet(rows)]


def _has_mean(table: Table) -> bool:
    return any(not missing(record["accuracy"]) for record in table.records)


def method_parts(rows: list[Row], gains: tuned.Gains) -> list[MethodPart]:
    """Every method of the folder, then those that only the rows know."""
    counts: dict[str, int] = {}
    for row in rows:
        counts[row.method] = counts.get(row.method, 0) + 1
    found = []
    for name in registry.names():
        page = method_page.contents(name, rows, gains)
        first, *others = prose.blocks(page.docstring) or [prose.Block()]
        summary = first.text.partition(": ")[2] or first.text
        found.append(MethodPart(name, summary, page, others, counts.get(name, 0)))
    strangers = sorted(counts.keys() - set(registry.names()))
    return found + [MethodPart(name, "", None, [], counts[name]) for name in strangers]
