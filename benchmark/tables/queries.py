"""Metered against claimed: the counts of papers and of their loops beside the oracle's."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict

from benchmark.papers.claims import CLAIMS, Claim
from benchmark.papers.presets import pretty
from benchmark.rows.form import read
from benchmark.rows.row import Row
from benchmark.rows.schema import TUNING_SEEDS
from benchmark.rows.stats import mean
from benchmark.tables import validity
from benchmark.tables.footnotes import Footnotes
from benchmark.tables.provenance import source
from benchmark.tables.table import Entry, Record, Sheet, Table, heads
from benchmark.tables.values import Number, count

NAMES = ("method", "data set")
SHOWN = {  # head to the field of a record
    "claimed": "claimed",
    "by formula": "count",
    "ratio": "ratio",
    "here": "queries",
    "different": "unique",
    "runs": "runs",
}


def sheet(rows: list[Row]) -> Sheet:
    """The table of all claims. ``rows`` stand beside those of their method, data set and budget."""
    notes, records, used, breaks = Footnotes(), [], [], set()
    lines: list[tuple[Entry, ...]] = []
    last = ""
    for claim in CLAIMS:
        here = [row for row in rows if _measures(row, claim)]
        used += here
        if not last.startswith(claim.method):
            breaks.add(len(lines))
        footnotes = (notes.number(claim.note),) if claim.note else ()
        name = "" if claim.what == last else claim.what  # once for several data sets
        last, found = claim.what, _record(claim, here)
        lines.append((Entry(name), Entry(pretty(claim.dataset) or None), *_line(found, footnotes)))
        records.append(found)
    facts = "Images shown to the teacher, each view of an image counted."
    table = Table(
        "Metered against claimed",
        (facts,),
        heads(NAMES, [*SHOWN]),
        lines,
        frozenset(breaks),
        records,
    )
    formulas: dict[str, dict[str, None]] = defaultdict(dict)
    for claim in CLAIMS:
        formulas[claim.source][claim.method] = None
    listed = "; ".join(f"{', '.join(names)}: {words}" for words, names in formulas.items())
    text = [
        "claimed: by the authors, for the budget of a run or (ZSDB3) one image. By formula: the "
        "loop of the released code at its authors' settings. here: queries that the oracle charged "
        "for a run of this suite under the claimed budget, and the different images among them: "
        "the mean over its runs, whatever their teacher and student.",
        f"Formulas. {listed}.",
    ]
    text += [*validity.notes(used), source(used)] if used else []
    return Sheet([table], text, notes.texts)


def _measures(row: Row, claim: Claim) -> bool:
    """Whether a row is a complete run of the claim's method and data set under its budget."""
    usual = row.complete and row.seed < TUNING_SEEDS and row.scale == 1 and not row.defence
    if not claim.label:
        return False
    wanted = (read(claim.label), claim.dataset, claim.claimed)
    return usual and wanted == (row.form, row.dataset, row.budget)


def _line(found: Record, footnotes: tuple[int, ...]) -> list[Entry]:
    """The numbers of a claim; its note is about the count by its formula."""
    return [
        Entry(found[key], footnotes=footnotes if key == "count" else ()) for key in SHOWN.values()
    ]


def _record(claim: Claim, here: list[Row]) -> Record:
    return {
        **asdict(claim),
        "claimed": count(claim.claimed) if claim.claimed else None,
        "count": count(claim.count),
        "ratio": Number(claim.count / claim.claimed, digits=3) if claim.claimed else None,
        "queries": count(mean([row.queries for row in here])) if here else None,
        "unique": count(mean([row.unique for row in here])) if here else None,
        "runs": count(len(here)) if here else None,
    }
