"""Metered against claimed: what papers count, what their loops ask, what the oracle charged here.

``data/queries.csv`` holds the claims, and the true counts as arithmetic over the settings of the
released code; the counts themselves are worked out from it.
"""

from __future__ import annotations

import ast
import csv
import functools
import io
import operator
from collections import defaultdict
from dataclasses import dataclass, fields
from importlib.resources import files

from benchmark.errors import BenchError
from benchmark.papers.presets import pretty
from benchmark.rows.grouping import label, scale_of
from benchmark.rows.schema import TUNING_SEEDS
from benchmark.rows.stats import mean
from benchmark.rows.store import Row
from benchmark.tables import validity
from benchmark.tables.marks import Footnotes
from benchmark.tables.provenance import source
from benchmark.tables.records import Record
from benchmark.tables.table import NONE, Document, Styled, Table, Text

FILE = "data/queries.csv"
OPERATIONS = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
}  # fmt: skip
HEADER = ("method", "data set", "claimed", "by formula", "ratio", "here", "different", "runs")


@dataclass(frozen=True)
class Claim:
    """One count. Its fields are the columns of the file."""

    what: str
    label: str  # of the rows that stand beside it; "": none do
    dataset: str
    unit: str  # run or image
    claimed: int | None
    formula: str
    source: str
    note: str

    @property
    def method(self) -> str:
        """What it is a count of, without the circumstances."""
        return self.what.partition(",")[0]

    @property
    def count(self) -> int:
        """Queries by the formula."""
        return work_out(self.formula)


def document(rows: list[Row]) -> Document:
    """The table of all claims. ``rows`` stand beside those of their method, data set and budget."""
    notes, lines, records, used, breaks = Footnotes(), [], [], [], set()
    last = ""
    for claim in claims():
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
    for claim in claims():
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


@functools.cache
def claims() -> tuple[Claim, ...]:
    """Every claim of the file, checked."""
    text = files("benchmark").joinpath(FILE).read_text(encoding="utf-8")
    return tuple(parse_claims(text, FILE))


def parse_claims(text: str, file: str) -> list[Claim]:
    """The claims of a CSV text; a fault is an error with file and line."""
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    names = [field.name for field in fields(Claim)]
    if reader.fieldnames != names:
        raise BenchError(f"{file}, line 1: the columns must be {','.join(names)}")
    found = []
    for line in reader:
        where = f"{file}, line {reader.line_num}"
        if None in line or None in line.values():
            raise BenchError(f"{where}: there must be {len(names)} cells")
        claimed = line["claimed"]
        if claimed and not claimed.isdecimal():
            raise BenchError(f"{where}, column claimed: {claimed!r} is not a number of queries")
        try:
            work_out(line["formula"])
        except BenchError as problem:
            raise BenchError(f"{where}, column formula: {problem}") from None
        found.append(Claim(**line | {"claimed": int(claimed) if claimed else None}))
    return found


def work_out(formula: str) -> int:
    """The value of arithmetic over whole numbers, as ``250*(100*101/2)``; nothing else is run."""
    try:
        value = _value(ast.parse(formula, mode="eval").body)
    except (SyntaxError, ZeroDivisionError):
        value = None
    if value is None or value != int(value):
        raise BenchError(f"{formula!r} is not arithmetic with a whole result, as 250*100")
    return int(value)


def _value(node: ast.AST) -> float | None:
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return node.value
    if not isinstance(node, ast.BinOp) or type(node.op) not in OPERATIONS:
        return None
    sides = _value(node.left), _value(node.right)
    return None if None in sides else OPERATIONS[type(node.op)](*sides)


def _measures(row: Row, claim: Claim) -> bool:
    """Whether a row is a complete run of the claim's method and data set under its budget."""
    usual = row["status"] == "complete" and row["seed"] < TUNING_SEEDS and scale_of(row) == 1
    wanted = (claim.label, claim.dataset, claim.claimed)
    return usual and wanted == (label(row), row["dataset"], row["budget"])


def _cells(claim: Claim, here: list[Row], marks: tuple[int, ...]) -> tuple[Text, ...]:
    counts = [f"{mean([row[name] for row in here]):,.0f}" for name in ("queries", "unique") if here]
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
        **{field.name: getattr(claim, field.name) for field in fields(Claim)},
        "count": claim.count,
        "ratio": claim.count / claim.claimed if claim.claimed else None,
        "queries": mean([row["queries"] for row in here]) if here else None,
        "unique": mean([row["unique"] for row in here]) if here else None,
        "runs": len(here),
    }
