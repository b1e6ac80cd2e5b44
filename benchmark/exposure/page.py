"""The exposure page in three forms, of one content: HTML, Markdown, JSON.

The same rows and kept students give the same bytes: no clock, no random names, no path.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

from benchmark.exposure import record, sheets, words
from benchmark.exposure.findings import Exposure
from benchmark.files import make_folder, write_together
from benchmark.pictures.styles import Style, styles
from benchmark.report import chart
from benchmark.report.chart import Curve, Level
from benchmark.report.environment import environment, read, safe
from benchmark.rows.reached import LEVELS, by_budget
from benchmark.rows.stats import mean
from benchmark.tables import validity
from benchmark.tables.markdown import escape, prose
from benchmark.tables.provenance import source, tuned_on, unshipped
from benchmark.tables.render import md
from benchmark.tables.table import Sheet, Table
from benchmark.version import __version__

NAME = "exposure"


@dataclass(frozen=True)
class Part:
    """A part of the page: a heading, a table, sentences on it."""

    name: str  # anchor
    heading: str
    table: Table
    notes: tuple[str, ...]


def write(found: Exposure, folder: Path) -> list[Path]:
    """Write the three files into a folder, all or none; returns their paths."""
    texts = {"html": html(found), "md": markdown(found), "json": as_json(found)}
    make_folder(folder)
    files = {folder / f"{NAME}.{ending}": text.encode() for ending, text in texts.items()}
    write_together(files)
    return list(files)


def parts(found: Exposure) -> list[Part]:
    """The parts between the answer and what was not tried."""
    reached = (words.REACHED, words.COST)
    return [
        Part("queries", "Queries to agree", sheets.levels(found), reached),
        Part("measured", "Measured at each budget", sheets.measured(found), (words.MEASURED,)),
        Part("alarm", "When a detector rings", sheets.alarms(found), (words.ALARM,)),
        Part("worth", "Transfer attacks", sheets.transfers(found), (words.transfer_note(found),)),
        Part("classes", "The copy, class by class", sheets.classes(found), (words.CLASSES,)),
        Part("standard", "For an audit", sheets.standard(), (words.STANDARD_NOTE,)),
    ]


def markdown(found: Exposure) -> str:
    """The page in Markdown."""
    lines = [f"# {escape(title(found))}", prose(answer(found))]
    lines += [prose(text) for text in facts(found)]
    lines.append(md.render(Sheet([sheets.cheapest(found)], [words.CHEAPEST])).strip())
    for part in parts(found):
        table = replace(part.table, title=part.heading)
        lines.append(md.render(Sheet([table], [*part.notes])).strip())
    lines += ["### Not tried", "\n".join(f"- {escape(text)}" for text in words.not_tried(found))]
    lines += ["### Where the numbers come from", *map(prose, notes(found))]
    return "\n\n".join(lines) + "\n"


def html(found: Exposure) -> str:
    """The page as one HTML file that loads nothing."""
    looks = _looks(found)
    return (
        environment()
        .get_template("exposure.html")
        .render(
            version=__version__,
            style=safe(read("report.css") + read("exposure.css")),
            title=title(found),
            answer=answer(found),
            facts=facts(found),
            cheapest=sheets.cheapest(found),
            cheapest_note=words.CHEAPEST,
            chart=safe(_chart(found, looks)),
            legend=[
                (safe(chart.swatch(look)), one.title)
                for one, look in zip(found.extractions, looks, strict=True)
            ],
            parts=parts(found),
            not_tried=words.not_tried(found),
            notes=notes(found),
        )
    )


def as_json(found: Exposure) -> str:
    """The page's numbers for a machine, in full precision."""
    return json.dumps(record.of(found), indent=1, ensure_ascii=False) + "\n"


def title(found: Exposure) -> str:
    """The heading: the classifier."""
    row = found.rows[0]
    return f"Extraction budget of {row.teacher_label} on {row.dataset}"


def answer(found: Exposure) -> str:
    """The first sentence: the closest copy that any budget bought."""
    best = found.extractions[0]
    if best.budget is None:
        return "No run is complete, so nothing is known of this classifier's exposure."
    reached = [level for level in LEVELS if found.cheapest(level)]
    far = f"{reached[-1]} % is the highest that was reached" if reached else "none was reached"
    return (
        f"With {best.title}, {best.budget:,} queries bought a copy that names the classifier's "
        f"class on {best.agreement:.1f} % of test images. Of the levels "
        f"{', '.join(map(str, LEVELS))} % agreement, {far}, in the mean over seeds."
    )


def facts(found: Exposure) -> list[str]:
    """The classifier, and what a query costs."""
    row, tariff = found.rows[0], found.tariff
    price = tariff.dollars_per_1000
    told = [f"{sheets.money(price)} for 1,000 queries" if price else "no price was given"]
    rate = tariff.queries_a_second
    told += [f"{rate:,.6g} queries a second" if rate else "no rate was given"]
    kinds = (row.precision, *sorted({one.access for one in found.rows}))
    return [
        f"Classifier: {row.teacher_label} of {row.dataset}, SHA-256 {row.teacher_sha[:12]}, "
        f"accuracy {row.teacher_accuracy:.2f} % on its test images. Student: {row.student}. "
        f"Queries: {', '.join(kinds)}; {'; '.join(told)}."
    ]


def notes(found: Exposure) -> list[str]:
    """What the labels behind methods mean, and where rows come from."""
    rows = found.rows
    return [*validity.notes(rows), *tuned_on(rows), *unshipped(rows), source(rows)]


def _looks(found: Exposure) -> list[Style]:
    panel = {f"{number}": one.rows for number, one in enumerate(found.extractions)}
    looks = styles([panel])
    return [looks[name] for name in panel]


def _chart(found: Exposure, looks: list[Style]) -> str:
    curves = []
    for number, (one, look) in enumerate(zip(found.extractions, looks, strict=True)):
        points = [(budget, mean(of)) for budget, of in by_budget(one.rows).items()]
        if points:
            curves.append(Curve(number, one.title, look, points, every=True))
    levels = [Level(f"{level} %", level) for level in LEVELS]
    return chart.draw(curves, levels, f"Agreement against queries: {title(found)}")
