"""The form that the committed files of published numbers and footnotes must have.

They ship with the suite, so tests hold them to it and no command does at run time. A fault is a
``BenchError`` with file, line and column.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from typing import Any

from benchmark.errors import BenchError
from benchmark.papers.printed import (
    COLUMNS,
    FORMS,
    Footnote,
    Number,
    check_columns,
    read_footnotes,
    read_numbers,
)
from benchmark.papers.published import PAPER

OPTIONAL = ("teacher", "student", "method", "access", "budget", "note")  # may be empty


def checked_numbers(text: str, file: str, sources: Iterable[str]) -> list[Number]:
    """As ``read_numbers``, of a text in which nothing is wrong. ``sources`` are those there are."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    lines: dict[tuple, int] = {}
    try:
        for fields in reader:
            where = f"{file}, line {reader.line_num}"
            if reader.line_num == 1:
                if fields != list(COLUMNS):
                    raise BenchError(f"{where}: the columns must be {','.join(COLUMNS)}")
                continue
            number = _checked(fields, where, sources)
            identity = (number.source, number.table, number.row, number.metric, *number.key)
            first = lines.setdefault(identity, reader.line_num)
            if first != reader.line_num:
                raise BenchError(f"{where}: the same entry of the same table is in line {first}")
    except csv.Error as problem:
        raise BenchError(f"{file}, line {reader.line_num}: no CSV: {problem}") from None
    if not lines:
        raise BenchError(f"{file}: there is no number in it")
    return read_numbers(text)


def _checked(fields: list[str], where: str, sources: Iterable[str]) -> Number:
    if len(fields) != len(COLUMNS):
        raise BenchError(f"{where}: {len(fields)} fields instead of {len(COLUMNS)}")
    line: dict[str, Any] = dict(zip(COLUMNS, fields, strict=True))
    if line["source"] not in sources:
        known = ", ".join(sources)
        raise BenchError(f"{where}, column source: {line['source']!r} is none of {known}")
    for column, (pattern, meaning) in FORMS.items():
        text = line[column]
        if not re.fullmatch(pattern, text) and not (text == "" and column in OPTIONAL):
            raise BenchError(f"{where}, column {column}: {text!r} is not {meaning}")
    teacher = line["metric"] == "teacher-accuracy"
    for column in ("teacher",) if teacher else ("method",):
        if not line[column]:
            raise BenchError(f"{where}, column {column}: empty, but {line['metric']} needs one")
    for column in ("student", "method", "access", "budget") if teacher else ():
        if line[column]:
            raise BenchError(f"{where}, column {column}: must be empty for a teacher-accuracy")
    return read_numbers(_text([COLUMNS, fields]))[0]


def _text(lines: list[Iterable[str]]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows(lines)
    return out.getvalue()


def checked_footnotes(items: Any, file: str, known: Iterable[Number]) -> list[Footnote]:
    """As ``read_footnotes``, where nothing is wrong; each fits a number of ``known``."""
    found: dict[str, Footnote] = {}
    for position, item in enumerate(items, start=1):
        where = f"{file}, footnote {position}"
        if not isinstance(item, dict) or item.keys() != {"name", "text", "cells"}:
            raise BenchError(f"{where}: must have name, text and cells, and nothing else")
        where += f" ({item['name']})"
        if item["name"] in found:
            raise BenchError(f"{where}: there is another one of that name")
        if not item["cells"] or not all(item["cells"]):
            raise BenchError(f"{where}: cells must say which numbers it concerns")
        (footnote,) = read_footnotes([item])
        for selector in footnote.cells:
            _check_selector(selector, where, known)
        found[item["name"]] = footnote
    return list(found.values())


def _check_selector(selector: dict[str, tuple], where: str, known: Iterable[Number]) -> None:
    """Refuse a value that no number has beside the others: it is a slip."""
    check_columns(selector, where)
    fitting = [number for number in known if number.fits(selector)]
    for column, values in selector.items():
        unused = set(values) - {getattr(number, column) for number in fitting}
        if unused:
            raise BenchError(f"{where}: no number fits {column} {sorted(unused, key=str)[0]!r}")


def check_agreement(numbers: Iterable[Number]) -> None:
    """Refuse tables of the paper that disagree about one setting: ``lookup`` has one number."""
    found: dict[tuple, Number] = {}
    for number in numbers:
        if (number.source, number.metric) != (PAPER, "accuracy"):
            continue
        first = found.setdefault(number.key, number)
        if first.value != number.value:
            raise BenchError(
                f"{first.table} has {first.value} and {number.table} {number.value} for "
                f"{number.key}; name what differs in the column method"
            )
