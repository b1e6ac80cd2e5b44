"""The report: one HTML page that needs nothing else, made of the rows of a store.

The same rows give the same bytes: no clock, no random names, nothing of the machine that writes it.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from benchmark.errors import BenchError
from benchmark.files import make_folder, write_atomically
from benchmark.papers import presets
from benchmark.pictures import curves, figures
from benchmark.pictures.figures import Drawn
from benchmark.pictures.inline_svg import embed
from benchmark.report import bars, method_page, prose, samples
from benchmark.report.overview import facts, settings_table
from benchmark.report.provenance import failures, provenance
from benchmark.rows.grouping import by_setting, select, title_of
from benchmark.rows.row import Row
from benchmark.rows.store import Store
from benchmark.rows.wanted import Wanted
from benchmark.run import registry
from benchmark.tables import paper, queries, tuned
from benchmark.tables.render import html as fragments
from benchmark.tables.settings import sheet
from benchmark.tables.table import Sentence, Sheet, Table
from benchmark.tables.values import missing
from benchmark.version import __version__

if TYPE_CHECKING:
    import jinja2
    from markupsafe import Markup

PAGE = "index.html"


@dataclass(frozen=True)
class Section:
    """One setting on the page."""

    name: str  # anchor
    title: str
    pictures: list[Drawn]  # none where no run is complete
    tables: list[tuple[str, Table]]  # heading, table
    numbers: list[tuple[str, Table]]
    samples: samples.Samples | None  # None where no run kept one
    bars: list[bars.Bars]  # one for each budget that has a reference student


@dataclass(frozen=True)
class MethodPart:
    """One method on the page; a method that is not installed has none."""

    name: str
    summary: str
    page: method_page.Page | None
    blocks: list[prose.Block]
    runs: int


def write(store: Store, folder: Path, datasets: str | None = None) -> Path:
    """Write the page of a store into a folder; returns its path."""
    content = html(store, datasets)
    make_folder(folder)
    path = folder / PAGE
    write_atomically(path, content.encode())
    return path


def html(store: Store, datasets: str | None = None) -> str:
    """The page as text."""
    rows = select(store, Wanted(datasets))
    every = [r for r in store.rows() if not datasets or r.dataset in {x.dataset for x in rows}]
    script = _read("report.js")
    found = sections(rows, store)
    return (
        _environment()
        .get_template("report.html")
        .render(
            version=__version__,
            style=_safe(_read("report.css")),
            script=_safe(script),
            script_sha=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
            facts=facts(rows, every),
            settings=settings_table(rows),
            sections=found,
            anchors=[f"#{section.name}" for section in found],
            papers=paper_tables(rows),
            notes=[*sheet(rows, compare=True).notes, curves.NOTES],
            methods=method_parts(rows, tuned.gains(store.root)),
            runs=provenance(every),
            failures=failures(every),
        )
    )


def sections(rows: list[Row], store: Store) -> list[Section]:
    """One section for each setting, whatever the budget, in the order of the tables."""
    budgets = zip(by_setting(rows).items(), sheet(rows, compare=True).tables, strict=True)
    tables: dict[tuple, list[tuple[str, Table]]] = {}
    for (key, group), table in budgets:
        heading = f"{group[0].budget:,} queries"
        tables.setdefault(key[:-1], []).append((heading, table.without_empty_columns()))
    found, kept, beside = [], samples.samples(store, rows), bars.bars(rows)
    for number, (key, group) in enumerate(by_setting(rows, budget=False).items(), start=1):
        name, title = f"setting-{number}", title_of(group[0], rows)
        done = curves.complete(group)
        pictures = _pictures(done, name, title) if done else []
        numbers = [(one.part, one) for one in curves.tables(done)]
        more = (numbers, kept.get(key), beside.get(key, []))
        found.append(Section(name, title, pictures, tables[key], *more))
    return found


def _pictures(rows: list[Row], name: str, title: str) -> list[Drawn]:
    """The panels of a setting as elements of the page."""
    found = []
    for number, one in enumerate(figures.for_page(rows)):
        what = f"{title}, {one.heading}"
        label = f"Accuracy of the student against queries, {what}; the tables have its numbers"
        found.append(replace(one, svg=_safe(embed(one.svg, f"{name}-{number}", label))))
    return found


def paper_tables(rows: list[Row]) -> list[Sheet]:
    """The paper's tables in which something was measured, and metered against claimed queries."""
    found = []
    for preset in map(presets.find, presets.names()):
        with contextlib.suppress(BenchError):  # no row belongs to that table
            found.append(paper.sheet(preset, rows, compare=True))
    measured = [one for one in found if _has_mean(one.tables[0])]
    return [*measured, queries.sheet(rows)]


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


def _environment() -> jinja2.Environment:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(_read),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {
        "table_of": lambda *given: _safe(fragments.table(*given)),
        "notes_of": _notes,
        "sentence": _sentence,
        "note": lambda text: _safe(fragments.prose(text)),
        "inline": prose.inline,
    }
    return environment


def _notes(sheet: Sheet) -> Markup:
    return _safe(fragments.notes(sheet, "dim"))


def _sentence(parts: Sentence) -> Markup:
    return _safe(fragments.sentence(parts))


def _safe(text: str) -> Markup:
    """Text that is HTML already."""
    from markupsafe import Markup

    return Markup(text)


def _read(name: str) -> str:
    return files("benchmark").joinpath("templates", name).read_text(encoding="utf-8")
