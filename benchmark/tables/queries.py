"""Metered against claimed: the counts of papers and of their loops beside the oracle's."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict

from benchmark.papers.claims import CLAIMS, Claim
from benchmark.papers.presets import pretty
from benchmark.rows.row import Row
from benchmark.rows.schema import TUNING_SEEDS
from benchmark.rows.stats import mean
from benchmark.tables import validity
from benchmark.tables.marks import Footnotes
from benchmark.tables.provenance import source
from benchmark.tables.records import Record
from benchmark.tables.table import NONE, Document, Styled, Table, Text

HEADER = ("method", "data set", "claimed", "by formula", "ratio", "here", "different", "runs")


def document(rows: list[Row]) -> Document:
    """The table of all claims. ``rows`` stand beside those of their method, data set and budget."""
    notes, lines, records, used, breaks = Footnotes(), [], [], [], set()
    last = ""
    for claim in CLAIMS:
        here = [row for row in rows if _measures(row, claim)]
        used += here
        if not last.startswith(claim.method):
            breaks.add(len(lines))
        marks = (notes.number(claim.note),) if claim.note else ()
        name = "" if claim.what == last else claim.what  # once for several data sets
        lines.append((name, *_cells(claim, here, marks)))
        last = claim.what
        records.append(_record(claim, here))
    facts = "Images shown to the teacher, each view of an image counted."
    table = Table("Metered against claimed", facts, HEADER, lines, 2, frozenset(breaks), records)
    formulas: dict[str, dict[str, None]] = defaultdict(dict)
    for claim in CLAIMS:
        formulas[claim.source][claim.method] = None
    listed = "; ".join(f"{', '.join(names)}: {words}" for words, names in formulas.items())
    text = [
        "claimed: by the authors, for the budget of a run or (ZSDB3) one image. By formula: the "
        "loop of the released code at its authors' settings. here: what the oracle charged for a "
        "run of this suite under the claimed budget, and the different images among them.",
        f"Formulas. {listed}.",
    ]
    text += [*validity.notes(used), source(used)] if used else []
    return Document([table], text, notes.texts)


def _measures(row: Row, claim: Claim) -> bool:
    """Whether a row is a complete run of the claim's method and data set under its budget."""
    usual = row.complete and row.seed < TUNING_SEEDS and row.scale == 1
    wanted = (claim.label, claim.dataset, claim.claimed)
    return usual and wanted == (row.label, row.dataset, row.budget)


def _cells(claim: Claim, here: list[Row], marks: tuple[int, ...]) -> tuple[Text, ...]:
    means = [mean([getattr(row, name) for row in here]) for name in ("queries", "unique") if here]
    counts = [f"{value:,.0f}" for value in means]
    return (
        pretty(claim.dataset) or NONE,
        f"{claim.claimed:,}" if claim.claimed else NONE,
        Styled(f"{claim.count:,}", marks=marks),
        f"{claim.count / claim.claimed:.3g}" if claim.claimed else NONE,
        *(counts or (NONE, NONE)),
        str(len(here)) if here else NONE,
    )


def _record(claim: Claim, here: list[Row]) -> Record:
    return {
        **asdict(claim),
        "ratio": claim.count / claim.claimed if claim.claimed else None,
        "queries": mean([row.queries for row in here]) if here else None,
        "unique": mean([row.unique for row in here]) if here else None,
        "runs": len(here),
    }
